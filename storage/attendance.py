"""Registrations and subscriptions of residents, and the forums that residents may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, func, insert, select, update

from storage.models import (
    Commitment,
    Forum,
    ForumState,
    Outbox,
    Registration,
    RegistrationState,
    Subscription,
)
from storage.statements import fetch_all, fetch_one, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

_forums, _commitments = table(Forum), table(Commitment)
_rows, _wishes = table(Registration), table(Subscription)
_outbox = table(Outbox)

# The kinds of outbox messages that show that a person registered for a forum.
MESSAGE_KINDS = ("attend", "moved_up", "remind", "forum")


_HAS_A_PLACE = (RegistrationState.REGISTERED, RegistrationState.ATTENDED)
_OVER = (ForumState.REPORTED, ForumState.CLOSED)


# Forums


async def get_forum(connection: AsyncConnection, forum_id: int) -> Forum:
    """Return the forum with an id, which must exist."""
    found = await fetch_one(connection, Forum, select(_forums).where(_forums.c.id == forum_id))
    assert found is not None
    return found


async def lock_forum(connection: AsyncConnection, forum_id: int) -> Forum | None:
    """Return a forum and lock it until the transaction ends; None if there is none.

    With the lock, two people cannot get the same last place.
    """
    statement = select(_forums).where(_forums.c.id == forum_id).with_for_update()
    return await fetch_one(connection, Forum, statement)


async def list_upcoming_forums(
    connection: AsyncConnection,
    now: datetime,
    near: Collection[str],
    hidden: Collection[str],
    *,
    skip: int,
    max_rows: int,
) -> Sequence[Forum]:
    """Return future and current forums: those of the areas `near` first, then by start.

    Forums with a code in `hidden` are left out. `skip` is the number of rows before the page.
    """
    coming = (_forums.c.state == ForumState.PUBLISHED) & (_forums.c.starts_at > now)
    statement = (
        select(_forums)
        .where(coming | (_forums.c.state == ForumState.LIVE), _forums.c.code.not_in(hidden))
        .order_by(case((_forums.c.area.in_(near), 0), else_=1), _forums.c.starts_at, _forums.c.id)
        .offset(skip)
        .limit(max_rows)
    )
    return await fetch_all(connection, Forum, statement)


async def list_past_forums(
    connection: AsyncConnection, *, skip: int, max_rows: int
) -> Sequence[Forum]:
    """Return a page of the forums whose results are published, newest first."""
    statement = (
        select(_forums)
        .where(_forums.c.state.in_(_OVER))
        .order_by(_forums.c.starts_at.desc(), _forums.c.id)
        .offset(skip)
        .limit(max_rows)
    )
    return await fetch_all(connection, Forum, statement)


async def list_starting_forums(
    connection: AsyncConnection, now: datetime, until: datetime
) -> Sequence[Forum]:
    """Return the published forums that start after `now` and not after `until`."""
    statement = (
        select(_forums)
        .where(_forums.c.state == ForumState.PUBLISHED)
        .where(_forums.c.starts_at > now, _forums.c.starts_at <= until)
        .order_by(_forums.c.starts_at, _forums.c.id)
    )
    return await fetch_all(connection, Forum, statement)


async def map_forum_codes(
    connection: AsyncConnection, forum_ids: Collection[int]
) -> dict[int, str]:
    """Return the codes of forums by their ids."""
    statement = select(_forums.c.id, _forums.c.code).where(_forums.c.id.in_(forum_ids))
    return {row.id: row.code for row in (await connection.execute(statement)).all()}


async def list_commitments(connection: AsyncConnection, forum_id: int) -> Sequence[Commitment]:
    """Return the commitments of a forum."""
    statement = (
        select(_commitments)
        .where(_commitments.c.forum_id == forum_id)
        .order_by(_commitments.c.due_on, _commitments.c.id)
    )
    return await fetch_all(connection, Commitment, statement)


# Registrations


async def find_registration(
    connection: AsyncConnection, forum_id: int, pseudonyms: Collection[int]
) -> Registration | None:
    """Return the registration of one person, in any state; None without one.

    If there is one under each of two keys, it is the older one: `keys rotate` merges them.
    """
    statement = select(_rows).where(_rows.c.forum_id == forum_id, _rows.c.alias.in_(pseudonyms))
    return await fetch_one(connection, Registration, statement.order_by(_rows.c.id).limit(1))


async def find_registration_by_token(
    connection: AsyncConnection, token: str
) -> Registration | None:
    """Return the registration with a token (the content of its QR code); None without one."""
    return await fetch_one(connection, Registration, select(_rows).where(_rows.c.token == token))


async def count_places_taken(connection: AsyncConnection, forum_id: int) -> int:
    """Return the number of people who have a place at a forum or attended it."""
    return await _people(connection, forum_id, _HAS_A_PLACE)


async def count_attended(connection: AsyncConnection, forum_id: int) -> int:
    """Return the number of people who attended."""
    return await _people(connection, forum_id, (RegistrationState.ATTENDED,))


async def _people(
    connection: AsyncConnection, forum_id: int, states: Collection[RegistrationState]
) -> int:
    statement = select(func.coalesce(func.sum(_rows.c.people), 0)).where(
        _rows.c.forum_id == forum_id, _rows.c.state.in_(states)
    )
    return int((await connection.execute(statement)).scalar_one())


async def list_waiting(connection: AsyncConnection, forum_id: int) -> Sequence[Registration]:
    """Return the registrations on the waiting list of a forum, the first in line first."""
    statement = (
        select(_rows)
        .where(_rows.c.forum_id == forum_id, _rows.c.state == RegistrationState.WAITING)
        .order_by(_rows.c.id)
    )
    return await fetch_all(connection, Registration, statement)


async def get_waiting_number(connection: AsyncConnection, row: Registration) -> int:
    """Return the position of a registration in the waiting list; the first is 1."""
    statement = select(func.count()).where(
        _rows.c.forum_id == row.forum_id,
        _rows.c.state == RegistrationState.WAITING,
        _rows.c.id <= row.id,
    )
    return int((await connection.execute(statement)).scalar_one())


async def add_registration(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Store a registration, the last of the waiting list; return its id.

    `values` are columns of Registration.
    """
    made = await connection.execute(insert(_rows).values(**values).returning(_rows.c.id))
    return int(made.scalar_one())


async def update_registration(connection: AsyncConnection, row_id: int, **values: Any) -> None:
    """Write columns of a registration."""
    await connection.execute(update(_rows).where(_rows.c.id == row_id).values(**values))


async def delete_registration(connection: AsyncConnection, row_id: int) -> None:
    """Delete a registration."""
    await connection.execute(delete(_rows).where(_rows.c.id == row_id))


async def check_in(connection: AsyncConnection, token: str, now: datetime) -> bool:
    """Record that the owner of the ticket with a token attends.

    Return False if that was recorded before, or if the registration has no place.
    """
    came = await connection.execute(
        update(_rows)
        .where(_rows.c.token == token, _rows.c.state == RegistrationState.REGISTERED)
        .values(state=RegistrationState.ATTENDED, arrived_at=now)
    )
    return came.rowcount == 1


async def list_registrations(
    connection: AsyncConnection, pseudonyms: Collection[int]
) -> Sequence[Registration]:
    """Return all registrations of one person, in the order of forum ids."""
    statement = select(_rows).where(_rows.c.alias.in_(pseudonyms)).order_by(_rows.c.forum_id)
    return await fetch_all(connection, Registration, statement)


async def list_expected(
    connection: AsyncConnection, forum_id: int, after: int, max_rows: int
) -> Sequence[Registration]:
    """Return registrations that have a place and did not attend yet.

    They have an id greater than `after`, in the order of ids.
    """
    statement = (
        select(_rows)
        .where(_rows.c.forum_id == forum_id, _rows.c.id > after)
        .where(_rows.c.state == RegistrationState.REGISTERED)
        .order_by(_rows.c.id)
        .limit(max_rows)
    )
    return await fetch_all(connection, Registration, statement)


async def anonymise_registration(connection: AsyncConnection, row_id: int) -> None:
    """Remove all that identifies the person from a registration; keep its people and category."""
    await update_registration(
        connection, row_id, alias=-row_id, sealed="", token=f"nobody-{row_id}", offsets=None
    )


async def list_expired_registrations(
    connection: AsyncConnection, before: datetime, max_rows: int
) -> Sequence[Registration]:
    """Return registrations that are not anonymised, for forums that began before a given time."""
    statement = (
        select(_rows)
        .join(_forums, _forums.c.id == _rows.c.forum_id)
        .where(_forums.c.starts_at < before, _rows.c.sealed != "")
        .order_by(_rows.c.id)
        .limit(max_rows)
        .with_for_update(of=_rows, skip_locked=True)
    )
    return await fetch_all(connection, Registration, statement)


async def delete_registration_messages(
    connection: AsyncConnection, pseudonyms: Collection[int], before: datetime | None = None
) -> None:
    """Delete the outbox messages about registrations to a person, sent or not.

    With `before`, only those that were created before that time.
    """
    statement = delete(_outbox).where(
        _outbox.c.chat_id.in_(pseudonyms), _outbox.c.kind.in_(MESSAGE_KINDS)
    )
    if before is not None:
        statement = statement.where(_outbox.c.created_at < before)
    await connection.execute(statement)


# Subscriptions


async def list_subscriptions(
    connection: AsyncConnection, pseudonyms: Collection[int]
) -> Sequence[Subscription]:
    """Return the areas and topics that a person subscribed to."""
    statement = select(_wishes).where(_wishes.c.alias.in_(pseudonyms)).order_by(_wishes.c.id)
    return await fetch_all(connection, Subscription, statement)


async def add_subscription(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a subscription; `values` are its columns. An existing one is left as it is."""
    statement = insert_into(Subscription, connection.dialect.name).values(**values)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["alias", "subject"]))


async def delete_subscriptions(
    connection: AsyncConnection, pseudonyms: Collection[int], subject: str | None = None
) -> None:
    """Delete the subscription of a person to `subject` (an area or a topic), or all (None)."""
    statement = delete(_wishes).where(_wishes.c.alias.in_(pseudonyms))
    if subject is not None:
        statement = statement.where(_wishes.c.subject == subject)
    await connection.execute(statement)


async def set_language(
    connection: AsyncConnection, pseudonyms: Collection[int], language: str
) -> None:
    """Set the language of a person's registrations and subscriptions."""
    for each in (_rows, _wishes):
        await connection.execute(
            update(each).where(each.c.alias.in_(pseudonyms)).values(language=language)
        )
