"""Direct replies in the outbox: those that are late, and those that could not be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from bot.conversation.message_subjects import CASE_VIEW, FORUM_VIEW, OWN_VIEW, PLAN_VIEW
from bot.core.screen import Button, Screen, Words
from storage import outbox
from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.channels.telegram.reply import DirectReply, PendingReply
    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database

log = structlog.get_logger()

_MAX_AGE = timedelta(minutes=10)  # an older reply is not sent
# A late reply is still being sent. If its process ends meanwhile, the outbox sends it after this.
_TAKEOVER_DELAY = timedelta(seconds=15)
# The verb that shows a view again, with its files.
_VERBS = {
    CASE_VIEW: "case:open",
    OWN_VIEW: "mine:open",
    FORUM_VIEW: "forums:open",
    PLAN_VIEW: "forum:open",
}
# The outbox has no files, places or notices above the chat: the person is asked to try again.
_ASK_AGAIN = Screen((Words("errors.answer_lost"),))


class UnsentReplies:
    """Stores replies in the outbox, so that they outlive the process."""

    def __init__(
        self,
        database: Database,
        pseudonyms: Pseudonyms,
        clock: Callable[[], datetime],
        nudge: Callable[[], None],
    ) -> None:
        """Create the store.

        `clock` returns the present time in UTC. `nudge` is called after a reply was stored that is
        due soon.
        """
        self._database = database
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._nudge = nudge

    async def store_late_replies(self, late: Sequence[PendingReply]) -> None:
        """Store replies that are still being sent, in one transaction. Raises Unavailable.

        The outbox sends a row only if nobody discards it before the takeover delay is over, and
        says that it may be a repetition.
        """
        rows = [
            self._make_row(each, self._clock(), _TAKEOVER_DELAY, repeated=True) for each in late
        ]
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
        row = self._make_row(pending, self._clock(), wait, repeated=repeated)
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
        self, pending: PendingReply, now: datetime, wait: timedelta, *, repeated: bool
    ) -> outbox.OutboxMessage:
        """Return the row of a reply; the second row of the same reply is ignored.

        It is sealed: a reply may repeat the words of a text whose writer stays unnamed.
        """
        pending.dedup_key = pending.dedup_key or f"reply:{uuid4().hex}"
        screen = _make_screen(pending.reply).to_json()
        address = self._pseudonyms.make_chat_address(pending.chat_id)
        return outbox.OutboxMessage(
            dedup_key=pending.dedup_key,
            kind=outbox.REPLY_KIND,
            chat_id=address.pseudonym,
            encrypted_chat_id=address.encrypted_chat_id,
            priority=outbox.Priority.REPLY,
            language=pending.reply.language,
            screen=self._pseudonyms.seal_screen(screen),
            expires_at=now + _MAX_AGE,
            critical=False,
            not_before=now + wait,
            repeated=repeated,
        )


def _make_screen(reply: DirectReply) -> Screen:
    """Return the screen for the outbox; it says that the files of the reply may be missing.

    Its first button opens again what the reply is about, with the files.
    """
    if reply.screen is None:
        return _ASK_AGAIN
    if not reply.files and reply.upload is None:
        return reply.screen
    view, code = reply.about or ("", "")
    verb = _VERBS.get(view)
    again = () if verb is None else (Button(Words("errors.show_again"), f"{verb}={code}"),)
    return replace(
        reply.screen,
        paragraphs=(*reply.screen.paragraphs, Words("errors.files_lost")),
        choices=(*again, *reply.screen.choices),
    )
