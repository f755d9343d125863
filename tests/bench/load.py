"""The load: conversations of several updates, in many chats at once, each chat in order."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import orjson

from tests.bench.peer import NOW
from tests.bench.wire import HttpCaller

if TYPE_CHECKING:
    from tests.bench.peer import Peer, PeerChat

TEXT = "Cổng trường sáng nào cũng tắc, phụ huynh đỗ xe kín lòng đường."
MORE = "Ngày nào cũng vậy, mong sớm có người phân luồng."
# What a resident does who agreed to the notice before, and who adds a sentence on the card. A
# button is named by the beginning of its data: that for sending carries a stamp.
ACTS = (
    "/feedback",
    TEXT,
    "feedback.area=31",
    "feedback.review=add",
    MORE,
    "feedback.review=submit",
)
AGREES = "feedback.consent="
_PATIENCE = 20.0  # seconds for an answer
_numbers = itertools.count(1)


class Load:
    """Sends updates to one webhook, and reads the answers from the peer."""

    def __init__(self, peer: Peer, port: int, secret: str, chats: range) -> None:
        self._peer = peer
        self._port = port
        self._chats = chats
        self._head = make_head(port, secret)

    async def run_conversations(self, conversations: int, *, agreeing: bool = False) -> int:
        """Play this many conversations in each chat; return their number.

        `agreeing` includes the consent.
        """
        acts = (ACTS[0], AGREES, *ACTS[1:]) if agreeing else ACTS

        await asyncio.gather(
            *(self._play_chat(chat_id, acts * conversations) for chat_id in self._chats)
        )
        return len(self._chats) * conversations

    async def _play_chat(self, chat_id: int, acts: tuple[str, ...]) -> None:
        # Servers hang up on who is silent for long, as a variant's load is between its turns.
        """Play the acts of one chat in order."""
        loop = asyncio.get_running_loop()
        transport, caller = await loop.create_connection(HttpCaller, "127.0.0.1", self._port)
        for act in acts:
            await self._perform(caller, chat_id, act)
        transport.close()

    async def _perform(self, caller: HttpCaller, chat_id: int, act: str) -> None:
        """Send one update, and wait until its answer is shown."""
        chat = self._peer.chats[chat_id]
        chat.changed.clear()
        body = orjson.dumps(
            _press(chat_id, chat, act) if "=" in act else make_message_update(chat_id, act)
        )
        status, content = await caller.post(self._head, body)
        assert status == 200, (status, content)
        if content:
            self._peer.calls += 1  # the method in the answer is a call that Telegram makes
        try:
            await asyncio.wait_for(chat.changed.wait(), _PATIENCE)
        except TimeoutError:
            raise RuntimeError(f"no answer to {act!r}") from None


def make_head(port: int, secret: str) -> bytes:
    """Return the head of a request to the webhook, without the length of its body."""
    return (
        f"POST /telegram HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Type: application/json\r\n"
    ).encode()


def make_message_update(chat_id: int, text: str) -> dict[str, Any]:
    """Return an update with a text message of a resident."""
    number = next(_numbers)
    message = {**_message(chat_id, number), "from": _person(chat_id), "text": text}
    if text.startswith("/"):
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
    return {"update_id": number, "message": message}


def _press(chat_id: int, chat: PeerChat, beginning: str) -> dict[str, Any]:
    data = next((each for each in chat.buttons if each.startswith(beginning)), None)
    if data is None:
        raise RuntimeError(f"no button {beginning!r} among {chat.buttons}")
    rows = [[{"text": each, "callback_data": each}] for each in chat.buttons]
    number = next(_numbers)
    query = {
        "id": str(number),
        "from": _person(chat_id),
        "chat_instance": "1",
        "data": data,
        "message": {
            **_message(chat_id, chat.keyboard),
            "text": "Ông/bà muốn gửi ý kiến thuộc loại nào?",
            "reply_markup": {"inline_keyboard": rows},
        },
    }
    return {"update_id": number, "callback_query": query}


def _message(chat_id: int, number: int) -> dict[str, Any]:
    chat = {"id": chat_id, "first_name": "Resident", "type": "private"}
    return {"message_id": number, "date": NOW, "chat": chat}


def _person(chat_id: int) -> dict[str, Any]:
    return {"id": chat_id, "is_bot": False, "first_name": "Resident", "language_code": "vi"}
