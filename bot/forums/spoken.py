"""Opinions spoken in the hall: entered for who has no telephone, and theirs later by a QR code.

They stand beside those that were sent: with a receipt code, a due date and an officer.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.conversation.flow import Refused
from bot.feedback.service import receipt
from bot.feedback.suggestion import is_urgent
from bot.forums.attending_rules import may_relay
from bot.forums.hall_flow import topics_of
from bot.forums.hearing import in_the_hall
from bot.forums.recorded import Record, record
from bot.screen import Button, Screen, Words
from storage import attendance, audit, hearings, outbox, residents
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.flow import Chat
    from bot.policy import Policy
    from storage.models import Forum, Officer, Submission

CLAIM = "claim_"  # of the deep link's payload
_CLAIMED_WITHIN = timedelta(days=60)
_LIFETIME = timedelta(days=30)
_EXCERPT = 300  # characters


async def begin(
    connection: AsyncConnection, chat_id: int, code: str, *, policy: Policy
) -> dict[str, Any]:
    """The facts that the words are asked with; raises Refused."""
    _officer, forum = await _writer(connection, chat_id, code, policy)
    return {"@code": forum.code}


async def _writer(
    connection: AsyncConnection, chat_id: int, code: str, policy: Policy
) -> tuple[Officer | None, Forum]:
    """Who enters what is said, and where: an organiser or, without a role, a neighbourhood's head.

    Raises Refused for anybody else.
    """
    try:
        return await in_the_hall(connection, chat_id, code)
    except Refused:
        forum = await attendance.forum(connection, code[:16])
        if forum is None:
            raise
        aliases = policy.seal.aliases(chat_id, named=True)
        mine = await attendance.registration(connection, forum.id or 0, aliases)
        if not may_relay(forum, mine):
            raise
        return None, forum


async def enter(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Receive what somebody said in the hall; raises Refused, with nothing changed."""
    officer, forum = await _writer(connection, chat.id, answers["@code"], policy)
    kind, said = Kind(answers["kind"]), answers["text"]
    what = Record(
        "spoken",
        kind,
        topics_of(said),
        forum.area,
        said,
        policy.due(kind, now),
        urgent=is_urgent(said),
    )
    opinion = await record(connection, forum, officer, what, now, policy=policy)
    claim = secrets.token_urlsafe(18)
    await hearings.note(
        connection,
        {
            "forum_id": forum.id,
            "submission_id": opinion.id,
            "officer_id": officer.id if officer else None,
            "at": now,
            "claim": claim,
        },
    )
    kept = _kept(chat, officer, forum, opinion, claim, policy)
    await outbox.enqueue(connection, [kept], now)


def _kept(
    chat: Chat,
    officer: Officer | None,
    forum: Forum,
    opinion: Submission,
    claim: str,
    policy: Policy,
) -> outbox.Message:
    """For who entered it: its code, the QR code for who said it, and the way on."""
    ways = [("qr", claim), ("spoken", forum.code)]
    if officer is not None:
        ways.append(("next", f"{forum.code}.0"))
    buttons = tuple(Button(Words(f"hall.{way}"), f"hall:{way}={value}") for way, value in ways)
    due = opinion.due_at.astimezone(policy.zone).date()
    words = Words("hall.entered", {"code": opinion.code, "due": due})
    address = None if officer else policy.seal.address(chat.id, named=True)
    return outbox.Message(
        dedup_key=f"spoken:{opinion.code}",
        chat_id=address.alias if address else chat.id,
        sealed=address.sealed if address else None,
        priority=outbox.Priority.REPLY,
        language=chat.language,
        screen=Screen((words,), buttons).to_json(),
        expires_at=opinion.created_at + _LIFETIME,
    )


async def claimable(
    connection: AsyncConnection, claim: str, now: datetime
) -> Mapping[str, Any] | None:
    """What is asked about the opinion that a QR code stands for; None when nobody can claim it."""
    opinion = await hearings.claimable(connection, claim[:32], now - _CLAIMED_WITHIN)
    return None if opinion is None else {"@claim": claim[:32], "@text": opinion.text[:_EXCERPT]}


async def claim(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Let a spoken opinion be theirs who said it: they get the receipt, and later the answer.

    Raises Refused when it is somebody's already.
    """
    resident = await residents.find(connection, policy.seal.aliases(chat.id, named=True))
    assert resident is not None  # who did not agree does not come here
    opinion = await hearings.make_theirs(
        connection, answers["@claim"], resident.id or 0, now, now - _CLAIMED_WITHIN
    )
    if opinion is None:
        raise Refused(Words("claim.gone"))
    await audit.append(
        connection, "submission.claimed", now, role=audit.RESIDENT, submission_id=opinion.id
    )
    message = outbox.Message(
        dedup_key=f"receipt:{opinion.code}",
        chat_id=resident.alias,
        sealed=resident.sealed,
        priority=outbox.Priority.REPLY,
        language=chat.language,
        screen=receipt(opinion, policy).to_json(),
        expires_at=now + _LIFETIME,
    )
    await outbox.enqueue(connection, [message], now)
