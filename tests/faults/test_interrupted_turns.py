"""Killed before the commit: an update has all its effects, once, or none.

The database loses a transaction that was not committed, whatever ended the process: the tests
break the connection at a statement. `tests/kills` kills real processes at random moments.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select
from sqlmodel import SQLModel

from storage import conversations
from storage.models import Role, State, Submission
from storage.statements import table
from tests.town.casework import accept_case, open_case, propose_answer
from tests.town.texts import is_label
from tests.transport.test_webhook import press_submit, reach_review

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from storage.conversations import StoredChat
    from tests.town.person import Person
    from tests.town.town import Town

CONNECTION_LOST = ConnectionError("the connection was lost")


@contextmanager
def lose_connection(town: Town, at: int | None) -> Iterator[list[str]]:
    """Break the connection at the statement with this number, counted from 0; None: at the commit.

    Gives the list of the statements so far.
    """
    engine, executed = town.app.database.engine.sync_engine, []

    def execute(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        executed.append(statement)
        if len(executed) - 1 == at:
            raise CONNECTION_LOST

    def commit(_connection: Any) -> None:
        if at is None:
            raise CONNECTION_LOST

    event.listen(engine, "before_cursor_execute", execute)
    event.listen(engine, "commit", commit)
    yield executed
    event.remove(engine, "before_cursor_execute", execute)
    event.remove(engine, "commit", commit)


async def read_everything(town: Town) -> dict[str, list[Any]]:
    """Return the rows of all tables; of drafts not how many updates a chat sent in a minute."""
    async with town.app.database.reading() as connection:
        found = {}
        for each in SQLModel.metadata.sorted_tables:
            rows: Sequence[Any] = (await connection.execute(select(each))).all()
            if each.name == "conversation":
                rows = [_open_without_counts(town, row) for row in rows]
            found[each.name] = sorted(map(repr, rows))
    return found


def _open_without_counts(town: Town, row: Any) -> StoredChat:
    opened = conversations.open_row(town.app.policy.pseudonyms, row, row.chat_id)
    return replace(opened, counted=0, counted_from=None)


async def post_waiting(town: Town) -> int:
    """Post the only waiting update to the webhook; return the HTTP status."""
    (update,) = town.simulator.state.get_account().updates.list_updates()
    status = await town.post(town.replica(0), update.body)
    await town.app.replies.wait_until_sent()
    return status


async def press_submit_of_a_resident(town: Town) -> Person:
    """Leave the resident's press of "submit" as the only waiting update; return the resident."""
    ann = await reach_review(town)
    press_submit(town, ann)
    return ann


async def press_approve_of_a_leader(town: Town) -> Person:
    """Leave a leader's press of "approve" as the only waiting update; return the resident."""
    officer = await town.officer("Binh")
    leader = await town.officer("Cường", role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    await accept_case(officer, code)
    await propose_answer(officer)
    await open_case(leader, code)
    shown = leader.messages[-1]
    buttons = [each for row in shown["reply_markup"]["inline_keyboard"] for each in row]
    (approve,) = [each for each in buttons if is_label(each["text"], "case.do.approve")]
    town.simulator.people.press_button(
        leader.id, message_id=shown["message_id"], data=approve["callback_data"]
    )
    return ann


async def test_fault_01_a_turn_that_is_not_committed_comes_again(town: Town) -> None:
    """Without the commit there is no 2xx and no receipt; the repeated update submits once."""
    ann = await press_submit_of_a_resident(town)
    before = await read_everything(town)
    with lose_connection(town, at=None):
        assert await post_waiting(town) == 503
    assert await read_everything(town) == before
    assert not ann.was_told("receipt.text")
    await town.deliver()
    assert await town.count_rows(Submission) == 1
    assert ann.count_told("receipt.text") == 1


@pytest.mark.parametrize(
    ("press", "state", "told"),
    [
        (press_submit_of_a_resident, State.RECEIVED, "receipt.text"),
        (press_approve_of_a_leader, State.ANSWERED, "notice.approve"),
    ],
)
async def test_fault_03_a_turn_that_breaks_at_any_statement_leaves_nothing(
    town: Town, press: Callable[[Town], Awaitable[Person]], state: State, told: str
) -> None:
    """Whichever statement is the last one: no row has changed, and the repeated update works.

    Statements after the commit store what the answer is about. Without them the update is done.
    """
    ann = await press(town)
    before = await read_everything(town)
    reached, number = True, 0
    while reached:
        with lose_connection(town, at=number) as executed:
            status = await post_waiting(town)
        reached = status != 200
        if reached:
            assert len(executed) > number
            assert status == 503, executed[-1]
            assert await read_everything(town) == before, executed[-1]
            number += 1
    assert number >= 6  # the statements of one turn, at least
    async with town.app.database.reading() as connection:
        (stored,) = (await connection.execute(select(table(Submission)))).all()
    assert stored.state is state
    await town.deliver()
    assert ann.count_told(told) == 1
