"""The client of ClamAV's daemon: it looks for malware in files.

https://docs.clamav.net/manual/Usage/Scanning.html describes clamd's commands. Files are sent over
the socket, so the daemon needs no access to the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

_CHUNK = 64 * 1024  # bytes
_MAX_ANSWER = 4096  # bytes
_MAX_SECONDS = 60.0  # for one file
_FOUND, _CLEAN = " FOUND", "OK"


class ScannerUnavailable(Exception):
    """The scanner is not reachable, too slow, or answers with an error."""


class VirusScanner:
    """Asks clamd about files. Every question has a connection of its own."""

    def __init__(self, url: str, *, seconds: float = _MAX_SECONDS) -> None:
        """Take the address, "unix:///path" or "tcp://host:port", and the seconds for one file."""
        self._url = urlsplit(url)
        self._seconds = seconds

    async def find_malware(self, content: bytes) -> str | None:
        """Return the name of the malware in a file; None if there is none.

        Raises ScannerUnavailable.
        """
        chunks = (content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK))
        frames = (part for each in chunks for part in (struct.pack(">I", len(each)), each))
        answer = await self._ask(b"zINSTREAM\0", *frames, bytes(4))
        result = answer.partition(": ")[2]
        if result.endswith(_FOUND):
            return result.removesuffix(_FOUND)
        if result != _CLEAN:
            raise ScannerUnavailable(f"it answered {answer!r}")
        return None

    async def get_version(self) -> str:
        """Return the version of the scanner and of its signatures. Raises ScannerUnavailable."""
        return await self._ask(b"zVERSION\0")

    async def _ask(self, *parts: bytes) -> str:
        """Send a command; return the answer without the zero at its end."""
        try:
            async with asyncio.timeout(self._seconds):
                reader, writer = await self._connect()
                try:
                    # clamd may answer and close before it has read all, so both go on at once.
                    sending = asyncio.create_task(_send(writer, parts))
                    answer = await reader.readuntil(b"\0")
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
                finally:
                    writer.transport.abort()  # what clamd did not read is of no use
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except TimeoutError as error:
            raise ScannerUnavailable("it took too long") from error
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise ScannerUnavailable(str(error) or type(error).__name__) from error
        return answer[:-1].decode("utf-8", "replace")

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        if self._url.scheme == "unix":
            return await asyncio.open_unix_connection(self._url.path, limit=_MAX_ANSWER)
        return await asyncio.open_connection(self._url.hostname, self._url.port, limit=_MAX_ANSWER)


async def _send(writer: StreamWriter, parts: tuple[bytes, ...]) -> None:
    for part in parts:
        writer.write(part)
        await writer.drain()
