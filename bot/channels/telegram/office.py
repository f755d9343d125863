"""What officers arrange: absences, templates, their unit's group; numbers and files of cases."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from telegram.ext import ContextTypes

from bot.casework import case_lists, screens, templates, unit_groups
from bot.channels.telegram.message_parser import get_button_value, get_chat_id
from bot.channels.telegram.update_context import current_update
from bot.core.requests import Upload
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.reports.export import ExportFormat, write_records
from storage import outbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import Any

    from telegram import Message, Update

    from bot.channels.telegram.presenter import Presenter
    from bot.conversation.service import ConversationService
    from bot.core.policy import Policy
    from storage.database import Database
    from storage.models import Submission

Context = ContextTypes.DEFAULT_TYPE

_DAYS = 30  # that the numbers are of, unless said otherwise
_MOST_DAYS = 3660
_COLUMNS = ("code", "kind", "topics", "unit_code", "state", "created_at", "due_at", "text")


@dataclass(frozen=True)
class OfficeHandlers:
    """Translates for officers who arrange their work."""

    desk: ConversationService
    database: Database
    showing: Presenter
    policy: Policy

    async def stats(self, update: Update, context: Context) -> None:
        """The numbers of the last days: thirty, or as many as are typed."""
        typed = context.args[0] if context.args else ""
        days = min(int(typed), _MOST_DAYS) if typed.isdecimal() and int(typed) else _DAYS
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.reading() as connection:
            found = await case_lists.load_statistics(
                UnitOfWork(connection, now, self.policy), chat_id, days
            )
        unknown = Screen((Words("errors.unknown_command"),))
        await self.showing.show(
            chat_id, screens.show_statistics(*found, days) if found else unknown
        )

    async def export(self, update: Update, _context: Context) -> None:
        """The open cases that the officer may see, as a spreadsheet."""
        chat_id, now = get_chat_id(update), current_update.get().now
        async with self.database.transaction() as connection:
            found = await case_lists.list_exported_cases(
                UnitOfWork(connection, now, self.policy), chat_id
            )
        if found is None:
            await self.showing.show(chat_id, Screen((Words("errors.unknown_command"),)))
            return
        content = io.BytesIO()
        await write_records(_records(found), _COLUMNS, ExportFormat.XLSX, content)
        name = f"{now.astimezone(self.policy.zone):%Y-%m-%d}.xlsx"
        caption = Screen((Words("cases.file", {"cases": len(found)}),))
        await self.showing.show(chat_id, caption, upload=Upload(content.getvalue(), name))

    async def away(self, update: Update, _context: Context) -> None:
        """Be away for some days."""
        await self._open(update, "away")

    async def templates(self, update: Update, _context: Context) -> None:
        """The templates, and what may be done with them."""
        chat_id = get_chat_id(update)
        async with self.database.reading() as connection:
            found = await templates.list_officer_templates(connection, chat_id)
        unknown = Screen((Words("errors.unknown_command"),))
        await self.showing.show(
            chat_id, screens.show_templates(*found) if found else unknown, update
        )

    async def press_templates(self, update: Update, context: Context) -> None:
        """Add a template, or delete one."""
        verb, _, number = get_button_value(update).partition("=")
        if verb == "add":
            await self._open(update, "template")
            return
        if verb == "drop" and number.isdecimal():
            async with self.database.transaction() as connection:
                now = current_update.get().now
                await templates.delete_template(
                    UnitOfWork(connection, now, self.policy), get_chat_id(update), int(number[:18])
                )
        await self.templates(update, context)

    async def _open(self, update: Update, flow: str) -> None:
        chat_id = get_chat_id(update)
        shown = await self.desk.start_flow(
            update.update_id, chat_id, flow, current_update.get().now
        )
        if shown is not None:
            self.showing.show_turn(chat_id, shown, update=update, new=True)

    # In a group

    async def link_group(self, update: Update, _context: Context) -> None:
        """Alert the unit of who says it in this group, or in this topic of it."""
        message, now = update.effective_message, current_update.get().now
        assert message is not None
        topic = message.message_thread_id if message.is_topic_message else None
        async with self.database.transaction() as connection:
            person = _writer_of(message)
            words = await unit_groups.link_group(
                UnitOfWork(connection, now, self.policy), message.chat_id, topic, person
            )
            await self._answer(connection, update, message, words)
        self.showing.nudge()

    async def unlink_group(self, update: Update, _context: Context) -> None:
        """Alert the unit of who says it in no group any more."""
        message, now = update.effective_message, current_update.get().now
        assert message is not None
        async with self.database.transaction() as connection:
            words = await unit_groups.unlink_group(
                UnitOfWork(connection, now, self.policy), _writer_of(message)
            )
            await self._answer(connection, update, message, words)
        self.showing.nudge()

    async def _answer(
        self, connection: Any, update: Update, message: Message, words: Words
    ) -> None:
        """Answer where it was said, in its topic, with the transaction that did it."""
        now = current_update.get().now
        answer = outbox.OutboxMessage(
            dedup_key=f"group:{message.chat_id}:{update.update_id}",
            kind="group",
            chat_id=message.chat_id,
            priority=outbox.Priority.REPLY,
            language=self.policy.default_language,
            screen=Screen((words,)).to_json(),
            expires_at=now + timedelta(hours=1),
            thread_id=message.message_thread_id if message.is_topic_message else None,
        )
        await outbox.enqueue_messages(connection, [answer], now)


def _writer_of(message: Message) -> int | None:
    """Who wrote a message; None for who writes as the group or as a channel."""
    if message.sender_chat is not None or message.from_user is None:
        return None
    return message.from_user.id


async def _records(cases: Sequence[Submission]) -> AsyncIterator[dict[str, Any]]:
    for each in cases:
        record = {name: getattr(each, name) for name in _COLUMNS}
        times = {name: record[name].isoformat() for name in ("created_at", "due_at")}
        yield {**record, **times, "kind": each.kind.value, "state": each.state.value}
