"""Data requests of residents: overview, copy, correction, erasure, withdrawal of consent.

Law 91/2025/QH15 on the protection of personal data, and Decree 356/2025.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from bot.casework import submission_rules
from bot.casework.case_access import find_present_ban
from bot.casework.release import release_merged_cases
from bot.casework.timeline import list_timeline
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance.erasure import erase_attendee
from bot.privacy import erasing
from storage import (
    attendance,
    audit,
    bans,
    consents,
    conversations,
    correspondence,
    erasure,
    failed_updates,
    submissions,
)
from storage.models import BanState, ErasureReason, State, Submission
from storage.rounding import round_to_day
from storage.statements import list_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.requests import Chat
    from storage.models import Consent, Registration, Subscription

_MAX_SUBMISSIONS = 10_000  # of one person

# Actions of the audit log. ERASURE_ASKED is stored of a submission that is kept: the law requires
# it, or it is being handled.
ERASED, ERASURE_ASKED, WITHDRAWN = "data.erased", "data.erasure_asked", "consent.withdrawn"
CORRECTED, COPIED = "data.corrected", "data.copied"


@dataclass(frozen=True)
class ErasureReport:
    """Result of an erasure.

    - `erased_count`: the number of erased submissions.
    - `kept`: the receipt code of each kept submission, with the reason as the end of a text key.
    """

    erased_count: int
    kept: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class PersonalData:
    """The stored data of a person, both as a named and as an unnamed resident.

    - `phone_count`: the number of submissions with a phone number.
    - `has_agreed`: True if the person agreed to the data-protection notice.
    """

    submissions: Sequence[Submission]
    phone_count: int
    has_agreed: bool
    registrations: Sequence[Registration]
    subscriptions: Sequence[Subscription]


async def load_personal_data(work: UnitOfWork, chat_id: int) -> PersonalData:
    """Return the stored data of the person of a chat. `chat_id` is the real chat id."""
    aliases = work.policy.pseudonyms.list_pseudonyms(chat_id)
    own = await submissions.list_submissions_of(
        work.connection, aliases, before=None, max_rows=_MAX_SUBMISSIONS
    )
    consent = await consents.find_consent(
        work.connection, work.policy.pseudonyms.list_consent_keys(chat_id)
    )
    return PersonalData(
        own,
        sum(each.phone is not None for each in own),
        consent is not None,
        await attendance.list_registrations(work.connection, aliases),
        await attendance.list_subscriptions(work.connection, aliases),
    )


async def make_copy(work: UnitOfWork, chat_id: int) -> bytes:
    """Return all stored data of the person of a chat as UTF-8 JSON, and record it in the audit log.

    The timelines of submissions name the roles of officers, not the officers.
    """
    held = await load_personal_data(work, chat_id)
    consent = await consents.find_consent(
        work.connection, work.policy.pseudonyms.list_consent_keys(chat_id)
    )
    chat = await conversations.find_conversation(work.connection, work.policy.pseudonyms, chat_id)
    document = {
        "at": work.now,
        "telegram_id": chat_id,
        "language": chat.language if chat else None,
        "settings": chat.preferences if chat else {},
        "draft": chat.answers if chat else {},
        "consent": _describe_consent(consent),
        "opinions": [await _describe_submission(work, each) for each in held.submissions],
        "forums": await _describe_registrations(work.connection, held.registrations),
        "news_of_forums": [
            {"subject": each.subject, "language": each.language, "at": each.created_at}
            for each in held.subscriptions
        ],
    }
    await audit.append_entry(work.connection, COPIED, work.now, role=audit.RESIDENT)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _describe_consent(consent: Consent | None) -> dict[str, Any] | None:
    if consent is None:
        return None
    return {"version": consent.version, "language": consent.language, "at": consent.at}


# Columns of a submission that the copy does not contain: internal, or in another part of the copy.
SUBMISSION_COLUMNS_NOT_COPIED = frozenset(
    {"acknowledge_by", "alerted_at", "assignee_id", "erased_at", "erased_because"}
    | {"escalation", "extensions", "former_lane"}
    | {"folded", "forum", "id", "language", "merged_into", "paused_at", "phone", "resident_id"}
    | {"transferred_to", "unit_vintage", "version", "warned_at"}
)
_COLUMNS = list_columns(Submission, without=SUBMISSION_COLUMNS_NOT_COPIED)


async def _describe_submission(work: UnitOfWork, submission: Submission) -> dict[str, Any]:
    number = submission.id
    files = await submissions.list_attachments(work.connection, number)
    remarks = await correspondence.list_remarks(work.connection, number)
    timeline = await list_timeline(work.connection, number)
    return {
        **{name: getattr(submission, name) for name in _COLUMNS},
        "phone": work.policy.cipher.decrypt_text(submission.phone) if submission.phone else None,
        "files": [
            {"type": f.type, "name": f.file_name, "size": f.size, "sha256": f.digest} for f in files
        ],
        "added": [
            {"at": each.at, "text": each.text, "replaces": each.replaces}
            for each in remarks
            if each.officer_id is None
        ],
        "bans": [
            {
                "state": each.state,
                "unit": each.unit_code,
                "reason": each.reason,
                "from": each.decided_at,
                "until": each.until,
                "appeal": each.appeal,
            }
            for each in await bans.list_bans_of(work.connection, [number])
            if each.until is not None
        ],
        "timeline": [
            {"at": each.at, "what": each.action, "by": each.actor_role} for each in timeline
        ],
    }


# The columns of a registration that the copy contains.
_REGISTRATION_COLUMNS = (
    "people",
    "category",
    "state",
    "language",
    "offsets",
    "registered_at",
    "arrived_at",
    "rating",
)


async def _describe_registrations(
    connection: AsyncConnection, rows: Sequence[Registration]
) -> list[dict[str, Any]]:
    codes = await attendance.map_forum_codes(connection, [each.forum_id for each in rows])
    return [
        {
            "forum": codes[row.forum_id],
            **{name: getattr(row, name) for name in _REGISTRATION_COLUMNS},
        }
        for row in rows
    ]


async def erase_person(work: UnitOfWork, chat_id: int) -> ErasureReport:
    """Erase the submissions, registrations, subscriptions and failed updates of a person.

    Submissions that the law requires, or that are being handled, are kept and reported. If no
    submission is kept, the resident, the chat's draft and its settings are deleted too.
    """
    gone, kept = 0, []
    for submission in (await load_personal_data(work, chat_id)).submissions:
        reason = submission_rules.get_erasure_obstacle(submission)
        if reason is None and await _is_banned(work, submission):
            reason = "banned"
        if reason is not None:
            kept.append((submission.code, reason))
            await _record_action(work, ERASURE_ASKED, submission)
            continue
        if not await erasing.erase_submission(
            work,
            submission,
            state=_compute_erased_state(submission),
            reason=ErasureReason.REQUEST,
            at=_blur_time(work.now, submission),
        ):
            kept.append((submission.code, "being_handled"))
            continue
        if submission.closed_at is None and submission.answered_at is None:
            await release_merged_cases(work, submission.id)
        await _record_action(work, ERASED, submission)
        gone += 1
    await erase_attendee(work, work.policy.pseudonyms.list_pseudonyms(chat_id))
    chat_keys = work.policy.pseudonyms.list_chat_keys(chat_id)
    await erasure.delete_messages(work.connection, chat_keys)
    await failed_updates.delete_failed_updates_of(work.connection, chat_keys)
    await erasure.compact_search_index(work.connection)
    if not kept:
        await erasure.delete_residents(
            work.connection, work.policy.pseudonyms.list_pseudonyms(chat_id)
        )
        await consents.delete_consent(
            work.connection, work.policy.pseudonyms.list_consent_keys(chat_id)
        )
        await conversations.delete_conversation(work.connection, work.policy.pseudonyms, chat_id)
    return ErasureReport(gone, kept)


async def _is_banned(work: UnitOfWork, submission: Submission) -> bool:
    """Return True if a ban is in force for a submission: without it nobody could appeal."""
    ban = await find_present_ban(work, submission.id)
    return ban is not None and ban.state is BanState.IN_FORCE


async def withdraw_consent(work: UnitOfWork, chat_id: int) -> ErasureReport:
    """Erase what `erase_person` erases, and the draft and settings; record the withdrawal.

    What `erase_person` keeps is kept, although the consent is withdrawn. For submissions that the
    law requires, Law 91/2025/QH15, art. 19, allows this.
    """
    report = await erase_person(work, chat_id)
    await consents.withdraw_consent(
        work.connection, work.policy.pseudonyms.list_consent_keys(chat_id)
    )
    await conversations.delete_conversation(work.connection, work.policy.pseudonyms, chat_id)
    await audit.append_entry(work.connection, WITHDRAWN, work.now, role=audit.RESIDENT)
    return report


async def correct_phone(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Replace the phone number of all submissions of a person that have one.

    `answers["phone"]` is the new number.
    """
    for submission in (await load_personal_data(work, chat.id)).submissions:
        if submission.phone is not None:
            encrypted = work.policy.cipher.encrypt_text(answers["phone"])
            if (
                await submissions.update_submission(work.connection, submission, phone=encrypted)
                is not None
            ):
                await _record_action(work, CORRECTED, submission)


def _compute_erased_state(submission: Submission) -> State:
    """Return the state after the erasure: an open submission counts as withdrawn."""
    return (
        State.WITHDRAWN if submission.state in submission_rules.WITHDRAWABLE else submission.state
    )


def _blur_time(now: datetime, submission: Submission) -> datetime:
    """Return the time to store an erasure with: of an unnamed submission only its day.

    All submissions of a person are erased at once, and the exact time would connect them.
    """
    if not submission.confidential:
        return now
    return max(submission.created_at, round_to_day(now))


async def _record_action(work: UnitOfWork, action: str, submission: Submission) -> None:
    """Append an audit entry. That of an unnamed submission does not say which one it is.

    The entries of one request have one time, so they would connect a person's submissions.
    """
    await audit.append_entry(
        work.connection,
        action,
        work.now,
        role=audit.RESIDENT,
        submission_id=None if submission.confidential else submission.id,
    )
