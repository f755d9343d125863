"""Messages that a person replies to in the messenger's sense: what the reply belongs to.

It is found by the stored id of the message, never by what the message says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.action_service import begin_action
from bot.casework.actions import ACTIONS_BY_NAME, NOTE
from bot.casework.case_access import lock_own_access
from bot.casework.resident_actions import ADD, ASKED_FLOW, CONVERSATIONS
from bot.casework.submission_rules import ADDABLE
from bot.conversation.inputs import make_message_record
from bot.conversation.message_subjects import (
    CASE_VIEW,
    OWN_VIEW,
    ReplyTarget,
    find_message_subject,
)
from bot.core.requests import Refused
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from storage import attendance, outbox, submissions
from storage.models import State

if TYPE_CHECKING:
    from bot.conversation.reply import Reply
    from bot.core.requests import Chat


async def find_target(work: UnitOfWork, chat: Chat, reply: Reply) -> ReplyTarget | None:
    """Return what the message is about that a message replies to; None if that is not known."""
    if reply.reply_to is None:
        return None
    known = await find_message_subject(work, chat.id, reply.reply_to)
    if known is not None:
        if known.flow in {OWN_VIEW, *CONVERSATIONS}:
            return await _find_own_target(work, chat, reply, known.subject)
        if known.flow in {CASE_VIEW, *ACTIONS_BY_NAME}:
            return await _find_case_target(work, chat, reply, known.subject)
        return None
    chat_ids = work.policy.pseudonyms.list_chat_ids(chat.id)
    sent = await outbox.find_sent_message(work.connection, chat_ids, reply.reply_to)
    if sent is None:
        return None
    if sent.forum_id is not None:
        forum = await attendance.get_forum(work.connection, sent.forum_id)
        return _make_forum_target(forum.code)
    if sent.submission_id is None:
        return None
    submission = await submissions.get_submission(work.connection, sent.submission_id)
    if sent.sealed is None:
        return await _find_case_target(work, chat, reply, submission.code)
    asked_in = ASKED_FLOW.get(sent.kind or "", "")
    return await _find_own_target(work, chat, reply, submission.code, asked_in)


async def _find_own_target(
    work: UnitOfWork, chat: Chat, reply: Reply, code: str, asked_in: str = ""
) -> ReplyTarget | None:
    """Return the target of a resident: their addition, or their reply to an officer's question."""
    access = await lock_own_access(work, chat, code)
    if access is None:
        return None
    if access.case.state not in ADDABLE:
        return ReplyTarget(code, screen=Screen((Words("replied.closed", {"code": code}),)))
    assert ADD.flow is not None
    is_question = bool(asked_in) and access.case.state is State.AWAITING_RESIDENT
    flow = asked_in if is_question else ADD.flow.name
    facts = {"@code": code, "@about": code, "details.messages": [make_message_record(reply)]}
    return ReplyTarget(code, flow, facts, asked_in=asked_in if is_question else "")


async def _find_case_target(
    work: UnitOfWork, chat: Chat, reply: Reply, code: str
) -> ReplyTarget | None:
    """Return the target of an officer: a note about the case, which only officers read."""
    try:
        facts = await begin_action(work, chat.id, NOTE.name, code)
    except Refused as refused:
        return ReplyTarget(code, screen=Screen((refused.words,)))
    if reply.attachment is not None or reply.text is None:
        return ReplyTarget(code, screen=Screen((Words("gather.no_files"),)))
    return ReplyTarget(
        code, NOTE.name, {**facts, "text.messages": [make_message_record(reply.without_place())]}
    )


def _make_forum_target(code: str) -> ReplyTarget:
    button = Button(Words("forum.open"), f"forum:open={code}")
    return ReplyTarget(code, screen=Screen((Words("replied.forum"),), (button,)))
