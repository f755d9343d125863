"""Deletion of finished messages of the outbox, and of idle recipients."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import and_, delete, or_, select, update

from storage.models import (
    Announcement,
    Forum,
    ForumState,
    Outbox,
    OutboxState,
    Recipient,
    Submission,
)
from storage.outbox import REPLY_KIND, RETRACTION_KIND
from storage.statements import fetch_all, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Protocol

    from sqlalchemy.ext.asyncio import AsyncConnection

    class FinishedMessage(Protocol):
        """Columns of a finished message, and the codes of what it is about.

        - `submission_code`, `forum_code`: None if it is not about one.
        """

        id: int
        chat_id: int
        sealed: str | None
        kind: str | None
        state: OutboxState
        message_id: int | None
        sealed_message: str | None
        announcement_id: int | None
        submission_code: str | None
        forum_code: str | None


_rows, _recipients = table(Outbox), table(Recipient)
_cases, _forums, _news = table(Submission), table(Forum), table(Announcement)
# A message to officers about an open case or forum stays: by its key no second one is sent, and by
# its id its text is replaced. It has no word and no id of a resident.
_IS_OVER = and_(
    or_(_cases.c.id.is_(None), _cases.c.closed_at.is_not(None)),
    or_(_forums.c.id.is_(None), _forums.c.state.in_((ForumState.CLOSED, ForumState.CANCELLED))),
)
_MAX_IDLE = 5000  # recipients that one statement deletes


async def lock_finished_messages(
    connection: AsyncConnection, before: datetime, max_rows: int
) -> Sequence[FinishedMessage]:
    """Lock and return messages that were finished before a given time and are of no more use."""
    columns = ("id", "chat_id", "sealed", "kind", "state", "message_id", "sealed_message")
    statement = (
        select(
            *(_rows.c[name] for name in columns),
            _rows.c.announcement_id,
            _cases.c.code.label("submission_code"),
            _forums.c.code.label("forum_code"),
        )
        .outerjoin(_cases, _cases.c.id == _rows.c.submission_id)
        .outerjoin(_news, _news.c.id == _rows.c.announcement_id)
        .outerjoin(_forums, or_(_forums.c.id == _rows.c.forum_id, _forums.c.id == _news.c.forum_id))
        .where(_rows.c.finished_at < before, or_(_rows.c.sealed.is_not(None), _IS_OVER))
        .order_by(_rows.c.finished_at, _rows.c.id)
        .limit(max_rows)
        .with_for_update(of=_rows, skip_locked=True)
    )
    found: Any = (await connection.execute(statement)).all()
    return cast("Sequence[FinishedMessage]", found)


async def delete_messages(connection: AsyncConnection, messages: Sequence[FinishedMessage]) -> None:
    """Delete messages; announcements keep the numbers of theirs by state."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for each in messages:
        if each.announcement_id is not None:
            counts[each.announcement_id][each.state.value] += 1
    if counts:
        statement = select(_news).where(_news.c.id.in_(counts)).with_for_update()
        for row in await fetch_all(connection, Announcement, statement):
            deleted = Counter(row.deleted or {}) + counts[row.id]
            await connection.execute(
                update(_news).where(_news.c.id == row.id).values(deleted=dict(deleted))
            )
    ids = [each.id for each in messages]
    await connection.execute(delete(_rows).where(_rows.c.id.in_(ids)))


async def delete_finished_replies(connection: AsyncConnection, before: datetime) -> int:
    """Delete direct replies that were written and finished before a time; return their number.

    So are retractions: those of an erasure have one time, and would connect a person's submissions.
    """
    statement = delete(_rows).where(
        _rows.c.finished_at.is_not(None),
        _rows.c.kind.in_((REPLY_KIND, RETRACTION_KIND)),
        _rows.c.created_at < before,
    )
    return (await connection.execute(statement)).rowcount


async def delete_idle_recipients(connection: AsyncConnection, before: datetime) -> None:
    """Delete recipients that are not blocked and may get messages since a given time.

    Their rows say nothing but when they got their last message.
    """
    idle = (
        select(_recipients.c.chat_id)
        .where(_recipients.c.blocked_at.is_(None))
        .where(or_(_recipients.c.next_at.is_(None), _recipients.c.next_at < before))
        .limit(_MAX_IDLE)
        .with_for_update(skip_locked=True)
    )
    await connection.execute(delete(_recipients).where(_recipients.c.chat_id.in_(idle)))
