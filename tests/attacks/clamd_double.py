"""A server that speaks the protocol of ClamAV's daemon, and knows one kind of malware."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator

# The test file of EICAR, in two parts, so that no scanner takes this module for it.
EICAR = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").ljust(69)
NAME = "Eicar-Test-Signature"


class ClamdDouble:
    """Answers INSTREAM and VERSION. `mode` says how it fails: "error", "deaf", "closed" or "".

    `scanned` are the contents that it was sent. `url` is its address.
    """

    def __init__(self) -> None:
        self.mode = ""
        self.scanned: list[bytes] = []
        self.url = ""

    async def answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one connection."""
        with contextlib.suppress(OSError, EOFError):
            command = await reader.readuntil(b"\0")
            if self.mode == "deaf":
                await reader.read()
            elif self.mode == "closed":
                pass
            elif command == b"zVERSION\0":
                writer.write(b"ClamAV 1.4.3/27500/Mon Nov 30 08:00:00 2026\0")
            elif command == b"zINSTREAM\0":
                writer.write((await self._scan(reader)).encode() + b"\0")
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _scan(self, reader: StreamReader) -> str:
        content = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(size)
            if self.mode == "error":
                return "INSTREAM size limit exceeded. ERROR"
        self.scanned.append(content)
        return f"stream: {NAME} FOUND" if EICAR[:68] in content else "stream: OK"


@contextlib.asynccontextmanager
async def run_clamd(socket: str | None = None) -> AsyncIterator[ClamdDouble]:
    """Run the server at a socket of this path, or at a free port."""
    double = ClamdDouble()
    if socket:
        server = await asyncio.start_unix_server(double.answer, socket)
        double.url = f"unix://{socket}"
    else:
        server = await asyncio.start_server(double.answer, "127.0.0.1", 0)
        double.url = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.close()
        await server.wait_closed()
