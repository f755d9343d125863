"""A minimal HTTP client for tests of the simulator: Bot API and control interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp

TOKEN = "123456:" + "a" * 35
OTHER_TOKEN = "654321:" + "b" * 35


@dataclass
class ApiClient:
    """Sends requests to the simulator, as one bot or as a test. `url` is the simulator's."""

    url: str
    http: aiohttp.ClientSession
    token: str = TOKEN

    async def request(self, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """Call a Bot API method; return the HTTP status and the JSON of the response."""
        url = f"{self.url}/bot{self.token}/{method}"
        async with self.http.post(url, json=params) as response:
            return response.status, await response.json()

    async def call(self, method: str, **params: Any) -> Any:
        """Call a Bot API method; return its result. An error response fails the test."""
        status, answer = await self.request(method, **params)
        assert (status, answer["ok"]) == (200, True), answer
        return answer["result"]

    async def call_refused(self, method: str, **params: Any) -> str:
        """Call a Bot API method that must fail; return the description of the error."""
        status, answer = await self.request(method, **params)
        assert answer["ok"] is False
        assert status == answer["error_code"]
        return str(answer["description"])

    async def request_control(
        self, verb: str, path: str, body: Any = None
    ) -> tuple[int, dict[str, Any]]:
        """Send a request to the control interface; return the HTTP status and the JSON."""
        async with self.http.request(verb, self.url + path, json=body) as response:
            return response.status, await response.json()

    async def post_control(self, path: str, body: Any = None) -> dict[str, Any]:
        """Post to the control interface; return the JSON. An error response fails the test."""
        status, answer = await self.request_control("POST", path, {} if body is None else body)
        assert status == 200, answer
        return answer
