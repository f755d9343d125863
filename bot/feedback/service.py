"""What happens when an opinion is given: a submission, its receipt and the officers' alert.

All of it in the transaction of the turn that finishes the flow.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY, VINTAGE, police
from bot.conversation.inputs import files_of, text_of
from bot.feedback import limits, links, rules
from bot.feedback.alerts import alert
from bot.feedback.questions import is_urgent
from bot.folding import fold
from bot.screen import Button, Screen, Words
from storage import audit, conversations, outbox, residents, submissions
from storage.models import EvidenceState, Identity, State, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.flow import Chat
    from bot.policy import Policy
    from bot.seal import Address
    from storage.models import Audit, Submission

RECEIVED = "submission.received"

# What a resident sees of what was done.
PUBLIC_ACTIONS = (
    RECEIVED,
    "case.opened",
    "submission.added_to",
    "submission.replied",
    "case.accept",
    "case.acknowledge",
    "case.ask",
    "case.approve",
    "case.transfer",
    "case.reject",
    "submission.withdrawn",
    "submission.rated",
    "submission.reopened",
)

_RECEIPT_LIFETIME = timedelta(days=30)
_LAST_AREAS = 3


async def facts(
    connection: AsyncConnection, chat: Chat, now: datetime, *, policy: Policy
) -> Mapping[str, Any]:
    """What is known before the first question: the notice that the resident agreed to.

    Raises Refused for who is banned, and for who gave more than a day allows.
    """
    await limits.check(connection, policy.seal.aliases(chat.id), now, policy.limits)
    resident = await residents.find(connection, policy.seal.aliases(chat.id, named=True))
    agreed = {"@agreed": resident.consent_version} if resident else {}
    last = {"@areas": chat.preferences.get("areas", [])}
    return {**agreed, **last, **links.facts(chat.preferences, now)}


async def agree(
    connection: AsyncConnection, chat: Chat, version: str, now: datetime, *, policy: Policy
) -> None:
    """Store the consent at the moment it is given."""
    address = policy.seal.address(chat.id, named=True)
    consent = (version, chat.language, now)
    await residents.agree(connection, address.alias, address.sealed, consent, named=True)
    await audit.append(
        connection, "consent.given", now, role=audit.RESIDENT, details={"version": version}
    )


async def receive(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Make a submission of the answers, with its receipt and the alert to the officers on duty."""
    kind = rules.kind_of(answers)
    assert kind is not None
    topics = [Topic(topic) for topic in answers["topic"]]
    identity = rules.identity_of(answers)
    confidential = rules.is_confidential(kind, identity)
    address = policy.seal.address(chat.id, named=not confidential)
    if confidential:
        await _without_a_name(connection, chat, address, policy)
    values = {
        "code": rules.receipt_code(secrets.choice),
        "kind": kind,
        "topics": [topic.value for topic in topics],
        "unit_code": answers["area"],
        "unit_vintage": VINTAGE,
        "handled_by": rules.handled_by(kind, topics, answers["area"]),
        "text": text_of(answers["details"]),
        "folded": fold(text_of(answers["details"])),
        "urgent": is_urgent(answers),
        "hides_personal": str(answers.get("personal", "")).startswith("hide"),
        "version": 1,
        "state": State.RECEIVED,
        "identity": identity,
        "phone": policy.seal.seal_text(answers["phone"]) if identity is Identity.PHONE else None,
        "confidential": confidential,
        "language": chat.language,
        "forum": answers.get("@forum"),
        "created_at": now,
        "due_at": policy.due(kind, now),
    }
    files = attachments_of(answers["details"], now)
    submission = await submissions.add(connection, address.alias, values, files)
    if not confidential:
        await _remember(connection, chat, answers["area"])
    await audit.append(connection, RECEIVED, now, role=audit.RESIDENT, submission_id=submission.id)
    await outbox.enqueue(connection, [_receipt(chat, address, submission, policy)], now)
    await alert(connection, submission, now, policy=policy)


async def _without_a_name(
    connection: AsyncConnection, chat: Chat, address: Address, policy: Policy
) -> None:
    """Let the same person be another resident, who has agreed too.

    The consent is dated to its day: to the second it would tell which resident it was.
    """
    named = await residents.find(connection, policy.seal.aliases(chat.id, named=True))
    assert named is not None
    day = named.consent_at.replace(hour=0, minute=0, second=0, microsecond=0)
    consent = (named.consent_version, named.consent_language, day)
    await residents.agree(connection, address.alias, address.sealed, consent, named=False)


async def _remember(connection: AsyncConnection, chat: Chat, area: str) -> None:
    """Offer the unit first the next time, with two that were named before it."""
    before = [code for code in chat.preferences.get("areas", ()) if code != area]
    areas = [area, *before][:_LAST_AREAS]
    if area != CITY and areas != chat.preferences.get("areas"):
        chosen = {**chat.preferences, "areas": areas}
        await conversations.save(connection, chat.id, {"preferences": chosen})


def attachments_of(messages: Iterable[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The rows of the files in gathered messages, to be fetched now; a place needs no fetching."""
    return [
        {
            **asdict(file),
            "state": EvidenceState.PLACE if file.type == "place" else EvidenceState.WAITING,
            "attempt": 0,
            "next_at": now,
        }
        for file in files_of(messages)
    ]


def _receipt(
    chat: Chat, address: Address, submission: Submission, policy: Policy
) -> outbox.Message:
    return outbox.Message(
        dedup_key=f"receipt:{submission.code}",
        chat_id=address.alias,
        sealed=address.sealed,
        priority=outbox.Priority.REPLY,
        language=chat.language,
        screen=receipt(submission, policy).to_json(),
        expires_at=submission.created_at + _RECEIPT_LIFETIME,
    )


def receipt(submission: Submission, policy: Policy) -> Screen:
    """What a resident keeps: the code, the unit, the due date."""
    words = Words(
        "receipt.text",
        {
            "code": submission.code,
            "at": submission.created_at,
            "unit": police(submission.handled_by),
            "due": submission.due_at.astimezone(policy.zone).date(),
            "days": policy.working_days[submission.kind],
        },
    )
    button = Button(Words("receipt.show"), f"mine:open={submission.code}")
    return Screen((words,), (button,))


@dataclass(frozen=True)
class Mine:
    """One of a resident's own submissions, with its timeline and the number of its files."""

    submission: Submission
    timeline: Sequence[Audit]
    files: int


async def mine(
    connection: AsyncConnection,
    aliases: Sequence[int],
    *,
    before: int | None = None,
    most: int = 6,
) -> Sequence[Submission]:
    """A resident's own submissions, by their pseudonyms, newest first."""
    return await submissions.of_residents(connection, aliases, before=before, most=most)


async def one_of_mine(
    connection: AsyncConnection, aliases: Sequence[int], typed: str
) -> Mine | None:
    """One's own submission by its code, however it was typed; another's is as if it were not."""
    submission = await submissions.by_code(connection, rules.read_code(typed))
    if submission is None:
        return None
    owner = await submissions.owner(connection, submission.id or 0)
    if owner is None or owner.alias not in aliases:
        return None
    entries = await audit.timeline(connection, submission.id or 0, PUBLIC_ACTIONS)
    files = await submissions.attachments(connection, submission.id or 0)
    return Mine(submission, entries, len(files))
