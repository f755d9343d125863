"""Group commit: turns that wait while a transaction runs share the next transaction.

Every turn is committed before its caller continues, as if it had its own transaction. See
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

    from storage.conversations import ConversationVault, StoredChat
    from storage.database import Database

# Takes the row of a chat; returns the result of the turn, and the draft to store (None: no change).
DecideTurn = Callable[["AsyncConnection", "StoredChat"], Awaitable[tuple[Any, Draft | None]]]

_MAX_TURNS = 64  # in one transaction


@dataclass(slots=True)
class _Turn:
    chat_id: int
    decide: DecideTurn
    creates: bool
    language: str
    result: asyncio.Future[Any]


class TurnBatcher:
    """Runs the turns of many chats in shared transactions; the turns of one chat in order."""

    def __init__(self, database: Database, vault: ConversationVault, language: str) -> None:
        """Create a batcher.

        `vault` seals the rows of chats. `language` is the language of a new chat.
        """
        self._database = database
        self._vault = vault
        self._language = language
        self._waiting: deque[_Turn] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._single_turns: set[asyncio.Task[None]] = set()

    async def submit_turn(
        self,
        chat_id: int,
        decide: DecideTurn,
        *,
        creates: bool = False,
        language: str | None = None,
    ) -> Any:
        """Return the result of `decide` for the chat's row, after it is committed.

        Return None for a chat without a row, unless the turn `creates` it, in `language` or the
        usual one. `decide` is called again
        if the shared transaction was rolled back because of another turn.

        Raises the exception that `decide` raises, and Unavailable if the database cannot be used.
        Raises TypeError for a `chat_id` that is not a number: the same error in the shared task
        would leave all callers waiting.
        """
        if type(chat_id) is not int:
            raise TypeError(f"a chat id is a number: {chat_id!r}")
        result = asyncio.get_running_loop().create_future()
        turn = _Turn(chat_id, decide, creates, language or self._language, result)
        self._waiting.append(turn)
        if self._worker is None:
            self._worker = asyncio.create_task(self._run())
        return await turn.result

    async def _run(self) -> None:
        while self._waiting:
            await self._run_batch(self._select_batch())
        self._worker = None

    def _select_batch(self) -> list[_Turn]:
        """Remove and return the turns of the next transaction: the first one of each chat."""
        chosen: dict[int, _Turn] = {}
        later: deque[_Turn] = deque()
        while self._waiting and len(chosen) < _MAX_TURNS:
            turn = self._waiting.popleft()
            if turn.chat_id in chosen:
                later.append(turn)
            else:
                chosen[turn.chat_id] = turn
        self._waiting.extendleft(reversed(later))
        return list(chosen.values())

    async def _run_batch(self, turns: list[_Turn]) -> None:
        try:
            results = await self._run_together(turns)
        except Unavailable as error:
            for turn in turns:
                _set_error(turn, error)
        except Exception:
            # One turn failed: run each in its own transaction, so that only that one fails.
            self._run_separately(turns)
        else:
            for turn, result in results:
                _set_result(turn, result)
            done = {turn.chat_id for turn, _ in results}
            self._run_separately([turn for turn in turns if turn.chat_id not in done])

    async def _run_together(self, turns: list[_Turn]) -> list[tuple[_Turn, Any]]:
        """Return the results of the turns whose rows exist and are not locked."""
        results, drafts = [], []
        async with self._database.transaction() as connection:
            rows = await conversations.lock_free_conversations(
                connection, self._vault, [turn.chat_id for turn in turns]
            )
            for turn in turns:
                row = rows.get(turn.chat_id)
                if row is not None:
                    result, draft = await turn.decide(connection, row)
                    results.append((turn, result))
                    drafts += [draft] if draft else []
            await conversations.save_drafts(connection, self._vault, drafts)
        return results

    def _run_separately(self, turns: list[_Turn]) -> None:
        for turn in turns:
            task = asyncio.create_task(self._run_alone(turn))
            self._single_turns.add(task)
            task.add_done_callback(self._single_turns.discard)

    async def _run_alone(self, turn: _Turn) -> None:
        """Run a turn in its own transaction: its chat is new or locked, or its batch failed."""
        try:
            result = None
            async with self._database.transaction() as connection:
                row = await (
                    conversations.lock_or_create_conversation(
                        connection, self._vault, turn.chat_id, turn.language
                    )
                    if turn.creates
                    else conversations.lock_conversation(connection, self._vault, turn.chat_id)
                )
                if row is not None:
                    result, draft = await turn.decide(connection, row)
                    drafts = [draft] if draft else []
                    await conversations.save_drafts(connection, self._vault, drafts)
        except Exception as error:
            _set_error(turn, error)
        else:
            _set_result(turn, result)


def _set_result(turn: _Turn, result: Any) -> None:
    if not turn.result.done():  # the caller may be cancelled
        turn.result.set_result(result)


def _set_error(turn: _Turn, error: Exception) -> None:
    if not turn.result.done():
        turn.result.set_exception(error)
