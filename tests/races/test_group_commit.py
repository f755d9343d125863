"""Group commit: turns that share a transaction do not affect each other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.conversation.group_commit import TurnBatcher
from storage import conversations
from storage.conversations import Draft
from tests.policy import POLICY

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.group_commit import DecideTurn
    from storage.conversations import StoredChat
    from storage.database import Database

CHATS = range(1, 9)
VAULT = POLICY.pseudonyms


def make_counting_turn() -> DecideTurn:
    """Return a turn that adds 1 to the count in its chat's row, and returns the new count."""

    async def decide(_connection: AsyncConnection, row: StoredChat) -> tuple[int, Draft]:
        count = int(row.answers.get("count", 0)) + 1
        answers: dict[str, Any] = {"count": count}
        return count, Draft(row.key, "feedback", answers)

    return decide


def make_failing_turn() -> DecideTurn:
    """Return a turn that raises an error."""

    async def decide(_connection: AsyncConnection, _row: StoredChat) -> tuple[None, None]:
        raise ZeroDivisionError

    return decide


async def make_batcher(database: Database) -> TurnBatcher:
    """Return a batcher whose chats exist already, so that their turns share a transaction."""
    async with database.transaction() as connection:
        for chat_id in CHATS:
            await conversations.lock_or_create_conversation(connection, VAULT, chat_id, "vi")
    return TurnBatcher(database, VAULT, "vi")


async def read_count(database: Database, chat_id: int) -> int:
    """Return the count in a chat's row."""
    async with database.reading() as connection:
        row = await conversations.find_conversation(connection, VAULT, chat_id)
    assert row is not None
    return int(row.answers.get("count", 0))


async def test_a_failing_turn_fails_alone(database: Database) -> None:
    """The other turns of its transaction are done once; only its own caller gets the error."""
    rounds = await make_batcher(database)
    turns = [
        rounds.submit_turn(chat, make_failing_turn() if chat == 3 else make_counting_turn())
        for chat in CHATS
    ]
    outcomes = await asyncio.gather(*turns, return_exceptions=True)
    for chat, outcome in zip(CHATS, outcomes, strict=True):
        if chat == 3:
            assert isinstance(outcome, ZeroDivisionError)
        else:
            assert outcome == 1
        assert await read_count(database, chat) == (0 if chat == 3 else 1)


async def test_turns_of_one_chat_are_taken_in_order(database: Database) -> None:
    """Each turn sees the result of the one before, however many wait."""
    rounds = await make_batcher(database)
    turns = [rounds.submit_turn(chat, make_counting_turn()) for _ in range(5) for chat in (1, 2)]
    outcomes = await asyncio.gather(*turns)
    assert outcomes[0::2] == outcomes[1::2] == [1, 2, 3, 4, 5]


async def test_a_cancelled_caller_delays_no_other_turn(database: Database) -> None:
    """The other callers get their results."""
    rounds = await make_batcher(database)
    gone = asyncio.create_task(rounds.submit_turn(1, make_counting_turn()))
    stays = asyncio.create_task(rounds.submit_turn(2, make_counting_turn()))
    await asyncio.sleep(0)  # both have asked
    gone.cancel()
    assert await stays == 1
    assert await rounds.submit_turn(2, make_counting_turn()) == 2


async def test_a_chat_id_that_is_no_number_stops_no_other_turn(database: Database) -> None:
    """Its caller gets the error at once; before, every later caller waited for ever."""
    rounds = await make_batcher(database)
    broken: Any = [1]
    with pytest.raises(TypeError, match="a chat id is a number"):
        await rounds.submit_turn(broken, make_counting_turn())
    assert await rounds.submit_turn(2, make_counting_turn()) == 1
