"""The folder for the databases of the tests: in memory (tmpfs) if there is space, for speed.

Measured on a busy disk: a new PostgreSQL database takes 16 ms in memory instead of 30 to 230 ms,
and a file takes 40 ms less.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_TMPFS = Path("/dev/shm")
_MIN_FREE_BYTES = 2 << 30  # a test run needs a few hundred megabytes


def choose_temp_folder() -> str | None:
    """Return the folder for temporary files, None for the system's default."""
    if not (_TMPFS.is_dir() and os.access(_TMPFS, os.W_OK)):
        return None
    return str(_TMPFS) if shutil.disk_usage(_TMPFS).free > _MIN_FREE_BYTES else None
