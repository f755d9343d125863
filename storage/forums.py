"""Forums, their commitments, and the announcements of forums with their recipients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select, update

from storage.models import (
    Announcement,
    Commitment,
    Forum,
    ForumState,
    Officer,
    Outbox,
    OutboxState,
    Recipient,
    Registration,
    RegistrationState,
    Resident,
    Submission,
    Subscription,
    Topic,
)
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

_forums, _news, _commitments = table(Forum), table(Announcement), table(Commitment)
_outbox, _recipients, _officers = table(Outbox), table(Recipient), table(Officer)
_wishes, _places = table(Subscription), table(Registration)
_cases, _residents = table(Submission), table(Resident)

_UNPUBLISHED = (ForumState.DRAFT, ForumState.SUBMITTED)


async def add_forum(connection: AsyncConnection, values: Mapping[str, Any]) -> Forum:
    """Store and return a forum; `values` are columns of Forum."""
    stored = await fetch_one(
        connection, Forum, insert(_forums).values(**values).returning(*_forums.c)
    )
    assert stored is not None
    return stored


async def find_forum(connection: AsyncConnection, forum_code: str) -> Forum | None:
    """Return the forum with a code, in any state. The caller checks who may see it."""
    return await fetch_one(connection, Forum, select(_forums).where(_forums.c.code == forum_code))


async def find_published_forum(connection: AsyncConnection, forum_code: str) -> Forum | None:
    """Return the forum with a code if it was published, also if it was cancelled since."""
    forum = await find_forum(connection, forum_code)
    return None if forum is None or forum.state in _UNPUBLISHED else forum


async def list_forums_of(
    connection: AsyncConnection, unit_code: str | None, *, skip: int, max_rows: int
) -> Sequence[Forum]:
    """Return the forums of a host unit, or all without one, latest start first."""
    statement = select(_forums).order_by(_forums.c.starts_at.desc(), _forums.c.id.desc())
    if unit_code is not None:
        statement = statement.where(_forums.c.host_unit == unit_code)
    return await fetch_all(connection, Forum, statement.offset(skip).limit(max_rows))


async def update_forum(
    connection: AsyncConnection, forum: Forum, by: Officer | None, **values: Any
) -> Forum | None:
    """Write columns of a forum, and return the changed forum.

    Return None and write nothing if the forum was changed since it was read, or if the officer `by`
    has another role or unit since.
    """
    statement = (
        update(_forums)
        .where(_forums.c.id == forum.id, _forums.c.version == forum.version)
        .values(version=forum.version + 1, **values)
        .returning(*_forums.c)
    )
    if by is not None:
        still = (
            select(_officers.c.id)
            .where(_officers.c.id == by.id, _officers.c.active.is_(True))
            .where(_officers.c.role == by.role, _officers.c.unit_code == by.unit_code)
        )
        statement = statement.where(still.exists())
    return await fetch_one(connection, Forum, statement)


async def iterate_forums(connection: AsyncConnection) -> AsyncIterator[Forum]:
    """Yield every forum, oldest first."""
    last = 0
    while True:
        statement = select(_forums).where(_forums.c.id > last).order_by(_forums.c.id).limit(200)
        page = await fetch_all(connection, Forum, statement)
        for each in page:
            yield each
        if not page:
            return
        last = page[-1].id


async def list_reports_due(connection: AsyncConnection, before: datetime) -> Sequence[Forum]:
    """Return the forums without published results whose results are due before a given time."""
    statement = select(_forums).where(
        _forums.c.state == ForumState.REPORT_DUE, _forums.c.report_due_at <= before
    )
    return await fetch_all(connection, Forum, statement)


async def list_never_begun(connection: AsyncConnection, before: datetime) -> Sequence[Forum]:
    """Return the published forums that should have started before a given time, but did not."""
    statement = select(_forums).where(
        _forums.c.state == ForumState.PUBLISHED, _forums.c.starts_at <= before
    )
    return await fetch_all(connection, Forum, statement)


# Promises


async def add_commitment(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a commitment; `values` are columns of Commitment."""
    await connection.execute(insert(_commitments).values(**values))


async def mark_commitments_kept(
    connection: AsyncConnection, submission_id: int, at: datetime
) -> None:
    """Mark the commitments as kept whose case is this one, or was merged into it."""
    merged = select(_cases.c.id).where(_cases.c.merged_into == submission_id)
    theirs = _commitments.c.submission_id
    await connection.execute(
        update(_commitments)
        .where(or_(theirs == submission_id, theirs.in_(merged)))
        .where(_commitments.c.kept_at.is_(None))
        .values(kept_at=at)
    )


async def list_commitments_due(
    connection: AsyncConnection, until: date, max_rows: int
) -> list[tuple[Commitment, Forum]]:
    """Return commitments that are due up to a day and not kept, with their forums, oldest first.

    Commitments whose case was closed without an answer, for example rejected, are left out.
    """
    statement = (
        select(_commitments.c.id)
        .join_from(_commitments, _cases, _cases.c.id == _commitments.c.submission_id)
        .where(_commitments.c.kept_at.is_(None), _commitments.c.due_on <= until)
        .where(or_(_cases.c.closed_at.is_(None), _cases.c.merged_into.is_not(None)))
        .order_by(_commitments.c.due_on, _commitments.c.id)
        .limit(max_rows)
    )
    ids = (await connection.execute(statement)).scalars().all()
    promises = await fetch_all(
        connection, Commitment, select(_commitments).where(_commitments.c.id.in_(ids))
    )
    theirs = {each.forum_id for each in promises}
    found = await fetch_all(connection, Forum, select(_forums).where(_forums.c.id.in_(theirs)))
    by_id = {each.id: each for each in found}
    return [(each, by_id[each.forum_id]) for each in promises]


async def list_previous_commitments(
    connection: AsyncConnection, forum: Forum
) -> Sequence[Commitment]:
    """Return the commitments of the previous forum of the same host unit."""
    last = (
        select(_forums.c.id)
        .where(_forums.c.host_unit == forum.host_unit, _forums.c.starts_at < forum.starts_at)
        .where(_forums.c.state.in_((ForumState.REPORTED, ForumState.CLOSED)))
        .order_by(_forums.c.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = select(_commitments).where(_commitments.c.forum_id == last)
    return await fetch_all(connection, Commitment, statement.order_by(_commitments.c.due_on))


# What is announced


async def add_announcement(connection: AsyncConnection, values: Mapping[str, Any]) -> Announcement:
    """Store an announcement and return it; `values` are its columns.

    If there is one of the same forum, kind and version, that one is left as it is and returned.
    """
    statement = insert_into(Announcement, connection.dialect.name).values(
        cursor=0, source=0, left_out=0, **values
    )
    unique = ("forum_id", "kind", "version")
    await connection.execute(statement.on_conflict_do_nothing(index_elements=unique))
    rows = table(Announcement)
    stored = select(rows).where(*(rows.c[name] == values[name] for name in unique))
    announcement = await fetch_one(connection, Announcement, stored)
    assert announcement is not None
    return announcement


async def lock_next_announcement(connection: AsyncConnection, now: datetime) -> Announcement | None:
    """Lock and return an unfinished announcement that is due; skip those locked by others."""
    statement = (
        select(_news)
        .where(_news.c.finished_at.is_(None), _news.c.cancelled_at.is_(None))
        .where(_news.c.due_at <= now)
        .order_by(_news.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return await fetch_one(connection, Announcement, statement)


async def update_announcement(
    connection: AsyncConnection, announcement_id: int, **values: Any
) -> None:
    """Write columns of an announcement, its progress."""
    await connection.execute(update(_news).where(_news.c.id == announcement_id).values(**values))


async def list_announcements(connection: AsyncConnection, forum_id: int) -> Sequence[Announcement]:
    """Return the announcements of a forum, oldest first."""
    statement = select(_news).where(_news.c.forum_id == forum_id).order_by(_news.c.id)
    return await fetch_all(connection, Announcement, statement)


async def get_announced_forum(connection: AsyncConnection, announcement_id: int) -> Forum:
    """Return the forum of an announcement; both must exist."""
    its_forum = select(_news.c.forum_id).where(_news.c.id == announcement_id).scalar_subquery()
    found = await fetch_one(connection, Forum, select(_forums).where(_forums.c.id == its_forum))
    assert found is not None
    return found


async def cancel_announcements(
    connection: AsyncConnection, forum_id: int, now: datetime, *, kinds: Collection[str]
) -> None:
    """Cancel the unfinished announcements of some kinds, and their unsent messages in the outbox.

    A message that is being sent now is not sent again if it fails.
    """
    theirs = (_news.c.forum_id == forum_id, _news.c.kind.in_(kinds))
    await connection.execute(
        update(_news).where(*theirs, _news.c.finished_at.is_(None)).values(cancelled_at=now)
    )
    of_these = _outbox.c.announcement_id.in_(select(_news.c.id).where(*theirs))
    await connection.execute(
        update(_outbox)
        .where(of_these, _outbox.c.state == OutboxState.WAITING)
        .values(state=OutboxState.EXPIRED, finished_at=now, error="the announcement was stopped")
    )
    await connection.execute(
        update(_outbox)
        .where(of_these, _outbox.c.state == OutboxState.SENDING)
        .values(expires_at=now)
    )


@dataclass(frozen=True, slots=True)
class AnnouncementRecipient:
    """A recipient of an announcement.

    - `id`: of the row in the table of the source.
    - `alias`: the pseudonym. `sealed`: the encrypted chat id.
    """

    id: int
    alias: int
    sealed: str
    language: str


def select_subscribers(area: str, everywhere: str, topics: Collection[str]) -> Select[Any]:
    """Return a SELECT of the subscribers to a forum's area, to the whole city, or to `topics`.

    `everywhere` is the city's code. If it is the `area` of the forum, the subscribers of any area
    are selected too. Each person is selected once, by the oldest subscription that fits.
    """
    earlier = _wishes.alias()
    found_already = (earlier.c.alias == _wishes.c.alias) & (earlier.c.id < _wishes.c.id)
    statement = select(_wishes.c.id, _wishes.c.alias, _wishes.c.sealed, _wishes.c.language)
    if area == everywhere:
        others = [topic.value for topic in Topic if topic not in topics]
        found_already &= earlier.c.subject.not_in(others)
        statement = statement.where(_wishes.c.subject.not_in(others))
    else:
        subjects = (area, everywhere, *topics)
        found_already &= earlier.c.subject.in_(subjects)
        statement = statement.where(_wishes.c.subject.in_(subjects))
    return statement.where(~select(earlier.c.id).where(found_already).exists())


def select_attendees(forum_id: int) -> Select[Any]:
    """Return a SELECT of the people who have a place at a forum, wait for one, or attended."""
    return select(_places.c.id, _places.c.alias, _places.c.sealed, _places.c.language).where(
        _places.c.forum_id == forum_id, _places.c.state != RegistrationState.CANCELLED
    )


async def filter_attending(
    connection: AsyncConnection, forum_id: int, pseudonyms: Collection[int]
) -> set[int]:
    """Return those of `pseudonyms` that have a place at a forum, wait for one, or attended."""
    among = select_attendees(forum_id).where(_places.c.alias.in_(pseudonyms))
    return {row.alias for row in (await connection.execute(among)).all()}


def select_submitters(forum_code: str) -> Select[Any]:
    """Return a SELECT of the residents who made a submission for a forum."""
    return (
        select(_cases.c.id, _residents.c.alias, _residents.c.sealed, _cases.c.language)
        .join_from(_cases, _residents, _residents.c.id == _cases.c.resident_id)
        .where(_cases.c.forum == forum_code)
    )


async def list_recipients(
    connection: AsyncConnection, source: Select[Any], after: int, max_rows: int
) -> Sequence[AnnouncementRecipient]:
    """Return recipients with a row id greater than `after`, in the order of ids.

    `source` is a SELECT of one of the functions above.
    """
    number = next(iter(source.selected_columns))
    statement = source.where(number > after).order_by(number).limit(max_rows)
    return [AnnouncementRecipient(*row) for row in (await connection.execute(statement)).all()]


@dataclass(frozen=True, slots=True)
class AnnouncementProgress:
    """The progress of an announcement: numbers of messages.

    - `waiting`: waiting or being sent. `blocked`: waiting for a chat that blocks the bot.
    - `failed`: cannot be sent. `maybe`: an attempt may have arrived.
    - `closed`: expired or cancelled.
    """

    sent: int
    waiting: int
    blocked: int
    failed: int
    maybe: int
    closed: int


async def count_progress(
    connection: AsyncConnection, announcement_ids: Collection[int]
) -> AnnouncementProgress:
    """Return the total progress of some announcements."""
    theirs = _outbox.c.announcement_id.in_(announcement_ids)
    statement = select(_outbox.c.state, func.count()).where(theirs).group_by(_outbox.c.state)
    found = Counter({row[0]: row[1] for row in (await connection.execute(statement)).all()})
    deleted = select(_news.c.deleted).where(
        _news.c.id.in_(announcement_ids), _news.c.deleted.is_not(None)
    )
    for numbers in (await connection.execute(deleted)).scalars():
        found.update({OutboxState(state): number for state, number in (numbers or {}).items()})
    waits = (
        select(func.count())
        .select_from(_outbox)
        .join(_recipients, _recipients.c.chat_id == _outbox.c.chat_id)
    )
    blocked = await connection.execute(
        waits.where(theirs, _outbox.c.state == OutboxState.WAITING).where(
            _recipients.c.blocked_at.is_not(None)
        )
    )
    held_up = int(blocked.scalar_one())
    waiting = found.get(OutboxState.WAITING, 0) + found.get(OutboxState.SENDING, 0)
    return AnnouncementProgress(
        sent=found.get(OutboxState.SENT, 0),
        waiting=waiting - held_up,
        blocked=held_up,
        failed=found.get(OutboxState.DEAD, 0),
        maybe=found.get(OutboxState.MAYBE_SENT, 0),
        closed=found.get(OutboxState.EXPIRED, 0),
    )


# Opinions for a forum


async def count_submissions_by_state(
    connection: AsyncConnection, forum_code: str
) -> dict[str, int]:
    """Return the number of submissions for a forum, by their state."""
    statement = (
        select(_cases.c.state, func.count())
        .where(_cases.c.forum == forum_code)
        .group_by(_cases.c.state)
    )
    return {str(row[0]): row[1] for row in (await connection.execute(statement)).all()}
