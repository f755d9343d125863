"""Opinions spoken in the hall: entered for who has no telephone, and theirs later by a QR code.

They stand beside those that were sent: with a receipt code, a due date and an officer.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.classification.suggestion import is_urgent
from bot.core.requests import Refused
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback.intake_service import show_receipt
from bot.forums.attendance.rules import may_relay
from bot.forums.session.flow import suggest_topics
from bot.forums.session.service import find_live_session
from bot.forums.session.staff_entry import StaffEntry, add_staff_entry
from bot.notifications import to_resident
from bot.notifications.message import Addressee
from storage import attendance, audit, forum_sessions, residents
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.policy import Policy
    from bot.core.requests import Chat
    from storage.models import Forum, Officer, Submission

CLAIM = "claim_"  # of the deep link's payload
_CLAIMED_WITHIN = timedelta(days=60)
_EXCERPT = 300  # characters


async def begin_oral_submission(work: UnitOfWork, chat_id: int, code: str) -> dict[str, Any]:
    """The facts that the words are asked with; raises Refused."""
    _officer, forum = await _writer(work, chat_id, code)
    return {"@code": forum.code}


async def _writer(work: UnitOfWork, chat_id: int, code: str) -> tuple[Officer | None, Forum]:
    """Who enters what is said, and where: an organiser or, without a role, a neighbourhood's head.

    Raises Refused for anybody else.
    """
    try:
        return await find_live_session(work.connection, chat_id, code)
    except Refused:
        forum = await attendance.find_published_forum(work.connection, code[:16])
        if forum is None:
            raise
        aliases = work.policy.pseudonyms.list_aliases(chat_id, named=True)
        mine = await attendance.find_registration(work.connection, forum.id, aliases)
        if not may_relay(forum, mine):
            raise
        return None, forum


async def enter_oral_submission(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Receive what somebody said in the hall; raises Refused, with nothing changed."""
    officer, forum = await _writer(work, chat.id, answers["@code"])
    kind, said = Kind(answers["kind"]), answers["text"]
    what = StaffEntry(
        "spoken",
        kind,
        suggest_topics(said),
        forum.area,
        said,
        work.policy.due(kind, work.now),
        urgent=is_urgent(said),
    )
    opinion = await add_staff_entry(work, forum, officer, what)
    claim = secrets.token_urlsafe(18)
    await forum_sessions.add_oral_submission(
        work.connection,
        {
            "forum_id": forum.id,
            "submission_id": opinion.id,
            "officer_id": officer.id if officer else None,
            "at": work.now,
            "claim": claim,
        },
    )
    if officer is not None:
        recipient = Addressee(chat.id, chat.language)
    else:
        address = work.policy.pseudonyms.make_address(chat.id, named=True)
        recipient = Addressee(address.alias, chat.language, address.sealed)
    screen = _show_entered(officer, forum, opinion, claim, work.policy)
    await to_resident.confirm_oral_submission(work, opinion, recipient, screen)


def _show_entered(
    officer: Officer | None, forum: Forum, opinion: Submission, claim: str, policy: Policy
) -> Screen:
    """Return the code, and buttons for the QR code, another entry and, of an officer, the next."""
    ways = [("qr", claim), ("spoken", forum.code)]
    if officer is not None:
        ways.append(("next", f"{forum.code}.0"))
    buttons = tuple(Button(Words(f"hall.{way}"), f"hall:{way}={value}") for way, value in ways)
    due = opinion.due_at.astimezone(policy.zone).date()
    return Screen((Words("hall.entered", {"code": opinion.code, "due": due}),), buttons)


async def find_claimable(work: UnitOfWork, claim: str) -> Mapping[str, Any] | None:
    """What is asked about the opinion that a QR code stands for; None when nobody can claim it."""
    opinion = await forum_sessions.find_claimable(
        work.connection, claim[:32], work.now - _CLAIMED_WITHIN
    )
    return None if opinion is None else {"@claim": claim[:32], "@text": opinion.text[:_EXCERPT]}


async def claim_submission(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Let a spoken opinion be theirs who said it: they get the receipt, and later the answer.

    Raises Refused when it is somebody's already.
    """
    resident = await residents.find_resident(
        work.connection, work.policy.pseudonyms.list_aliases(chat.id, named=True)
    )
    assert resident is not None  # who did not agree does not come here
    opinion = await forum_sessions.claim_submission(
        work.connection, answers["@claim"], resident.id, work.now, work.now - _CLAIMED_WITHIN
    )
    if opinion is None:
        raise Refused(Words("claim.gone"))
    await audit.append_entry(
        work.connection,
        "submission.claimed",
        work.now,
        role=audit.RESIDENT,
        submission_id=opinion.id,
    )
    recipient = Addressee(resident.alias, chat.language, resident.sealed)
    await to_resident.send_receipt(work, opinion, recipient, show_receipt(opinion, work.policy))
