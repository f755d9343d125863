"""Print the pinned packages of an installation that have a newer version.

Usage: python -m tests.outdated, with `uv`. It asks the package index that uv is set up with. Known
vulnerabilities are not looked up: read the release notes of what it prints.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
_RESOLVE = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]


def list_outdated(pinned: str, newest: str) -> list[str]:
    """Return a line for each package whose version differs between two files of pins."""
    versions = dict(_PIN.findall(newest))
    return [
        f"{name} {version} -> {versions[name]}"
        for name, version in _PIN.findall(pinned)
        if name in versions and versions[name] != version
    ]


def main() -> None:
    """Print the list; end with 1 if the newest versions cannot be had."""
    pinned = (_ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    # The arguments are fixed.
    command = [*_RESOLVE, "--no-annotate", "--no-header", "pyproject.toml"]
    try:
        done = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"uv cannot resolve the newest versions: {error}")
    lines = list_outdated(pinned, done.stdout)
    sys.stdout.write("\n".join(lines or ["every pin is the newest version"]) + "\n")


if __name__ == "__main__":
    main()
