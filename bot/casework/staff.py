"""Officers: how they join by an invite, go on and off duty, and leave."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.casework import release
from bot.notifications.to_officers import ALERT_KIND
from storage import audit, officers, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Officer, Role

_INVITE_LIFETIME = timedelta(days=7)  # of a link that registers an officer, if it is not used


async def make_invite(work: UnitOfWork, unit_code: str, role: Role, topics: Sequence[str]) -> str:
    """Store a one-time invite; return its token, of which only the hash is stored."""
    token = secrets.token_urlsafe(24)
    await officers.add_invite(
        work.connection,
        {
            "token_hash": _hash_token(token),
            "unit_code": unit_code,
            "role": role,
            "topics": list(topics),
            "created_at": work.now,
            "expires_at": work.now + _INVITE_LIFETIME,
        },
    )
    return token


async def accept_invite(work: UnitOfWork, chat_id: int, name: str, token: str) -> Officer | None:
    """Make the person of a chat an officer on duty; return None if the invite cannot be used.

    A person who uses the same invite again gets the officer that they already are.
    """
    token_hash = _hash_token(token)
    invite = await officers.use_invite(work.connection, token_hash, chat_id, work.now)
    if invite is None:
        user = await officers.find_invite_user(work.connection, token_hash)
        return await officers.find_officer(work.connection, chat_id) if user == chat_id else None
    await officers.upsert_officer(
        work.connection,
        {
            "chat_id": chat_id,
            "name": name[:128],
            "unit_code": invite.unit_code,
            "role": invite.role,
            "topics": invite.topics,
            "on_duty": True,
            "active": True,
            "roster": [],
            "created_at": work.now,
        },
    )
    officer = await officers.find_officer(work.connection, chat_id)
    assert officer is not None
    await audit.append_entry(
        work.connection,
        "officer.joined",
        work.now,
        role=invite.role,
        actor_id=officer.id,
        details={"unit": invite.unit_code},
    )
    return officer


async def set_duty(work: UnitOfWork, chat_id: int, *, on_duty: bool) -> Officer | None:
    """Set whether the officer of a chat is `on_duty`; return None if there is no officer."""
    if not await officers.set_duty(work.connection, chat_id, on_duty=on_duty):
        return None
    officer = await officers.find_officer(work.connection, chat_id)
    assert officer is not None
    action = "officer.on_duty" if on_duty else "officer.off_duty"
    await audit.append_entry(
        work.connection, action, work.now, role=officer.role, actor_id=officer.id
    )
    return officer


async def mark_officer_unreachable(work: UnitOfWork, chat_id: int) -> None:
    """Set an officer who blocked the bot off duty, and release the cases of undelivered alerts."""
    officer = await set_duty(work, chat_id, on_duty=False)
    if officer is not None:
        unsent = await outbox.list_unsent_submissions(work.connection, chat_id, ALERT_KIND)
        await release.return_undelivered(work, unsent, officer.id)


async def deactivate_officer(
    work: UnitOfWork, officer_id: int, *, role: str, by: int | None = None
) -> bool:
    """Remove an officer's permissions, and release their cases.

    `role` and `by` (an officer's id) are the actor in the audit log. Returns False if there is no
    active officer with this id.
    """
    if not await officers.deactivate_officer(work.connection, officer_id):
        return False
    await release.release_cases(work, officer_id)
    await audit.append_entry(
        work.connection,
        "officer.deactivated",
        work.now,
        role=role,
        actor_id=by,
        details={"officer": officer_id},
    )
    return True


def _hash_token(token: str) -> str:
    """Return the hash of an invite's token, which is stored. A long random token needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
