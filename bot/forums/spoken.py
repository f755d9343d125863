"""Opinions spoken in the hall: entered for who has no telephone, and theirs later by a QR code.

They stand beside those that were sent: with a receipt code, a due date and an officer.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import VINTAGE
from bot.conversation.flow import Refused
from bot.feedback import rules
from bot.feedback.alerts import alert
from bot.feedback.service import RECEIVED, receipt
from bot.feedback.suggestion import is_urgent
from bot.folding import fold
from bot.forums.hall_flow import topics_of
from bot.forums.hearing import in_the_hall
from bot.screen import Button, Screen, Words
from storage import audit, hearings, outbox, residents, submissions
from storage.models import Identity, Kind, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.flow import Chat
    from bot.policy import Policy
    from storage.models import Forum, Submission

CLAIM = "claim_"  # of the deep link's payload
_NOBODY = 0  # is no pseudonym
_CLAIMED_WITHIN = timedelta(days=60)
_LIFETIME = timedelta(days=30)
_EXCERPT = 300  # characters


async def begin(connection: AsyncConnection, chat_id: int, code: str) -> dict[str, Any]:
    """The facts that the words are asked with; raises Refused."""
    _officer, forum = await in_the_hall(connection, chat_id, code)
    return {"@code": forum.code}


async def enter(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Receive what somebody said in the hall; raises Refused, with nothing changed."""
    officer, forum = await in_the_hall(connection, chat.id, answers["@code"])
    kind, said = Kind(answers["kind"]), answers["text"]
    topics = topics_of(said)
    values = {
        "code": rules.receipt_code(secrets.choice),
        "kind": kind,
        "topics": [topic.value for topic in topics],
        "unit_code": forum.area,
        "unit_vintage": VINTAGE,
        "handled_by": rules.handled_by(kind, topics, forum.area),
        "text": said,
        "folded": fold(said),
        "urgent": is_urgent(said),
        "hides_personal": False,
        "version": 1,
        "state": State.RECEIVED,
        "identity": Identity.UNNAMED,
        "phone": None,
        "confidential": False,  # everybody in the hall heard it
        "language": policy.officers_language,
        "forum": forum.code,
        "created_at": now,
        "due_at": policy.due(kind, now),
    }
    opinion = await submissions.add(connection, _NOBODY, values, [])
    await hearings.note(
        connection,
        {
            "forum_id": forum.id,
            "submission_id": opinion.id,
            "officer_id": officer.id,
            "at": now,
            "claim": secrets.token_urlsafe(18),
        },
    )
    await audit.append(
        connection, RECEIVED, now, role=officer.role, actor_id=officer.id,
        submission_id=opinion.id, details={"forum": forum.code, "spoken": True},
    )  # fmt: skip
    await alert(connection, opinion, now, policy=policy)
    await outbox.enqueue(connection, [_kept(officer.chat_id, forum, opinion, now, policy)], now)


def _kept(
    chat_id: int, forum: Forum, opinion: Submission, now: datetime, policy: Policy
) -> outbox.Message:
    """For the organiser: its code, the QR code for who said it, and the way on."""
    at = f"{forum.code}.{opinion.id}"
    ways = (("qr", at), ("spoken", forum.code), ("next", f"{forum.code}.0"))
    buttons = tuple(Button(Words(f"hall.{way}"), f"hall:{way}={value}") for way, value in ways)
    due = opinion.due_at.astimezone(policy.zone).date()
    return outbox.Message(
        dedup_key=f"spoken:{opinion.code}",
        chat_id=chat_id,
        priority=outbox.Priority.REPLY,
        language=policy.officers_language,
        screen=Screen(
            (Words("hall.entered", {"code": opinion.code, "due": due}),), buttons
        ).to_json(),
        expires_at=now + _LIFETIME,
    )


async def token(connection: AsyncConnection, chat_id: int, code: str, number: int) -> str:
    """What the QR code of a spoken opinion holds; raises Refused when it is somebody's already."""
    _officer, forum = await in_the_hall(connection, chat_id, code)
    row = await hearings.spoken(connection, forum.id or 0, number)
    if row is None or row.claim is None:
        raise Refused(Words("hall.claimed"))
    return CLAIM + row.claim


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
