"""Fixtures of the attacks."""

from tests.transport.conftest import log

__all__ = ["log"]
