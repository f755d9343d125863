"""Logs as in production.

structlog's default would print all local variables, endlessly for deep updates.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from bot.runtime import logs
from tests.town.settings import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Return what is logged during a test, by the bot and by the libraries."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = list(root.handlers), root.level
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        logs.configure_logs(TOKEN)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
