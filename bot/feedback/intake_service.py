"""The service of the flow "feedback": its facts, the consent, and storing the submission.

Each function runs in the transaction of the conversation's turn.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY, VINTAGE, name_police
from bot.casework import action_service, submission_rules
from bot.casework.assignment import assign_and_alert
from bot.casework.attachments import make_attachment_rows
from bot.casework.conversions import store_conversions
from bot.casework.resident_actions import ADD
from bot.casework.resident_identity import store_resident
from bot.casework.timeline import RECEIVED
from bot.conversation.chats import store_preferences
from bot.conversation.inputs import join_texts, list_sources
from bot.core.addresses import load_consent_address
from bot.core.requests import Refused
from bot.core.screen import Button, Screen, Words
from bot.core.search_text import make_search_text
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import ban_rules, deep_links, intake_limits, rules
from bot.feedback.first_messages import find_code, is_said_to_be_added
from bot.feedback.intake_flow import RECENT, is_addition
from bot.feedback.text_suggestions import is_urgent
from bot.notifications import to_resident
from bot.notifications.message import Addressee
from bot.notifications.summaries import name_forum
from storage import audit, bans, consents, forums, submissions
from storage.models import Identity, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.policy import Policy
    from bot.core.requests import Chat
    from storage.models import Submission

_RECENT = timedelta(minutes=15)  # after a submission, what is sent may belong to it
_ADDED_WITHIN = timedelta(days=30)  # the same, for a message that says so
_MAX_OWN = 20  # newest submissions of a resident, among which one is looked for
_MAX_AREAS = 3  # last areas of a resident that are offered again


async def load_facts(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Return the facts that the flow starts with: consent, last areas, the deep link opened last.

    A submission for a forum is about it: each question names the forum.

    The fact BANS says which units take no opinions from the person. Raises Refused for a person who
    reached a limit.
    """
    await intake_limits.check_limits(
        work, work.policy.pseudonyms.list_pseudonyms(chat.id), work.policy.limits
    )
    consent = await consents.find_consent(
        work.connection, work.policy.pseudonyms.list_consent_keys(chat.id)
    )
    agreed = {"@agreed": consent.version} if consent else {}
    last = {"@areas": list(chat.preferences.areas)}
    followed = deep_links.load_link_facts(chat.preferences, work.now)
    if "@forum" in followed:
        forum = await forums.find_published_forum(work.connection, followed["@forum"])
        if forum is not None:
            followed |= name_forum(forum, work.policy.zone)
    banned = {ban_rules.BANS: found} if (found := await _list_bans(work, chat)) else {}
    return {**agreed, **last, **followed, **banned}


async def _list_bans(work: UnitOfWork, chat: Chat) -> list[dict[str, Any]]:
    """Return the bans of a person in the form of the fact BANS, of both pseudonyms."""
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id)
    found = await bans.list_bans_in_force(work.connection, pseudonyms, work.now)
    return [
        {
            "unit": each.unit_code,
            "until": each.until.isoformat(),
            "reason": each.reason,
            "code": each.code,
        }
        for each in found
    ]


def list_ban_remarks(facts: Mapping[str, Any]) -> tuple[Words, ...]:
    """Return what a person is told of their bans before the first question."""
    return tuple(
        Words("abuse.banned", ban_rules.describe_ban(ban)) for ban in facts.get(ban_rules.BANS, ())
    )


async def record_consent(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Store the resident's consent to the version of the notice that is the answer; no facts."""
    version = answers["consent"]
    address = await load_consent_address(work, chat.id)
    consent = (version, chat.language, work.now)
    await consents.record_consent(
        work.connection, address.pseudonym, address.encrypted_chat_id, consent
    )
    await audit.append_entry(
        work.connection,
        "consent.given",
        work.now,
        role=audit.RESIDENT,
        details={"version": version},
    )
    return {}


async def receive_submission(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> str:
    """Store a submission from the answers of the flow, send its receipt, alert officers on duty.

    Return its code. Messages that the resident adds to an earlier submission make no new one.
    Raises Refused if nothing can be added to it any more, and if a ban came into force since the
    flow began; the text says that nothing was stored.
    """
    if is_addition(answers):
        return await _add_to_recent(work, chat, answers)
    ban = ban_rules.find_ban({**answers, ban_rules.BANS: await _list_bans(work, chat)})
    if ban is not None:
        raise Refused(Words("abuse.banned_at_end", ban_rules.describe_ban(ban)))
    submission, _ = await store_submission(work, chat, answers, urgent=is_urgent(answers))
    return submission.code


async def store_submission(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any], *, urgent: bool
) -> tuple[Submission, bool]:
    """Store a submission, send its receipt, and alert officers on duty.

    Return it, and True if officers were alerted.
    """
    kind, topics = rules.get_kind(answers), rules.get_topics(answers)
    identity = rules.get_identity(answers)
    confidential = submission_rules.is_confidential(kind, identity)
    address = await store_resident(work, chat.id, named=not confidential)
    text = join_texts(answers["details"])
    values = {
        "code": submission_rules.make_receipt_code(secrets.choice),
        "kind": kind,
        "topics": [topic.value for topic in topics],
        "unit_code": answers["area"],
        "unit_vintage": VINTAGE,
        "handled_by": rules.get_handling_unit(answers),
        "text": text,
        "sources": list_sources(answers["details"]),
        "folded": make_search_text(text),
        "urgent": urgent,
        "hides_personal": str(answers.get("personal", "")).startswith("hide"),
        "version": 1,
        "state": State.RECEIVED,
        "identity": identity,
        "phone": work.policy.cipher.encrypt_text(answers["phone"])
        if identity is Identity.PHONE
        else None,
        "confidential": confidential,
        "language": chat.language,
        "forum": answers.get("@forum"),
        "created_at": work.now,
        "due_at": work.policy.compute_due(kind, work.now),
    }
    files = make_attachment_rows(answers["details"], work.now)
    submission = await submissions.add_submission(work.connection, address.pseudonym, values, files)
    await store_conversions(work, submission.id, answers["details"])
    if not confidential:
        await _remember_area(work, chat, answers["area"])
    await audit.append_entry(
        work.connection, RECEIVED, work.now, role=audit.RESIDENT, submission_id=submission.id
    )
    recipient = Addressee(address.pseudonym, chat.language, address.encrypted_chat_id)
    receipt = show_receipt(submission, work.policy)
    await to_resident.send_receipt(work, submission, recipient, receipt)
    return submission, await assign_and_alert(work, submission)


async def _add_to_recent(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> str:
    """Add messages to the submission that the resident has just given; return its code."""
    code = str(answers[RECENT])
    words = {"details": answers["details"]}
    if await action_service.perform_own_action(work, chat, [ADD], code, words) is None:
        raise Refused(Words("replied.closed", {"code": code}))
    return code


async def find_recent_submission(work: UnitOfWork, chat: Chat, text: str) -> Submission | None:
    """Return the submission of a resident that a message may be added to, None if there is none.

    That is the one whose code the message names; else the newest one, if it was given just now, or
    if the message says that it adds something, within 30 days.
    """
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat.id)
    found = await submissions.list_submissions_of(
        work.connection, pseudonyms, before=None, max_rows=_MAX_OWN
    )
    open_ones = [
        each
        for each in found
        if each.state in submission_rules.ADDABLE and each.answered_at is None
    ]
    code = find_code(text)
    named = next((each for each in open_ones if each.code == code), None)
    if named is not None:
        return named
    if code is None and is_said_to_be_added(text):
        within = _ADDED_WITHIN
    else:
        open_ones, within = [each for each in open_ones if each is found[0]], _RECENT
    return next((each for each in open_ones if work.now - each.created_at <= within), None)


def describe_end(answers: Mapping[str, Any]) -> Words:
    """Return the text at the end of the flow."""
    if is_addition(answers):
        return Words("feedback.added", {"code": str(answers[RECENT])})
    return Words("feedback.done")


async def _remember_area(work: UnitOfWork, chat: Chat, area: str) -> None:
    """Store the unit, to offer it first the next time, with the two units named before it."""
    others = (code for code in chat.preferences.areas if code != area)
    areas = (area, *others)[:_MAX_AREAS]
    if area != CITY and areas != chat.preferences.areas:
        await store_preferences(work, chat.id, replace(chat.preferences, areas=areas))


def show_receipt(submission: Submission, policy: Policy) -> Screen:
    """Return the receipt: the code, the unit that handles the submission, the due date."""
    words = Words(
        "receipt.urgent" if submission.urgent else "receipt.text",
        {
            "code": submission.code,
            "at": submission.created_at,
            "unit": name_police(submission.handled_by),
            "due": submission.due_at.astimezone(policy.zone).date(),
            "days": policy.working_days[submission.kind],
        },
    )
    button = Button(Words("receipt.show"), f"mine:open={submission.code}")
    return Screen((words,), (button,))
