"""Attacks on the HTTP servers: slow and half-open requests, and pages of other sites."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bot.runtime.http_connections import ConnectionLimits
from bot.runtime.http_server import serve_site
from bot.simulator.server import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

_PATIENCE = 20.0  # seconds until a test fails that waits for the server
_HALF_HEADERS = b"POST /telegram HTTP/1.1\r\nHost: bot\r\nX-Slow: "
_HALF_BODY = b"POST /telegram HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n{"
_WHOLE = b"POST /telegram HTTP/1.1\r\nHost: bot\r\nContent-Length: 2\r\n\r\n{}"


async def read_whole_body(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200 after the whole body has come."""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        if not event.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


class Client:
    """One connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(data)

    async def is_answered(self) -> bool:
        """Wait for the first line of an answer; return False if the server closes instead."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return b" 200 " in await self._reader.readline()
        except ConnectionError:
            return False

    async def wait_until_closed(self) -> None:
        """Wait until the server closes the connection. Raises TimeoutError if it does not."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._reader.read()
        except ConnectionError:
            pass

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def connect(port: int) -> Client:
    """Open a connection."""
    return Client(*await asyncio.open_connection("127.0.0.1", port))


# Slow requests


@pytest.mark.parametrize("started", [b"", _HALF_HEADERS, _HALF_BODY])
async def test_a_request_that_is_not_finished_is_closed(started: bytes) -> None:
    """Without a byte, in the middle of the headers, and in the middle of the body."""
    limits = ConnectionLimits(header_seconds=0.05, body_seconds=0.05)
    async with serve_site(read_whole_body, "127.0.0.1", 0, limits) as port:
        slow = await connect(port)
        slow.send(started)
        await slow.wait_until_closed()
        slow.close()


async def test_200_half_open_requests_are_closed_and_hold_up_nobody() -> None:
    """The oldest give way at once; a whole request among them is answered."""
    limits = ConnectionLimits(max_unfinished=50)
    async with serve_site(read_whole_body, "127.0.0.1", 0, limits) as port:
        attackers = []
        for number in range(200):
            attackers.append(await connect(port))
            attackers[-1].send(_HALF_HEADERS if number % 2 else _HALF_BODY)
        honest = await connect(port)
        honest.send(_WHOLE)
        assert await honest.is_answered()
        await asyncio.gather(*(each.wait_until_closed() for each in attackers[:150]))
        for each in (*attackers, honest):
            each.close()


async def test_a_slow_request_of_an_old_connection_is_closed() -> None:
    """The limit holds for each request, not only for the first one of a connection."""
    limits = ConnectionLimits(header_seconds=0.2, body_seconds=0.2)
    async with serve_site(read_whole_body, "127.0.0.1", 0, limits) as port:
        slow = await connect(port)
        slow.send(_WHOLE)
        assert await slow.is_answered()
        slow.send(_HALF_HEADERS)
        await slow.wait_until_closed()
        slow.close()


async def test_connections_over_the_limit_are_refused() -> None:
    """Those that are open go on; there is room again after one of them is closed."""
    limits = ConnectionLimits(max_connections=3, max_unfinished=3)
    async with serve_site(read_whole_body, "127.0.0.1", 0, limits) as port:
        first = [await connect(port) for _ in range(3)]
        for each in first:
            each.send(_WHOLE)
            assert await each.is_answered()
        further = await connect(port)
        further.send(_WHOLE)
        assert not await further.is_answered()
        first[0].send(_WHOLE.replace(b"Host: bot", b"Host: bot\r\nConnection: close"))
        await first[0].wait_until_closed()
        again = await connect(port)
        again.send(_WHOLE)
        assert await again.is_answered()
        for each in (*first, further, again):
            each.close()


async def test_headers_without_end_are_closed() -> None:
    """They do not fill the memory of the bot until the time is over."""
    limits = ConnectionLimits(header_seconds=3600)
    async with serve_site(read_whole_body, "127.0.0.1", 0, limits) as port:
        endless = await connect(port)
        endless.send(_HALF_HEADERS + b"x" * 40_000)
        endless.send(b"x" * 40_000)
        await endless.wait_until_closed()
        endless.close()


async def test_an_empty_line_does_not_keep_a_connection_open() -> None:
    """uvicorn ends its own timer at any byte, but no request has begun."""
    limits = ConnectionLimits(header_seconds=0.05)
    async with serve_site(read_whole_body, "127.0.0.1", 0, limits) as port:
        idle = await connect(port)
        idle.send(_WHOLE)
        assert await idle.is_answered()
        idle.send(b"\r\n")
        await idle.wait_until_closed()
        idle.close()


async def test_a_request_that_takes_long_to_handle_is_not_slow() -> None:
    """Only the client's part is limited: the answer may come later."""
    handling, finish = asyncio.Event(), asyncio.Event()

    async def answer_later(scope: Scope, receive: Receive, send: Send) -> None:
        handling.set()
        await finish.wait()
        await read_whole_body(scope, receive, send)

    limits = ConnectionLimits(header_seconds=0.01, body_seconds=0.01, max_unfinished=1)
    async with serve_site(answer_later, "127.0.0.1", 0, limits) as port:
        honest = await connect(port)
        honest.send(_WHOLE)
        await handling.wait()
        idle = await connect(port)
        await idle.wait_until_closed()
        finish.set()
        assert await honest.is_answered()
        for each in (honest, idle):
            each.close()


# The simulator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A running simulator."""
    async with Simulator() as running:
        yield running


_PATHS = ["/", "/sim/chats", "/bot123456789:" + "x" * 35 + "/getMe", "/file/bot1:x/file"]


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1.evil.example:{port}"},
        {"Host": "localhost@evil.example"},
        {"Host": "[::1"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "http://evil.example:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Referer": "http://a", "Origin": "http://localhost.evil.example:{port}"},
    ],
)
async def test_a_page_of_another_site_cannot_use_the_simulator(
    simulator: Simulator, path: str, headers: dict[str, str]
) -> None:
    """A name that is bound to 127.0.0.1 later (DNS rebinding), and a page of another origin."""
    port = simulator.url.rpartition(":")[2]
    sent = {name: value.format(port=port) for name, value in headers.items()}
    async with aiohttp.ClientSession() as http:
        async with http.get(simulator.url + path, headers=sent) as response:
            assert response.status == 403
        async with http.post(simulator.url + path, headers=sent, data=b"{}") as response:
            assert response.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
async def test_the_own_page_may_use_the_simulator(simulator: Simulator, host: str) -> None:
    """By each name of this machine, with the page's own origin or without one."""
    name = host.format(port=simulator.url.rpartition(":")[2])
    async with aiohttp.ClientSession() as http:
        for headers in ({"Host": name}, {"Host": name, "Origin": f"http://{name}"}):
            async with http.get(simulator.url + "/", headers=headers) as response:
                assert response.status == 200
