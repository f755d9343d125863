"""Rounds: turns that share a transaction stay apart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.conversation.group_commit import TurnBatcher
from storage import conversations
from storage.conversations import Draft

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.group_commit import DecideTurn
    from storage.database import Database
    from storage.models import Conversation

CHATS = range(1, 9)


def counts() -> DecideTurn:
    """A turn that counts one more in its chat's row, and says how far it came."""

    async def decide(_connection: AsyncConnection, row: Conversation) -> tuple[int, Draft]:
        count = int(row.answers.get("count", 0)) + 1
        answers: dict[str, Any] = {"count": count}
        return count, Draft(row.chat_id, "feedback", answers, [], None, None, None)

    return decide


def breaks() -> DecideTurn:
    """A turn that cannot be taken."""

    async def decide(_connection: AsyncConnection, _row: Conversation) -> tuple[None, None]:
        raise ZeroDivisionError

    return decide


async def made(database: Database) -> TurnBatcher:
    """Rounds over chats that are known already, so that they do share a transaction."""
    async with database.transaction() as connection:
        for chat_id in CHATS:
            await conversations.lock_or_create_conversation(connection, chat_id, "vi")
    return TurnBatcher(database, "vi")


async def counted(database: Database, chat_id: int) -> int:
    """What stands in a chat's row."""
    async with database.reading() as connection:
        row = await conversations.find_conversation(connection, chat_id)
    assert row is not None
    return int(row.answers.get("count", 0))


async def test_a_turn_that_breaks_breaks_for_nobody_else(database: Database) -> None:
    """The others of its round are taken, each once; it alone hears of it."""
    rounds = await made(database)
    turns = [rounds.submit_turn(chat, breaks() if chat == 3 else counts()) for chat in CHATS]
    outcomes = await asyncio.gather(*turns, return_exceptions=True)
    for chat, outcome in zip(CHATS, outcomes, strict=True):
        if chat == 3:
            assert isinstance(outcome, ZeroDivisionError)
        else:
            assert outcome == 1
        assert await counted(database, chat) == (0 if chat == 3 else 1)


async def test_turns_of_one_chat_are_taken_in_order(database: Database) -> None:
    """However many wait: each sees what the one before it left."""
    rounds = await made(database)
    turns = [rounds.submit_turn(chat, counts()) for _ in range(5) for chat in (1, 2)]
    outcomes = await asyncio.gather(*turns)
    assert outcomes[0::2] == outcomes[1::2] == [1, 2, 3, 4, 5]


async def test_who_does_not_wait_holds_nobody_up(database: Database) -> None:
    """A caller that goes away leaves the round to the others."""
    rounds = await made(database)
    gone = asyncio.create_task(rounds.submit_turn(1, counts()))
    stays = asyncio.create_task(rounds.submit_turn(2, counts()))
    await asyncio.sleep(0)  # both have asked
    gone.cancel()
    assert await stays == 1
    assert await rounds.submit_turn(2, counts()) == 2
