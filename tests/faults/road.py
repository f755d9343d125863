"""The way to Telegram as the network makes it: shut, slow, or through a proxy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Road:
    """Carries bytes to an address or, as an HTTP proxy, to whichever it is asked for."""

    def __init__(self, to: str = "") -> None:
        """`to` is a URL; without one, requests say where they want to go."""
        self._target = (urlsplit(to).hostname, urlsplit(to).port) if to else None
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Where it begins."""
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
        await self.shut()

    async def open(self) -> None:
        """Listen, on the port of before."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Break what is on its way; whoever comes is refused."""
        if self._server is not None:
            self._server.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            host, port = self._target or await self._asked_for(near, back)
            answer, far = await asyncio.open_connection(host, port)
            await asyncio.gather(self._pump(near, far), self._pump(answer, back, self.answers))
        except (OSError, asyncio.CancelledError):
            pass  # it is shut, or one of both is gone
        finally:
            self._carrying.discard(task)
            back.close()
            if far is not None:
                far.close()

    async def _asked_for(
        self, near: asyncio.StreamReader, back: asyncio.StreamWriter
    ) -> tuple[str, int]:
        head = (await near.readuntil(b"\r\n\r\n")).decode()
        method, address, _ = head.split(" ", 2)
        assert method == "CONNECT"
        self.asked.append(address)
        back.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host, _, port = address.rpartition(":")
        return host, int(port)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        when: asyncio.Event | None = None,
    ) -> None:
        while data := await source.read(65_536):
            if when is not None:
                await when.wait()
            sink.write(data)
            await sink.drain()
        sink.close()
