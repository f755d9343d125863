"""Properties of the outbox: who waits for whom, whatever is enqueued and however it is delayed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from bot.core.preferences import Preferences
from bot.core.unit_of_work import UnitOfWork
from bot.notifications.notice_kinds import RESIDENT_NOTICES, schedule_notice
from storage import delivery_results, outbox, outbox_claims
from storage.models import Outbox, OutboxState
from storage.outbox import Priority
from storage.statements import table
from tests.policy import POLICY
from tests.transport.rows import make_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database

ROWS = table(Outbox)
PACING = outbox_claims.Pacing(0, 0, 0)
NIGHT = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)  # 23:00 in the city
MORNING = timedelta(hours=8)
LIMIT = outbox_claims.LONGEST_BACKOFF


@dataclass(frozen=True)
class Cause:
    """Why a row waits: the columns that it has, and whether it keeps its place in its chat."""

    columns: dict[str, Any]
    keeps_its_place: bool


CAUSES = {
    "due": Cause({}, keeps_its_place=True),
    "quiet hours": Cause({"next_at": NIGHT + MORNING}, keeps_its_place=False),
    "a reminder's moment": Cause({"next_at": NIGHT + timedelta(minutes=5)}, keeps_its_place=False),
    "tried again soon": Cause(
        {"next_at": NIGHT + timedelta(minutes=9), "attempt": 3}, keeps_its_place=True
    ),
    "at the longest backoff": Cause({"next_at": NIGHT + LIMIT, "attempt": 9}, keeps_its_place=True),
    "over the longest backoff": Cause(
        {"next_at": NIGHT + LIMIT + timedelta(seconds=1), "attempt": 9}, keeps_its_place=False
    ),
    "parked": Cause({"next_at": outbox.PARKED, "attempt": 1}, keeps_its_place=False),
    "being sent": Cause(
        {"state": OutboxState.SENDING, "attempt": 1, "owner": "another"}, keeps_its_place=True
    ),
    "expired": Cause({"expires_at": NIGHT - timedelta(seconds=1)}, keeps_its_place=False),
    "expired and tried again": Cause(
        {"expires_at": NIGHT, "attempt": 2, "next_at": NIGHT + timedelta(minutes=1)},
        keeps_its_place=False,
    ),
}

Entry = tuple[int, Priority, str]  # chat, priority, cause


async def enqueue(database: Database, rows: Sequence[Entry]) -> None:
    """Store rows in this order; the key of each is its position."""
    messages = [
        make_message(f"{position}", chat_id, NIGHT, priority=priority)
        for position, (chat_id, priority, _) in enumerate(rows)
    ]
    async with database.transaction() as connection:
        await connection.execute(delete(ROWS))
        await outbox.enqueue_messages(connection, messages, NIGHT)
        for name, cause in CAUSES.items():
            keys = [f"{position}" for position, row in enumerate(rows) if row[2] == name]
            if keys and cause.columns:
                changed = update(ROWS).where(ROWS.c.dedup_key.in_(keys))
                await connection.execute(changed.values(**cause.columns))


async def send_due(database: Database, after: timedelta) -> list[list[int]]:
    """Claim and send all that may be sent now; return the positions of each claim."""
    rounds: list[list[int]] = []
    while True:
        async with database.transaction() as connection:
            batch = await outbox_claims.claim_due_messages(
                connection,
                owner="me",
                now=NIGHT + after,
                lease=timedelta(minutes=1),
                pacing=PACING,
                max_rows=10_000,
            )
            results = [
                delivery_results.SentResult(each.row.id, each.row.attempt, 1) for each in batch.rows
            ]
            await delivery_results.record_results(connection, "me", results, NIGHT + after)
        if not batch.rows:
            return rounds
        rounds.append([int(each.row.dedup_key) for each in batch.rows])


# Every pair


async def test_every_pair_of_priority_and_cause(database: Database) -> None:
    """Each in a chat of its own, in both orders: the first that keeps its place decides."""
    kinds = list(product(Priority, CAUSES))
    pairs = list(product(kinds, kinds))
    rows: list[Entry] = [
        (chat_id, *one) for chat_id, pair in enumerate(pairs, start=1) for one in pair
    ]
    await enqueue(database, rows)
    (claimed, *_later) = await send_due(database, timedelta())
    expected = set()
    for number in range(len(pairs)):
        places = [
            (rows[position][1], position, rows[position][2])
            for position in (2 * number, 2 * number + 1)
            if CAUSES[rows[position][2]].keeps_its_place
        ]
        first = min(places, default=None)
        if first is not None and first[2] == "due":
            expected.add(first[1])
    assert set(claimed) == expected


# Any outbox

ENTRIES = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(list(Priority)), st.sampled_from([*CAUSES])),
    max_size=12,
)
STEPS = [timedelta(), timedelta(minutes=6), timedelta(minutes=11), MORNING + timedelta(minutes=1)]
MANY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def get_due_time(cause: str) -> datetime | None:
    """Return when a row of a cause is due; None if it is never sent."""
    columns = CAUSES[cause].columns
    is_stuck = "state" in columns or columns.get("expires_at") or cause == "parked"
    return None if is_stuck else columns.get("next_at", NIGHT)


def is_before(first: tuple[int, Entry], second: tuple[int, Entry]) -> bool:
    """Return True if the first row has its place before the second, in the same chat."""
    (position, one), (other_position, other) = first, second
    return one[0] == other[0] and (one[1], position) < (other[1], other_position)


@MANY
@given(rows=ENTRIES)
async def test_no_due_row_waits_behind_one_that_is_not_due(
    database: Database, rows: list[Entry]
) -> None:
    """A due row waits only for a row before it that is sent now, or is tried again soon."""
    await enqueue(database, rows)
    sent: dict[int, datetime] = {}
    for step in STEPS:
        now = NIGHT + step
        for claimed in await send_due(database, step):
            for position in claimed:
                due = get_due_time(rows[position][2])
                assert due is not None
                assert due <= now
                sent[position] = now
        for position, row in enumerate(rows):
            due = get_due_time(row[2])
            if due is None or due > now or position in sent:
                continue
            held_back_by = [
                other[2]
                for place, other in enumerate(rows)
                if place not in sent
                and is_before((place, other), (position, row))
                and (other[2] == "being sent" or is_tried_soon(other[2], now))
            ]
            assert held_back_by, (position, row, now)


def is_tried_soon(cause: str, now: datetime) -> bool:
    """Return True if a row of a cause is tried again within the longest backoff."""
    columns = CAUSES[cause].columns
    if "attempt" not in columns or "expires_at" in columns or "state" in columns:
        return False
    return bool(now < columns["next_at"] <= now + LIMIT)


@MANY
@given(rows=ENTRIES)
async def test_due_rows_of_a_chat_keep_their_order(database: Database, rows: list[Entry]) -> None:
    """By priority, then by age. A chat has one message in each claim."""
    await enqueue(database, rows)
    for step in STEPS:
        of_chat: dict[int, list[int]] = defaultdict(list)
        for claimed in await send_due(database, step):
            chats = [rows[position][0] for position in claimed]
            assert len(chats) == len(set(chats))
            for position in claimed:
                of_chat[rows[position][0]].append(position)
        for positions in of_chat.values():
            assert positions == sorted(positions, key=lambda place: (rows[place][1], place))


@MANY
@given(
    notices=st.lists(
        st.tuples(st.sampled_from([*RESIDENT_NOTICES]), st.booleans(), st.sampled_from(Priority)),
        min_size=1,
        max_size=10,
    )
)
async def test_nothing_urgent_waits_for_the_morning(
    database: Database, notices: list[tuple[str, bool, Priority]]
) -> None:
    """All notices of one resident at night, each about a danger or not, in one chat."""
    quiet, late = Preferences(quiet="night"), NIGHT + timedelta(days=30)
    messages = []
    for position, (kind, is_urgent, priority) in enumerate(notices):
        work = UnitOfWork(None, NIGHT, POLICY)  # type: ignore[arg-type] # it reads no row
        due = schedule_notice(work, kind, quiet, late, is_urgent=is_urgent)
        message = make_message(f"{position}", 1, NIGHT, priority=priority)
        messages.append(replace(message, not_before=due))
    async with database.transaction() as connection:
        await connection.execute(delete(ROWS))
        await outbox.enqueue_messages(connection, messages, NIGHT)
    at_night = {
        position for claimed in await send_due(database, timedelta()) for position in claimed
    }
    assert at_night == {
        position
        for position, (kind, is_urgent, _) in enumerate(notices)
        if is_urgent or not RESIDENT_NOTICES[kind].waits
    }
    in_the_morning = await send_due(database, MORNING)
    assert len(at_night) + sum(map(len, in_the_morning)) == len(notices)
