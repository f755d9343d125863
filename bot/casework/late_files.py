"""Files that arrive after the conversation that their album began in has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.action_service import perform_own_action
from bot.casework.corrections import ask_for_consent
from bot.casework.resident_actions import ADD, ADD_FILE
from bot.casework.resident_flows import SUBMISSION_LIMITS
from bot.conversation.consent import has_agreed
from bot.conversation.inputs import make_message_record
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from storage import submissions

if TYPE_CHECKING:
    from bot.conversation.reply import Reply
    from bot.core.requests import Chat

_MEGABYTE = 1024 * 1024


async def add_album_file(work: UnitOfWork, chat: Chat, reply: Reply) -> Screen | None:
    """Add a file to the submission of its resident that has the other files of its album.

    Return the screen that says that it was added, or why not; None if there is no such submission.
    """
    file = reply.attachment
    if file is None or file.album is None:
        return None
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id)
    found = await submissions.find_album(work.connection, pseudonyms, file.album)
    if found is None:
        return None
    submission, remark_id = found
    code = submission.code
    show = (Button(Words("receipt.show"), f"mine:open={code}"),)
    if not await has_agreed(work, chat.id):
        return ask_for_consent("late.needs_consent", code, reply.text)
    stored = await submissions.list_attachments(work.connection, submission.id)
    if file.file_unique_id in {each.file_unique_id for each in stored}:
        return Screen((Words("late.added_to", {"code": code}),), show)
    if (file.size or 0) > SUBMISSION_LIMITS.file_bytes:
        megabytes = SUBMISSION_LIMITS.file_bytes // _MEGABYTE
        return Screen((Words("late.not_stored", {"megabytes": megabytes}),), show)
    if sum(each.remark_id == remark_id for each in stored) >= SUBMISSION_LIMITS.files:
        return Screen((Words("late.too-many", {"most": SUBMISSION_LIMITS.files}),), show)
    action = ADD if reply.text else ADD_FILE  # words beside the file are an addition
    answers = {"details": [make_message_record(reply)], "remark_id": remark_id}
    added = await perform_own_action(work, chat, [action], code, answers)
    key = "late.added_to" if added else "late.closed"
    return Screen((Words(key, {"code": code}),), show)
