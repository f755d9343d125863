"""Retention of the outbox: finished messages are deleted after some days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.resident_actions import ASKED_FLOW
from bot.conversation.message_subjects import (
    ASKED_VIEW,
    CASE_VIEW,
    FORUM_VIEW,
    OWN_VIEW,
    PLAN_VIEW,
)
from storage import message_subjects, outbox_retention
from storage.rounding import round_to_month

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database
    from storage.outbox_retention import FinishedMessage

_PAGE = 500  # messages in one transaction


async def delete_finished_messages(
    database: Database, pseudonyms: Pseudonyms, before: datetime, now: datetime
) -> int:
    """Delete messages that were finished before a given time, page by page; return their number.

    What a message was about is kept, under the number of the message, so that a reply to it is
    still understood. Messages to officers about what is not over are kept as they are.
    """
    deleted = 0
    while True:
        async with database.transaction() as connection:
            page = await outbox_retention.lock_finished_messages(connection, before, _PAGE)
            subjects = [
                subject for each in page if (subject := _make_subject(each, pseudonyms, now))
            ]
            await message_subjects.save_subjects(connection, subjects)
            await outbox_retention.delete_messages(connection, page)
        deleted += len(page)
        if len(page) < _PAGE:
            return deleted


def _make_subject(
    message: FinishedMessage, pseudonyms: Pseudonyms, now: datetime
) -> dict[str, Any] | None:
    """Return the row that says what a message was about; None if it was about nothing."""
    code = message.submission_code or message.forum_code
    is_of_case = message.submission_code is not None
    chat_id, message_id = message.chat_id, message.message_id
    if message.sealed is None:
        flow = CASE_VIEW if is_of_case else PLAN_VIEW
    else:
        chat_id = pseudonyms.decrypt_chat_id(message.sealed)
        if message.sealed_message:
            message_id = int(pseudonyms.sealer.open_text(message.sealed_message))
        of_case = f"{ASKED_VIEW}{message.kind}" if message.kind in ASKED_FLOW else OWN_VIEW
        flow = of_case if is_of_case else FORUM_VIEW
    if message_id is None or code is None:
        return None
    address = pseudonyms.make_message_address(chat_id, message_id)
    row = {"key": address.key, "sealed": address.encrypted_ids, "flow": flow, "subject": code}
    return {**row, "text": None, "at": round_to_month(now)}
