"""Who attends a forum, who wants to hear of forums; and forums as residents may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, func, insert, select, update

from storage.models import (
    Commitment,
    Conversation,
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
_rows, _wishes, _chats = table(Registration), table(Subscription), table(Conversation)
_outbox = table(Outbox)

# The kinds of outbox messages that tell of a registration.
MESSAGE_KINDS = ("attend", "moved_up", "remind", "forum")


_HAS_A_PLACE = (RegistrationState.REGISTERED, RegistrationState.ATTENDED)
_OVER = (ForumState.REPORTED, ForumState.CLOSED)


# Forums


async def get_forum(connection: AsyncConnection, forum_id: int) -> Forum:
    """The forum with an id."""
    found = await fetch_one(connection, Forum, select(_forums).where(_forums.c.id == forum_id))
    assert found is not None
    return found


async def lock_forum(connection: AsyncConnection, forum_id: int) -> Forum | None:
    """A forum, held until the transaction ends: its places are given by one at a time."""
    statement = select(_forums).where(_forums.c.id == forum_id).with_for_update()
    return await fetch_one(connection, Forum, statement)


async def list_upcoming_forums(
    connection: AsyncConnection,
    now: datetime,
    near: Collection[str],
    hidden: Collection[str],
    *,
    skip: int,
    most: int,
) -> Sequence[Forum]:
    """Forums to come and those under way: those of the areas `near` first, then by their start."""
    coming = (_forums.c.state == ForumState.PUBLISHED) & (_forums.c.starts_at > now)
    statement = (
        select(_forums)
        .where(coming | (_forums.c.state == ForumState.LIVE), _forums.c.code.not_in(hidden))
        .order_by(case((_forums.c.area.in_(near), 0), else_=1), _forums.c.starts_at, _forums.c.id)
        .offset(skip)
        .limit(most)
    )
    return await fetch_all(connection, Forum, statement)


async def list_past_forums(connection: AsyncConnection, *, skip: int, most: int) -> Sequence[Forum]:
    """Forums whose results are known, the newest first."""
    statement = (
        select(_forums)
        .where(_forums.c.state.in_(_OVER))
        .order_by(_forums.c.starts_at.desc(), _forums.c.id)
        .offset(skip)
        .limit(most)
    )
    return await fetch_all(connection, Forum, statement)


async def list_starting_forums(
    connection: AsyncConnection, now: datetime, until: datetime
) -> Sequence[Forum]:
    """Published forums that start after now, but not after `until`."""
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
    """The codes of forums by their ids."""
    statement = select(_forums.c.id, _forums.c.code).where(_forums.c.id.in_(forum_ids))
    return {row.id: row.code for row in (await connection.execute(statement)).all()}


async def list_commitments(connection: AsyncConnection, forum_id: int) -> Sequence[Commitment]:
    """What was promised at a forum."""
    statement = (
        select(_commitments)
        .where(_commitments.c.forum_id == forum_id)
        .order_by(_commitments.c.due_on, _commitments.c.id)
    )
    return await fetch_all(connection, Commitment, statement)


# Registrations


async def find_registration(
    connection: AsyncConnection, forum_id: int, aliases: Collection[int]
) -> Registration | None:
    """The registration of one person, in whatever state."""
    statement = select(_rows).where(_rows.c.forum_id == forum_id, _rows.c.alias.in_(aliases))
    return await fetch_one(connection, Registration, statement)


async def find_registration_by_token(
    connection: AsyncConnection, token: str
) -> Registration | None:
    """The registration whose QR code carries a token."""
    return await fetch_one(connection, Registration, select(_rows).where(_rows.c.token == token))


async def count_places_taken(connection: AsyncConnection, forum_id: int) -> int:
    """How many people have a place, those who came included."""
    return await _people(connection, forum_id, _HAS_A_PLACE)


async def count_attended(connection: AsyncConnection, forum_id: int) -> int:
    """How many people came."""
    return await _people(connection, forum_id, (RegistrationState.ATTENDED,))


async def _people(
    connection: AsyncConnection, forum_id: int, states: Collection[RegistrationState]
) -> int:
    statement = select(func.coalesce(func.sum(_rows.c.people), 0)).where(
        _rows.c.forum_id == forum_id, _rows.c.state.in_(states)
    )
    return int((await connection.execute(statement)).scalar_one())


async def list_waiting(connection: AsyncConnection, forum_id: int) -> Sequence[Registration]:
    """The waiting list, in order."""
    statement = (
        select(_rows)
        .where(_rows.c.forum_id == forum_id, _rows.c.state == RegistrationState.WAITING)
        .order_by(_rows.c.id)
    )
    return await fetch_all(connection, Registration, statement)


async def get_waiting_number(connection: AsyncConnection, row: Registration) -> int:
    """Which in the waiting list a registration is; the first is 1."""
    statement = select(func.count()).where(
        _rows.c.forum_id == row.forum_id,
        _rows.c.state == RegistrationState.WAITING,
        _rows.c.id <= row.id,
    )
    return int((await connection.execute(statement)).scalar_one())


async def add_registration(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Keep a registration, at the end of the line; its id."""
    made = await connection.execute(insert(_rows).values(**values).returning(_rows.c.id))
    return int(made.scalar_one())


async def update_registration(connection: AsyncConnection, row_id: int, **values: Any) -> None:
    """Write columns of a registration."""
    await connection.execute(update(_rows).where(_rows.c.id == row_id).values(**values))


async def delete_registration(connection: AsyncConnection, row_id: int) -> None:
    """Delete a registration."""
    await connection.execute(delete(_rows).where(_rows.c.id == row_id))


async def check_in(connection: AsyncConnection, token: str, now: datetime) -> bool:
    """Somebody with a place is there; whether they were not before."""
    came = await connection.execute(
        update(_rows)
        .where(_rows.c.token == token, _rows.c.state == RegistrationState.REGISTERED)
        .values(state=RegistrationState.ATTENDED, arrived_at=now)
    )
    return came.rowcount == 1


async def list_registrations(
    connection: AsyncConnection, aliases: Collection[int]
) -> Sequence[Registration]:
    """Every registration of one person, by their forums."""
    statement = select(_rows).where(_rows.c.alias.in_(aliases)).order_by(_rows.c.forum_id)
    return await fetch_all(connection, Registration, statement)


async def list_expected(
    connection: AsyncConnection, forum_id: int, after: int, most: int
) -> Sequence[Registration]:
    """Those who have a place and are not there yet, page by page."""
    statement = (
        select(_rows)
        .where(_rows.c.forum_id == forum_id, _rows.c.id > after)
        .where(_rows.c.state == RegistrationState.REGISTERED)
        .order_by(_rows.c.id)
        .limit(most)
    )
    return await fetch_all(connection, Registration, statement)


async def anonymise_registration(connection: AsyncConnection, row_id: int) -> None:
    """Leave of somebody who came how many they were and as what, and nothing of who it was."""
    await update_registration(
        connection, row_id, alias=-row_id, sealed="", token=f"nobody-{row_id}", offsets=None
    )


async def list_expired_registrations(
    connection: AsyncConnection, before: datetime, most: int
) -> Sequence[Registration]:
    """Registrations, with somebody's name under seal, for forums that began before a moment."""
    statement = (
        select(_rows)
        .join(_forums, _forums.c.id == _rows.c.forum_id)
        .where(_forums.c.starts_at < before, _rows.c.sealed != "")
        .order_by(_rows.c.id)
        .limit(most)
        .with_for_update(of=_rows, skip_locked=True)
    )
    return await fetch_all(connection, Registration, statement)


async def delete_registration_messages(
    connection: AsyncConnection, aliases: Collection[int], before: datetime | None = None
) -> None:
    """Delete what people were told, or were to be told, of their registrations."""
    statement = delete(_outbox).where(
        _outbox.c.chat_id.in_(aliases), _outbox.c.kind.in_(MESSAGE_KINDS)
    )
    if before is not None:
        statement = statement.where(_outbox.c.created_at < before)
    await connection.execute(statement)


async def map_conversations(
    connection: AsyncConnection, chat_ids: Collection[int]
) -> dict[int, Conversation]:
    """The rows of several chats, by their ids."""
    statement = select(_chats).where(_chats.c.chat_id.in_(chat_ids))
    return {row.chat_id: row for row in await fetch_all(connection, Conversation, statement)}


# Subscriptions


async def list_subscriptions(
    connection: AsyncConnection, aliases: Collection[int]
) -> Sequence[Subscription]:
    """The areas and topics that somebody wants to hear of."""
    statement = select(_wishes).where(_wishes.c.alias.in_(aliases)).order_by(_wishes.c.id)
    return await fetch_all(connection, Subscription, statement)


async def add_subscription(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Somebody wants to hear of the forums of an area or on a topic; once is enough."""
    statement = insert_into(Subscription, connection.dialect.name).values(**values)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["alias", "subject"]))


async def delete_subscriptions(
    connection: AsyncConnection, aliases: Collection[int], subject: str | None = None
) -> None:
    """Somebody no longer wants to hear of an area or a topic, or of any."""
    statement = delete(_wishes).where(_wishes.c.alias.in_(aliases))
    if subject is not None:
        statement = statement.where(_wishes.c.subject == subject)
    await connection.execute(statement)


async def set_language(
    connection: AsyncConnection, aliases: Collection[int], language: str
) -> None:
    """Write to somebody in another language from now on."""
    for each in (_rows, _wishes):
        await connection.execute(
            update(each).where(each.c.alias.in_(aliases)).values(language=language)
        )
