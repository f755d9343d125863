"""Rounds: the turns that wait while one transaction is under way share the next one.

Every turn is committed before its caller goes on, as if it had a transaction of its own; see
docs/decisions/0005-group-commit.md.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage import conversations
from storage.conversations import Draft
from storage.database import Unavailable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.models import Conversation

# What a turn does with the chat's row: its outcome, and the draft that it leaves, if it changes it.
Decide = Callable[["AsyncConnection", "Conversation"], Awaitable[tuple[Any, Draft | None]]]

_MOST = 64  # turns in one transaction


@dataclass(slots=True)
class _Turn:
    chat_id: int
    decide: Decide
    makes: bool
    outcome: asyncio.Future[Any]


class TurnBatcher:
    """Takes turns of many chats; one chat's turns in order, each after the other's commit."""

    def __init__(self, database: Database, language: str) -> None:
        """`language` is the one that a new chat begins in."""
        self._database = database
        self._language = language
        self._waiting: deque[_Turn] = deque()
        self._running: asyncio.Task[None] | None = None
        self._alone: set[asyncio.Task[None]] = set()

    async def take(self, chat_id: int, decide: Decide, *, makes: bool = False) -> Any:
        """What `decide` says of the chat's row, once it is committed.

        None for a chat that has no row, unless the turn `makes` one. `decide` may be called again
        when a transaction that it shared had to be taken back. Raises what it raises, and
        Unavailable.
        """
        turn = _Turn(chat_id, decide, makes, asyncio.get_running_loop().create_future())
        self._waiting.append(turn)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await turn.outcome

    async def _run(self) -> None:
        while self._waiting:
            await self._round(self._next())
        self._running = None

    def _next(self) -> list[_Turn]:
        """The turns of the next round: of each chat the first, the others wait."""
        chosen: dict[int, _Turn] = {}
        later: deque[_Turn] = deque()
        while self._waiting and len(chosen) < _MOST:
            turn = self._waiting.popleft()
            if turn.chat_id in chosen:
                later.append(turn)
            else:
                chosen[turn.chat_id] = turn
        self._waiting.extendleft(reversed(later))
        return list(chosen.values())

    async def _round(self, turns: list[_Turn]) -> None:
        try:
            outcomes = await self._together(turns)
        except Unavailable as error:
            for turn in turns:
                _fail(turn, error)
        except Exception:
            # One of them broke: each by itself, so that it breaks for nobody else.
            self._one_by_one(turns)
        else:
            for turn, outcome in outcomes:
                _finish(turn, outcome)
            taken = {turn.chat_id for turn, _ in outcomes}
            self._one_by_one([turn for turn in turns if turn.chat_id not in taken])

    async def _together(self, turns: list[_Turn]) -> list[tuple[_Turn, Any]]:
        """The outcomes of those whose rows are there and free."""
        outcomes, drafts = [], []
        async with self._database.transaction() as connection:
            rows = await conversations.lock_free_conversations(
                connection, [turn.chat_id for turn in turns]
            )
            for turn in turns:
                row = rows.get(turn.chat_id)
                if row is not None:
                    outcome, draft = await turn.decide(connection, row)
                    outcomes.append((turn, outcome))
                    drafts += [draft] if draft else []
            await conversations.save_drafts(connection, drafts)
        return outcomes

    def _one_by_one(self, turns: list[_Turn]) -> None:
        for turn in turns:
            task = asyncio.create_task(self._by_itself(turn))
            self._alone.add(task)
            task.add_done_callback(self._alone.discard)

    async def _by_itself(self, turn: _Turn) -> None:
        """A turn in a chat that is new, that another replica holds, or that broke its round."""
        try:
            outcome = None
            async with self._database.transaction() as connection:
                row = await (
                    conversations.lock_or_create_conversation(
                        connection, turn.chat_id, self._language
                    )
                    if turn.makes
                    else conversations.lock_conversation(connection, turn.chat_id)
                )
                if row is not None:
                    outcome, draft = await turn.decide(connection, row)
                    await conversations.save_drafts(connection, [draft] if draft else [])
        except Exception as error:
            _fail(turn, error)
        else:
            _finish(turn, outcome)


def _finish(turn: _Turn, outcome: Any) -> None:
    if not turn.outcome.done():  # its caller may have gone
        turn.outcome.set_result(outcome)


def _fail(turn: _Turn, error: Exception) -> None:
    if not turn.outcome.done():
        turn.outcome.set_exception(error)
