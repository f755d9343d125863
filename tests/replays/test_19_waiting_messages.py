"""Kind 19: a message that waits for its time holds back messages that are due."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from storage import outbox, outbox_claims
from storage.models import Outbox, OutboxState
from storage.outbox import Priority
from storage.statements import table
from tests.town.settings import START
from tests.transport.rows import make_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database

ROWS = table(Outbox)
PACING = outbox_claims.Pacing(0, 0, 0)
DUE, VOLUNTARY, BACKING_OFF, LONG_OFF, BEING_SENT = (
    "due",
    "voluntary",
    "backing off",
    "long",
    "sent",
)
DELAYS: dict[str, dict[str, Any]] = {
    DUE: {},
    VOLUNTARY: {"next_at": START + timedelta(hours=9)},
    BACKING_OFF: {"next_at": START + timedelta(minutes=9), "attempt": 3},
    LONG_OFF: {"next_at": START + timedelta(hours=2), "attempt": 9},
    BEING_SENT: {"state": OutboxState.SENDING, "attempt": 1, "owner": "another"},
}
KEEPS_ITS_PLACE = {DUE, BACKING_OFF, BEING_SENT}


async def enqueue(database: Database, rows: Sequence[tuple[int, Priority, str]]) -> list[str]:
    """Store messages of (chat, priority, delay) in this order; return their keys."""
    keys = [f"row:{number}" for number in range(len(rows))]
    async with database.transaction() as connection:
        await connection.execute(delete(ROWS))
        for key, (chat_id, priority, delay) in zip(keys, rows, strict=True):
            await outbox.enqueue_messages(
                connection, [make_message(key, chat_id, START, priority=priority)], START
            )
            if DELAYS[delay]:
                changed = update(ROWS).where(ROWS.c.dedup_key == key)
                await connection.execute(changed.values(**DELAYS[delay]))
    return keys


async def claim(database: Database) -> set[str]:
    """Claim everything that may be sent now; return the keys."""
    async with database.transaction() as connection:
        batch = await outbox_claims.claim_due_messages(
            connection,
            owner="me",
            now=START,
            lease=timedelta(minutes=1),
            pacing=PACING,
            max_rows=1000,
        )
    return {each.row.dedup_key for each in batch.rows}


def expect_claimed(rows: Sequence[tuple[int, Priority, str]]) -> set[str]:
    """Return the keys of the rows that may be sent: of each chat the first that keeps its place."""
    claimed = set()
    for chat_id in {chat for chat, _, _ in rows}:
        in_order = sorted(
            (priority, number, delay)
            for number, (chat, priority, delay) in enumerate(rows)
            if chat == chat_id and delay in KEEPS_ITS_PLACE
        )
        if in_order and in_order[0][2] == DUE:
            claimed.add(f"row:{in_order[0][1]}")
    return claimed


async def test_every_pair_of_messages_in_a_chat(database: Database) -> None:
    """Every pair of priorities and delays, in both orders, each in a chat of its own."""
    pairs = list(product(Priority, DELAYS, Priority, DELAYS))
    rows = []
    for chat_id, (first, its_delay, second, other_delay) in enumerate(pairs, start=1):
        rows += [(chat_id, first, its_delay), (chat_id, second, other_delay)]
    await enqueue(database, rows)
    assert await claim(database) == expect_claimed(rows)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(list(Priority)), st.sampled_from([*DELAYS])),
        max_size=9,
    )
)
async def test_no_due_message_waits_behind_one_that_is_not_due(
    database: Database, rows: list[tuple[int, Priority, str]]
) -> None:
    """Unless that one is being sent, or is tried again soon; then the order of the chat holds."""
    await enqueue(database, rows)
    assert await claim(database) == expect_claimed(rows)
