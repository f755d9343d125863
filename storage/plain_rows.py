"""Rows of earlier releases that are not sealed yet: statements that find and replace them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, cast, delete, or_, select, update

from storage.encrypted_fields import PLAIN
from storage.models import Consent, Conversation, FailedUpdate, Officer, Outbox
from storage.rounding import round_to_day, round_to_hour
from storage.statements import fetch_all, insert_into, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["OF_RESIDENT", "PLAIN"]

# Prefix of the `sealed` of a consent whose number is still that of its resident.
OF_RESIDENT = "resident:"
_LEAST_PSEUDONYM = 1 << 61

_chats, _consents, _updates = table(Conversation), table(Consent), table(FailedUpdate)
_rows, _officers = table(Outbox), table(Officer)


async def lock_plain_conversations(
    connection: AsyncConnection, max_rows: int, *, locks: bool = True
) -> Sequence[Conversation]:
    """Return conversations that are stored under the id of their chat, by default locked."""
    statement = select(_chats).where(_chats.c.chat_id < _LEAST_PSEUDONYM).limit(max_rows)
    return await fetch_all(
        connection, Conversation, statement.with_for_update() if locks else statement
    )


async def replace_conversation(
    connection: AsyncConnection, row: Conversation, **values: Any
) -> None:
    """Write the sealed columns of a conversation, unless its chat has a sealed one already."""
    await connection.execute(delete(_chats).where(_chats.c.chat_id == row.chat_id))
    kept = {"language": row.language, "due_at": row.due_at, "reminded": row.reminded}
    statement = insert_into(Conversation, connection.dialect.name).values(**kept, **values)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["chat_id"]))


async def lock_plain_consents(connection: AsyncConnection, max_rows: int) -> Sequence[Consent]:
    """Lock and return consents that have the number of their resident."""
    statement = select(_consents).where(_consents.c.sealed.startswith(OF_RESIDENT))
    return await fetch_all(connection, Consent, statement.limit(max_rows).with_for_update())


async def replace_consent(
    connection: AsyncConnection, row: Consent, pseudonym: int, encrypted_chat_id: str
) -> None:
    """Give a consent its own number, unless the person has given a newer one."""
    await connection.execute(delete(_consents).where(_consents.c.alias == row.alias))
    statement = insert_into(Consent, connection.dialect.name).values(
        alias=pseudonym,
        sealed=encrypted_chat_id,
        version=row.version,
        language=row.language,
        at=row.at,
    )
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["alias"]))


async def lock_plain_updates(connection: AsyncConnection, max_rows: int) -> Sequence[FailedUpdate]:
    """Lock and return failed updates that are not sealed."""
    statement = select(_updates).where(_updates.c.raw.startswith(PLAIN))
    return await fetch_all(connection, FailedUpdate, statement.limit(max_rows).with_for_update())


async def replace_update(connection: AsyncConnection, row: FailedUpdate, **values: Any) -> None:
    """Write the columns of a failed update, and round its time."""
    await connection.execute(
        update(_updates).where(_updates.c.id == row.id).values(at=round_to_hour(row.at), **values)
    )


async def lock_plain_messages(connection: AsyncConnection, max_rows: int) -> Sequence[Outbox]:
    """Lock and return messages to residents whose screen is not sealed."""
    is_officer = select(_officers.c.id).where(_officers.c.chat_id == _rows.c.chat_id).exists()
    is_plain_chat = and_(_rows.c.sealed.is_(None), _rows.c.chat_id > 0, ~is_officer)
    is_plain_screen = and_(
        _rows.c.sealed.is_not(None), cast(_rows.c.screen, Text).not_like('{"sealed"%')
    )
    statement = select(_rows).where(or_(is_plain_chat, is_plain_screen)).order_by(_rows.c.id)
    return await fetch_all(connection, Outbox, statement.limit(max_rows).with_for_update())


async def delete_message(connection: AsyncConnection, row: Outbox) -> None:
    """Delete a message."""
    await connection.execute(delete(_rows).where(_rows.c.id == row.id))


async def replace_message(
    connection: AsyncConnection,
    row: Outbox,
    pseudonym: int,
    encrypted_chat_id: str,
    *,
    screen: Mapping[str, Any],
    sealed_message: str | None,
) -> None:
    """Write the sealed columns of a message. A key that has the chat id is replaced."""
    has_chat_id = row.sealed is None
    await connection.execute(
        update(_rows)
        .where(_rows.c.id == row.id)
        .values(
            dedup_key=f"sealed:{row.id}" if has_chat_id else row.dedup_key,
            chat_id=pseudonym,
            sealed=encrypted_chat_id,
            screen=screen,
            message_id=None,
            sealed_message=sealed_message,
            finished_at=row.finished_at and round_to_day(row.finished_at),
        )
    )
