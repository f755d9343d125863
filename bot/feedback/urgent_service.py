"""The service of the flow "urgent": it stores the report at once, and adds what comes after it.

A report about a danger needs no consent: Law 91/2025/QH15 on the protection of personal data lets
data be processed without it to protect life. The notice follows, and the audit log records that.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework.action_service import perform_own_action
from bot.casework.assignment import assign_and_alert
from bot.casework.resident_actions import ADD_TO_URGENT
from bot.casework.resident_flows import ADDITION_FLOW
from bot.casework.submission_rules import ADDABLE, NEW, must_stay_with_city
from bot.conversation.chats import find_open_flow
from bot.conversation.consent import NOTICE_VERSION, has_agreed
from bot.conversation.engine import Done, TypedMessage
from bot.conversation.inputs import make_message_record
from bot.conversation.message_subjects import find_message_subject, store_messages
from bot.core.screen import Button, Screen, Words
from bot.feedback import intake_service
from bot.feedback.text_suggestions import suggest_area, suggest_kind, suggest_topics
from bot.feedback.urgent_flow import ALERTED, REPORT, URGENT, is_danger
from storage import audit, submissions
from storage.models import Identity, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.reply import Reply
    from bot.core.requests import Chat
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Submission

WITHOUT_CONSENT = "submission.without_consent"  # the action in the audit log
FOLLOWS_WITHIN = timedelta(hours=1)  # what is sent so soon after a report belongs to it


async def store_report(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Store the messages as an urgent submission, and alert all officers on duty.

    Return the facts "@code" and ALERTED: whether an officer on duty got the alert.
    """
    report: dict[str, Any] = {"details": answers[REPORT]}
    kind = suggest_kind(report)
    report |= {
        "kind": Kind.CRIME_REPORT if kind is Kind.UNSURE else kind,
        "topic": list(suggest_topics(report)),
        "area": suggest_area(report) or CITY,
        "identity": Identity.CHANNEL,
    }
    submission, is_alerted = await intake_service.store_submission(work, chat, report, urgent=True)
    if not await has_agreed(work, chat.id):
        await audit.append_entry(
            work.connection,
            WITHOUT_CONSENT,
            work.now,
            role=audit.RESIDENT,
            submission_id=submission.id,
            details={"notice": NOTICE_VERSION},
        )
    return {"@code": submission.code, ALERTED: is_alerted}


async def finish_report(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> str:
    """Add the place, if one was sent, to the report; return its code."""
    code = str(answers["@code"])
    if answers.get("place"):
        await _add_messages(work, chat, code, answers["place"])
    return code


def describe_end(answers: Mapping[str, Any]) -> Words:
    """Return the text at the end of the flow."""
    key = "urgent.done" if answers.get("place") else "urgent.no_place"
    return Words(key, {"code": str(answers["@code"])})


def describe_cancelled(answers: Mapping[str, Any]) -> Words:
    """Return the text after /cancel: a report that was made stays."""
    if "@code" in answers:
        return Words("urgent.no_place", {"code": str(answers["@code"])})
    return Words("urgent.stopped.cancelled")


async def find_recent_report(work: UnitOfWork, chat: Chat) -> Submission | None:
    """Return the person's urgent report of the last hour that can be added to, or None."""
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id)
    newest = await submissions.list_submissions_of(
        work.connection, pseudonyms, before=None, max_rows=1
    )
    for each in newest:
        is_recent = work.now - each.created_at <= FOLLOWS_WITHIN
        if each.urgent and is_recent and each.state in ADDABLE and each.answered_at is None:
            return each
    return None


async def add_to_report(work: UnitOfWork, chat: Chat, reply: Reply) -> Screen | None:
    """Add a message to the person's urgent report of the last hour, and tell its officers.

    Return the screen that says so; None if there is no such report, or if the message is for the
    open question about one.
    """
    if not (reply.text or reply.attachment) or await find_open_flow(work, chat.id) == URGENT:
        return None
    report = await find_recent_report(work, chat)
    if report is None or reply.message_id is None:
        return None
    # The same update can come twice.
    if await find_message_subject(work, chat.id, reply.message_id) is None:
        await _add_messages(work, chat, report.code, [make_message_record(reply)])
        typed = TypedMessage(reply.message_id, reply.text or "")
        await store_messages(work, chat.id, ADDITION_FLOW.name, report.code, Done({}, (typed,)))
    danger = (Words("feedback.danger.notice"),) if is_danger(reply.text) else ()
    show = Button(Words("receipt.show"), f"mine:open={report.code}")
    return Screen((*danger, Words("urgent.added", {"code": report.code})), (show,))


async def _add_messages(
    work: UnitOfWork, chat: Chat, code: str, messages: list[dict[str, Any]]
) -> None:
    """Add messages to a report. If they say where it is, the police of that unit are alerted."""
    changed = await perform_own_action(work, chat, [ADD_TO_URGENT], code, {"details": messages})
    area = suggest_area({"details": messages})
    if changed is None or area is None or changed.unit_code != CITY:
        return
    if changed.state in NEW and not must_stay_with_city(changed):
        moved = await submissions.update_submission(
            work.connection, changed, unit_code=area, handled_by=area
        )
        if moved is not None:
            await assign_and_alert(work, moved)
