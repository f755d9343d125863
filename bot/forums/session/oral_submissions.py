"""Oral submissions: opinions spoken in the session of a forum, entered by staff for the speaker.

Each becomes a case with a receipt code, a due date and an officer. The speaker can claim it later
by a QR code.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework.resident_identity import store_resident
from bot.classification.suggestion import is_urgent
from bot.core.addresses import load_address
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback.intake_service import show_receipt
from bot.forums.attendance.rules import may_enter_oral_submissions
from bot.forums.attendance.views import find_own_registration
from bot.forums.session.screens import show_entered
from bot.forums.session.views import find_session
from bot.forums.staff_entry import StaffEntry, add_staff_entry, suggest_topics
from bot.notifications import to_resident
from bot.notifications.message import Addressee
from bot.notifications.summaries import name_forum
from storage import audit, forum_sessions, forums, residents
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat
    from storage.models import Forum, Officer

CLAIM_PREFIX = "claim_"  # of the payload of the deep link to claim one; the token follows
_CLAIMABLE_FOR = timedelta(days=60)  # after the oral submission was entered
_EXCERPT = 300  # characters of its text that the claim shows
_MAX_CODE, _MAX_TOKEN = 16, 32  # characters of a forum's code or a claim's token looked up


async def begin_oral_submission(work: UnitOfWork, chat_id: int, forum_code: str) -> dict[str, Any]:
    """Return the facts for the conversation of an oral submission.

    Raises Refused if the person of a chat may not enter one now.
    """
    _officer, forum = await _find_writer(work, chat_id, forum_code)
    return {"@code": forum.code, **name_forum(forum, work.policy.zone)}


async def _find_writer(
    work: UnitOfWork, chat_id: int, forum_code: str
) -> tuple[Officer | None, Forum]:
    """Return the planner who enters what is said, and the forum.

    The officer is None for the head of a neighbourhood. Raises Refused for anybody else.
    """
    try:
        return await find_session(work.connection, chat_id, forum_code)
    except Refused:
        forum = await forums.find_published_forum(work.connection, forum_code[:_MAX_CODE])
        if forum is None:
            raise
        if not may_enter_oral_submissions(
            forum, await find_own_registration(work, chat_id, forum.id)
        ):
            raise
        return None, forum


async def enter_oral_submission(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Store an oral submission, and send a confirmation to the person who entered it.

    Raises Refused if the person may not enter one now.
    """
    officer, forum = await _find_writer(work, chat.id, answers["@code"])
    kind, text = Kind(answers["kind"]), answers["text"]
    entry = StaffEntry(
        "spoken",
        kind,
        suggest_topics(text),
        forum.area,
        text,
        work.policy.compute_due(kind, work.now),
        urgent=is_urgent(text),
    )
    submission = await add_staff_entry(work, forum, officer, entry)
    token = secrets.token_urlsafe(18)
    await forum_sessions.add_oral_submission(
        work.connection,
        {
            "forum_id": forum.id,
            "submission_id": submission.id,
            "officer_id": officer.id if officer else None,
            "at": work.now,
            "claim": token,
        },
    )
    if officer is not None:
        recipient = Addressee(chat.id, chat.language)
    else:
        address = await load_address(work, chat.id, named=True)
        recipient = Addressee(address.pseudonym, chat.language, address.encrypted_chat_id)
    is_planner = officer is not None
    screen = show_entered(forum, submission, token, work.policy.zone, is_planner=is_planner)
    await to_resident.confirm_oral_submission(work, submission, recipient, screen)


async def find_claimable(work: UnitOfWork, token: str) -> Mapping[str, Any] | None:
    """Return the facts for the conversation of a claim; None if the token cannot be used.

    It is unknown or used, the oral submission was entered more than 60 days ago, or it was erased.
    """
    token = token[:_MAX_TOKEN]
    submission = await forum_sessions.find_claimable(
        work.connection, token, work.now - _CLAIMABLE_FOR
    )
    return None if submission is None else {"@claim": token, "@text": submission.text[:_EXCERPT]}


async def claim_submission(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Make the person the resident of an oral submission, and send them the receipt.

    They will get the answer too. Raises Refused if it was claimed before, was entered more than 60
    days ago, or was erased.
    """
    address = await store_resident(work, chat.id, named=True)
    resident = await residents.find_resident(work.connection, [address.pseudonym])
    assert resident is not None
    submission = await forum_sessions.claim_submission(
        work.connection, answers["@claim"], resident.id, work.now, work.now - _CLAIMABLE_FOR
    )
    if submission is None:
        raise Refused(Words("claim.gone"))
    await audit.append_entry(
        work.connection,
        "submission.claimed",
        work.now,
        role=audit.RESIDENT,
        submission_id=submission.id,
    )
    recipient = Addressee(resident.alias, chat.language, resident.sealed)
    screen = show_receipt(submission, work.policy)
    await to_resident.send_receipt(work, submission, recipient, screen)
