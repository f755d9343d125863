"""The load: conversations of eight updates each, many chats at once, one chat in order."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from tests.people import SECRET

if TYPE_CHECKING:
    from tests.bench.peer import Peer

# What a resident does who agreed to the notice before; None is the button that the review shows.
ACTS: tuple[str | None, ...] = (
    "/feedback",
    "feedback.kind=report",
    "feedback.topic=congestion",
    "feedback.area=11407",
    "Cổng trường sáng nào cũng tắc, phụ huynh đỗ xe kín lòng đường.",
    "feedback.details=done",
    "feedback.identity=channel",
    None,
)
AGREES = "feedback.consent=2026-11"
_HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
_PATIENCE = 20.0
_numbers = itertools.count(1)


class Load:
    """Sends updates to one webhook and follows what comes back through the peer."""

    def __init__(self, peer: Peer, http: aiohttp.ClientSession, url: str) -> None:
        self._peer = peer
        self._http = http
        self._url = url

    async def warm_up(self, chats: list[int]) -> None:
        """The first conversation of each chat, with the consent that the later ones have."""
        await asyncio.gather(
            *(self._converse(chat, (ACTS[0], AGREES, *ACTS[1:])) for chat in chats)
        )

    async def run(self, chats: list[int], conversations: int) -> int:
        """So many conversations in each chat; how many updates that were."""

        async def talk(chat: int) -> None:
            for _ in range(conversations):
                await self._converse(chat, ACTS)

        await asyncio.gather(*(talk(chat) for chat in chats))
        return len(chats) * conversations * len(ACTS)

    async def _converse(self, chat_id: int, acts: tuple[str | None, ...]) -> None:
        chat = self._peer.chats[chat_id]
        for act in acts:
            chat.changed.clear()
            await self._post(chat_id, act or self._submit(chat.buttons))
            # A person acts on what is shown, not before.
            async with asyncio.timeout(_PATIENCE):
                await chat.changed.wait()

    def _submit(self, buttons: list[str]) -> str:
        found = (data for data in buttons if data.startswith("feedback.review=submit"))
        return next(found, "feedback.review=submit-00000000")

    async def _post(self, chat_id: int, act: str) -> None:
        body = orjson.dumps(_update(chat_id, act))
        async with self._http.post(self._url, data=body, headers=_HEADERS) as response:
            content = await response.read()
            assert response.status == 200, (response.status, content)
        if content.startswith(b"{"):
            self._peer.calls += 1  # the method in the answer is a call that Telegram makes


def _update(chat_id: int, act: str) -> dict[str, Any]:
    """An update with what Telegram's have."""
    number = next(_numbers)
    person = {"id": chat_id, "is_bot": False, "first_name": "Resident", "language_code": "vi"}
    chat = {"id": chat_id, "first_name": "Resident", "type": "private"}
    message: dict[str, Any] = {"message_id": number, "date": 1_790_000_000, "chat": chat}
    if act.startswith("feedback."):
        query = {
            "id": str(number),
            "from": person,
            "chat_instance": "1",
            "data": act,
            "message": {**message, "text": "…"},
        }
        return {"update_id": number, "callback_query": query}
    message |= {"from": person, "text": act}
    if act.startswith("/"):
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(act)}]
    return {"update_id": number, "message": message}
