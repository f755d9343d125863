"""Direct replies in the outbox: those that are late, and those that could not be sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from bot.core.screen import Screen, Words
from storage import outbox
from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.channels.telegram.reply import PendingReply
    from storage.database import Database

log = structlog.get_logger()

_MAX_AGE = timedelta(minutes=10)  # an older reply is not sent
# A late reply is still being sent. If its process ends meanwhile, the outbox sends it after this.
_TAKEOVER_DELAY = timedelta(seconds=15)
# The outbox has no files, places or notices above the chat: the person is asked to try again.
_ASK_AGAIN = Screen((Words("errors.answer_lost"),))


class UnsentReplies:
    """Stores replies in the outbox, so that they outlive the process."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], nudge: Callable[[], None]
    ) -> None:
        """Create the store.

        `clock` returns the present time in UTC. `nudge` is called after a reply was stored that is
        due soon.
        """
        self._database = database
        self._clock = clock
        self._nudge = nudge

    async def store_late_replies(self, late: Sequence[PendingReply]) -> None:
        """Store replies that are still being sent, in one transaction. Raises Unavailable.

        The outbox sends a row only if nobody discards it before the takeover delay is over, and
        says that it may be a repetition.
        """
        rows = [_make_row(each, self._clock(), _TAKEOVER_DELAY, repeated=True) for each in late]
        async with self._database.transaction() as connection:
            await outbox.enqueue_messages(connection, rows, self._clock())
        for each in late:
            if each.finished.done():  # while the row was written
                await self.discard_row(each)

    async def store_failed_reply(
        self, pending: PendingReply, *, wait: timedelta = timedelta(), repeated: bool = False
    ) -> None:
        """Store a reply that was not sent, or may have been. Raises Unavailable.

        `wait` is how long Telegram asks to wait. `repeated` is True if an attempt may have
        succeeded. A reply that is stored already keeps its row.
        """
        row = _make_row(pending, self._clock(), wait, repeated=repeated)
        async with self._database.transaction() as connection:
            await outbox.enqueue_messages(connection, [row], self._clock())
        pending.needs_row = True
        self._nudge()

    async def discard_row(self, pending: PendingReply) -> None:
        """Cancel the row of a reply that was sent or dropped, if there is one."""
        if not pending.dedup_key or pending.needs_row:
            return
        try:
            async with self._database.transaction() as connection:
                await outbox.cancel_by_keys(connection, [pending.dedup_key], self._clock())
        except Unavailable as error:
            log.warning("a reply will be sent twice", error=str(error))


def _make_row(
    pending: PendingReply, now: datetime, wait: timedelta, *, repeated: bool
) -> outbox.OutboxMessage:
    """Return the row of a reply; the second row of the same reply is ignored."""
    pending.dedup_key = pending.dedup_key or f"reply:{uuid4().hex}"
    screen = pending.reply.screen or _ASK_AGAIN
    return outbox.OutboxMessage(
        dedup_key=pending.dedup_key,
        kind="reply",
        chat_id=pending.chat_id,
        priority=outbox.Priority.REPLY,
        language=pending.reply.language,
        screen=screen.to_json(),
        expires_at=now + _MAX_AGE,
        critical=False,
        not_before=now + wait,
        repeated=repeated,
    )
