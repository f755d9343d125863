"""A network path to Telegram that can be closed, delayed, or used as an HTTP proxy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class NetworkPath:
    """Forwards bytes to a fixed address or, as an HTTP proxy, to the address in a request."""

    def __init__(self, to: str = "") -> None:
        """Forward to the URL `to`; without it, act as a proxy."""
        self._target = (urlsplit(to).hostname, urlsplit(to).port) if to else None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.requested: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        """The address of this path."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Break all open connections; new ones are refused."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _forward(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Connect a client with its target, and copy bytes in both directions."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            host, port = self._target or await self._read_target(near, back)
            answer, far = await asyncio.open_connection(host, port)
            await asyncio.gather(self._copy(near, far), self._copy(answer, back, self.may_answer))
        except (OSError, asyncio.CancelledError):
            pass  # it is close, or one side has hung up
        finally:
            self._connections.discard(task)
            back.close()
            if far is not None:
                far.close()

    async def _read_target(
        self, near: asyncio.StreamReader, back: asyncio.StreamWriter
    ) -> tuple[str, int]:
        """Read a CONNECT request, answer it, and return its host and port."""
        head = (await near.readuntil(b"\r\n\r\n")).decode()
        method, address, _ = head.split(" ", 2)
        assert method == "CONNECT"
        self.requested.append(address)
        back.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host, _, port = address.rpartition(":")
        return host, int(port)

    async def _copy(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        when: asyncio.Event | None = None,
    ) -> None:
        """Copy bytes until the source ends; wait for the event `when` before each write."""
        while data := await source.read(65_536):
            if when is not None:
                await when.wait()
            sink.write(data)
            await sink.drain()
        sink.close()
