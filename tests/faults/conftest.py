"""The log of the tests of the transport, for the tests of faults too."""

from tests.transport.conftest import log

__all__ = ["log"]
