"""A resident's rights to their data: to know, to have a copy, to correct, to erase, to withdraw.

Law 91/2025/QH15 on the protection of personal data, and Decree 356/2025.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from bot.casework import submission_rules
from bot.casework.release import release_merged_cases
from bot.casework.timeline import list_timeline
from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance.erasure import erase_attendee
from storage import (
    attendance,
    audit,
    conversations,
    correspondence,
    erasure,
    failed_updates,
    residents,
    submissions,
)
from storage.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.requests import Chat
    from storage.models import Registration, Submission, Subscription

_MOST = 10_000  # submissions of one person

ERASED, ASKED, WITHDRAWN = "data.erased", "data.erasure_asked", "consent.withdrawn"
CORRECTED, COPIED = "data.corrected", "data.copied"


@dataclass(frozen=True)
class ErasureReport:
    """What an erasure did: how many are gone, and which stay, each with the reason's key."""

    gone: int
    kept: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class PersonalData:
    """What is stored of a person: their opinions, how many of them hold a phone number, forums."""

    submissions: Sequence[Submission]
    phones: int
    agreed: bool
    registrations: Sequence[Registration]
    subscriptions: Sequence[Subscription]


async def load_personal_data(work: UnitOfWork, chat_id: int) -> PersonalData:
    """What is stored of the person of a chat."""
    aliases = work.policy.pseudonyms.list_aliases(chat_id)
    given = await submissions.list_submissions_of(work.connection, aliases, before=None, most=_MOST)
    resident = await residents.find_resident(work.connection, aliases)
    return PersonalData(
        given,
        sum(each.phone is not None for each in given),
        resident is not None,
        await attendance.list_registrations(work.connection, aliases),
        await attendance.list_subscriptions(work.connection, aliases),
    )


async def make_copy(work: UnitOfWork, chat_id: int) -> bytes:
    """Everything that is stored of the person of a chat, as JSON; who looked at it, by role."""
    held = await load_personal_data(work, chat_id)
    resident = await residents.find_resident(
        work.connection, work.policy.pseudonyms.list_aliases(chat_id, named=True)
    )
    chat = await conversations.find_conversation(work.connection, chat_id)
    document = {
        "at": work.now,
        "telegram_id": chat_id,
        "language": chat.language if chat else None,
        "settings": chat.preferences if chat else {},
        "draft": chat.answers if chat else {},
        "consent": _consent(resident),
        "opinions": [await _opinion(work, each) for each in held.submissions],
        "forums": await _attending(work.connection, held.registrations),
        "news_of_forums": [
            {"subject": each.subject, "language": each.language, "at": each.created_at}
            for each in held.subscriptions
        ],
    }
    await audit.append_entry(work.connection, COPIED, work.now, role=audit.RESIDENT)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _consent(resident: Any) -> dict[str, Any] | None:
    if resident is None:
        return None
    return {
        "version": resident.consent_version,
        "language": resident.consent_language,
        "at": resident.consent_at,
    }


_COLUMNS = (
    "code",
    "kind",
    "topics",
    "unit_code",
    "handled_by",
    "text",
    "urgent",
    "hides_personal",
    "state",
    "identity",
    "confidential",
    "created_at",
    "due_at",
    "answered_at",
    "rating",
    "rating_reason",
    "reopened_at",
    "closed_at",
)


async def _opinion(work: UnitOfWork, submission: Submission) -> dict[str, Any]:
    number = submission.id
    files = await submissions.list_attachments(work.connection, number)
    said = await correspondence.list_remarks(work.connection, number)
    timeline = await list_timeline(work.connection, number)
    return {
        **{name: getattr(submission, name) for name in _COLUMNS},
        "phone": work.policy.cipher.decrypt_text(submission.phone) if submission.phone else None,
        "files": [
            {"type": f.type, "name": f.file_name, "size": f.size, "sha256": f.digest} for f in files
        ],
        "added": [{"at": each.at, "text": each.text} for each in said if each.officer_id is None],
        "timeline": [
            {"at": each.at, "what": each.action, "by": each.actor_role} for each in timeline
        ],
    }


_OF_A_FORUM = (
    "people",
    "category",
    "state",
    "language",
    "offsets",
    "registered_at",
    "arrived_at",
    "rating",
)


async def _attending(
    connection: AsyncConnection, rows: Sequence[Registration]
) -> list[dict[str, Any]]:
    codes = await attendance.map_forum_codes(connection, [each.forum_id for each in rows])
    return [
        {"forum": codes[row.forum_id], **{name: getattr(row, name) for name in _OF_A_FORUM}}
        for row in rows
    ]


async def erase_person(work: UnitOfWork, chat_id: int) -> ErasureReport:
    """Erase what may be erased of the person of a chat; what must stay is said with the reason.

    When nothing has to stay, the chat itself is forgotten too, with its draft and its settings.
    """
    gone, kept = 0, []
    for submission in (await load_personal_data(work, chat_id)).submissions:
        reason = submission_rules.get_erasure_obstacle(submission)
        if reason is not None:
            kept.append((submission.code, reason))
            await _write(work, ASKED, submission)
            continue
        if not await erasure.erase_submission(
            work.connection, submission, work.now, state=_state_of(submission)
        ):
            kept.append((submission.code, "being_handled"))
            continue
        if submission.closed_at is None and submission.answered_at is None:
            await release_merged_cases(work, submission.id)
        await _write(work, ERASED, submission)
        gone += 1
    await erase_attendee(work, work.policy.pseudonyms.list_aliases(chat_id))
    await failed_updates.delete_failed_updates_of(
        work.connection, chat_id, work.policy.pseudonyms.list_aliases(chat_id, named=True)
    )
    await erasure.compact_search_index(work.connection)
    if not kept:
        await erasure.delete_residents(
            work.connection, work.policy.pseudonyms.list_aliases(chat_id)
        )
        await conversations.delete_conversation(work.connection, chat_id)
    return ErasureReport(gone, kept)


async def withdraw_consent(work: UnitOfWork, chat_id: int) -> ErasureReport:
    """Erase what may be erased, and forget the chat itself: nothing more is taken from it.

    What the law has kept is kept without consent (Law 91/2025/QH15, art. 19).
    """
    done = await erase_person(work, chat_id)
    await residents.withdraw_consent(work.connection, work.policy.pseudonyms.list_aliases(chat_id))
    await conversations.delete_conversation(work.connection, chat_id)
    await audit.append_entry(work.connection, WITHDRAWN, work.now, role=audit.RESIDENT)
    return done


async def correct_phone(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Put another phone number in place of every one that was given before."""
    for submission in (await load_personal_data(work, chat.id)).submissions:
        if submission.phone is not None:
            sealed = work.policy.cipher.encrypt_text(answers["phone"])
            if (
                await submissions.update_submission(work.connection, submission, phone=sealed)
                is not None
            ):
                await _write(work, CORRECTED, submission)


def _state_of(submission: Submission) -> State:
    """An open opinion that is erased was thereby taken back."""
    return (
        State.WITHDRAWN if submission.state in submission_rules.WITHDRAWABLE else submission.state
    )


async def _write(work: UnitOfWork, action: str, submission: Submission) -> None:
    await audit.append_entry(
        work.connection, action, work.now, role=audit.RESIDENT, submission_id=submission.id
    )
