"""Tell requests of this machine's programs and of the own chat page from those of other sites.

A page in a browser may ask any address. It reads the answers if its own name is bound to 127.0.0.1
after it was loaded (DNS rebinding). Then the request names the page's host, not this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.simulator.methods.webhooks import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable


def is_local_request(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return True if a request names this machine as its host, and as its origin if it has one.

    `headers` are those of the ASGI scope.
    """
    hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if len(hosts) != 1 or not _is_loopback_host(hosts[0]):
        return False
    return all(origin == f"http://{hosts[0]}" for origin in origins)


def _is_loopback_host(host: str) -> bool:
    """Return True for a name of this machine, with or without a port."""
    try:
        parts = urlsplit(f"//{host}")
    except ValueError:
        return False
    return parts.netloc == host and parts.username is None and is_loopback(parts.hostname)
