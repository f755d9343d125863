"""Edits of messages after the conversation that took them has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.action_service import perform_own_action
from bot.casework.actions import ACTIONS_BY_NAME
from bot.casework.danger import list_danger_remarks
from bot.casework.resident_actions import CONVERSATIONS, CORRECT
from bot.conversation.consent import has_agreed
from bot.conversation.message_subjects import find_message_subject, store_version
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from bot.conversation.reply import Reply
    from bot.core.requests import Chat
    from storage.models import MessageSubject

# How the names of the flows of planners, organisers and heads of neighbourhoods begin.
_OF_FORUMS = ("newforum", "forum_", "hall_")


async def correct_message(work: UnitOfWork, chat: Chat, reply: Reply) -> Screen | None:
    """Add the new version of an edited message to the submission that it is part of.

    Return the screen that tells the person what became of the edit; None if no word has changed.
    An officer's or organiser's finished action is not changed: the screen says how to correct it.
    """
    assert reply.message_id is not None
    known = await find_message_subject(work, chat.id, reply.message_id)
    if known is None:
        # A shared live location is edited all the time, without words.
        return None if reply.text is None else Screen((Words("edit.unknown"),))
    text = reply.text or ""
    if known.text == text:
        return None
    if known.flow not in CONVERSATIONS:
        return _explain_unchanged(known)
    show = Button(Words("receipt.show"), f"mine:open={known.subject}")
    if known.text is None:
        return Screen((Words("edit.answer_unchanged", {"code": known.subject}),), (show,))
    if not await has_agreed(work, chat.id):
        return ask_for_consent("edit.needs_consent", known.subject, text)
    words = {"text": text, "replaces": known.text}
    corrected = await perform_own_action(work, chat, [CORRECT], known.subject, words)
    if corrected is None:
        return Screen((Words("edit.too_late", {"code": known.subject}),), (show,))
    await store_version(work, chat.id, reply.message_id, text)
    return Screen((Words("edit.added", {"code": known.subject}),), (show,))


def ask_for_consent(key: str, code: str, text: str | None) -> Screen:
    """Return the screen that says that a text is not stored before the consent is given again.

    `key` is the key of its text, `code` that of the submission.
    """
    add = Button(Words("mine.addition"), f"mine:addition={code}")
    return Screen((*list_danger_remarks(text), Words(key, {"code": code})), (add,))


def _explain_unchanged(known: MessageSubject) -> Screen:
    """Return the screen that says that a finished action stays, and how to correct it."""
    if not known.subject:
        return Screen((Words("edit.unchanged"),))
    if known.flow in ACTIONS_BY_NAME:
        button = Button(Words("alert.open"), f"case:open={known.subject}")
        return Screen((Words("edit.case_unchanged", {"code": known.subject}),), (button,))
    if known.flow.startswith(_OF_FORUMS):
        button = Button(Words("forum.open"), f"forum:open={known.subject}")
        return Screen((Words("edit.forum_unchanged"),), (button,))
    return Screen((Words("edit.unchanged"),))
