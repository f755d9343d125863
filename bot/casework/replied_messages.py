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
    ASKED_VIEW,
    CASE_VIEW,
    FORUM_VIEW,
    OWN_VIEW,
    PLAN_VIEW,
    ReplyTarget,
    find_message_subject,
)
from bot.core.requests import Refused
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from storage import attendance, forums, outbox, submissions
from storage.models import State

if TYPE_CHECKING:
    from bot.conversation.reply import Reply
    from bot.core.requests import Chat
    from storage.models import MessageSubject, Outbox


_OF_PLANNERS = ("newforum", "forum_")  # how the names of their flows begin
_IN_HALL = "hall_"  # how those of the session begin: officers and heads of neighbourhoods
_REGISTRATION = "attend"  # the flow of a resident's registration for a forum
_MAX_SENT = 500  # newest messages to a resident, among which one is looked for
_ENDED = ReplyTarget("", screen=Screen((Words("replied.ended"),)))


async def find_target(work: UnitOfWork, chat: Chat, reply: Reply) -> ReplyTarget | None:
    """Return what the message is about that a message replies to.

    Return None if it replies to none, to one of another person, or to a notice about nothing. The
    target of a message of the bot that is not known has no code: a question that has ended.
    """
    if reply.reply_to is None:
        return None
    known = await find_message_subject(work, chat.id, reply.reply_to)
    if known is not None:
        return await _find_known_target(work, chat, reply, known)
    sent = await _find_sent(work, chat, reply.reply_to)
    if sent is not None:
        return await _find_sent_target(work, chat, reply, sent)
    return _ENDED if reply.replies_to_bot else None


async def _find_sent(work: UnitOfWork, chat: Chat, message_id: int) -> Outbox | None:
    """Return the row of the outbox that was sent as a message of the chat."""
    found = await outbox.find_sent_message(work.connection, chat.id, message_id)
    if found is not None:
        return found
    pseudonyms = work.policy.pseudonyms
    own = pseudonyms.list_chat_ids(chat.id)
    for row in await outbox.list_sealed_messages(work.connection, own, _MAX_SENT):
        if row.sealed_message and pseudonyms.sealer.open_text(row.sealed_message) == str(
            message_id
        ):
            return row
    return None


async def _find_known_target(
    work: UnitOfWork, chat: Chat, reply: Reply, known: MessageSubject
) -> ReplyTarget | None:
    """Return the target of a view, a question, or an answer that was given."""
    if known.flow.startswith(ASKED_VIEW):
        asked_in = ASKED_FLOW.get(known.flow.removeprefix(ASKED_VIEW), "")
        return await _find_own_target(work, chat, reply, known.subject, asked_in)
    if known.flow in {OWN_VIEW, *CONVERSATIONS}:
        return await _find_own_target(work, chat, reply, known.subject)
    if known.flow in {CASE_VIEW, *ACTIONS_BY_NAME}:
        return await _find_case_target(work, chat, reply, known.subject)
    if not known.subject:
        return _ENDED if reply.replies_to_bot else None
    if known.flow in {FORUM_VIEW, _REGISTRATION} or known.flow.startswith(_IN_HALL):
        return _make_forum_target(known.subject, "forums:open")
    if known.flow == PLAN_VIEW or known.flow.startswith(_OF_PLANNERS):
        return _make_forum_target(known.subject, "forum:open")
    return None


async def _find_sent_target(
    work: UnitOfWork, chat: Chat, reply: Reply, sent: Outbox
) -> ReplyTarget | None:
    """Return the target of a message of the outbox; None if it is about nothing."""
    if sent.announcement_id is not None:
        forum = await forums.get_announced_forum(work.connection, sent.announcement_id)
        return _make_forum_target(forum.code, "forums:open")
    if sent.forum_id is not None:
        forum = await attendance.get_forum(work.connection, sent.forum_id)
        verb = "forum:open" if sent.sealed is None else "forums:open"
        return _make_forum_target(forum.code, verb)
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


def _make_forum_target(code: str, verb: str) -> ReplyTarget:
    """Return the target of a message about a forum: `verb` opens it for residents or planners."""
    button = Button(Words("forum.open"), f"{verb}={code}")
    return ReplyTarget(code, screen=Screen((Words("replied.forum"),), (button,)))
