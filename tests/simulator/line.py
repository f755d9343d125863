"""How the tests of the simulator speak to it: as a bot does, without a client library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp

TOKEN = "123456:" + "a" * 35
OTHER = "654321:" + "b" * 35


@dataclass
class Line:
    """A connection of one bot, and of whoever holds the stage."""

    url: str
    http: aiohttp.ClientSession
    token: str = TOKEN

    async def raw(self, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        url = f"{self.url}/bot{self.token}/{method}"
        async with self.http.post(url, json=params) as response:
            return response.status, await response.json()

    async def ok(self, method: str, **params: Any) -> Any:
        """The result; anything else fails the test."""
        status, answer = await self.raw(method, **params)
        assert (status, answer["ok"]) == (200, True), answer
        return answer["result"]

    async def refusal(self, method: str, **params: Any) -> str:
        """The description of a refusal whose codes agree."""
        status, answer = await self.raw(method, **params)
        assert answer["ok"] is False
        assert status == answer["error_code"]
        return str(answer["description"])

    async def control(self, verb: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and answer of the control interface."""
        async with self.http.request(verb, self.url + path, json=body) as response:
            return response.status, await response.json()

    async def stage(self, path: str, body: Any = None) -> dict[str, Any]:
        """A POST to the control interface that has to succeed."""
        status, answer = await self.control("POST", path, {} if body is None else body)
        assert status == 200, answer
        return answer
