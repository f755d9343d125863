"""Officers: how they join by an invite, go on and off duty, and leave."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework import release
from bot.casework.permissions import LEADER_ROLES, get_visible_unit
from bot.notifications.to_officers import ALERT_KIND, notify_joined
from storage import audit, officers, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Invite, Officer, Role

INVITED, INVITE_REVOKED = "officer.invited", "invite.revoked"  # actions of the audit log
_INVITE_LIFETIME = timedelta(days=7)  # of a link that registers an officer, if it is not used


async def make_invite(
    work: UnitOfWork,
    unit_code: str,
    role: Role,
    topics: Sequence[str],
    *,
    by: int | None = None,
) -> str:
    """Store a one-time invite; return its token, of which only the hash is stored.

    `by` is the id of the officer who asks for it; None if only the operator is known.
    """
    token = secrets.token_urlsafe(24)
    invite_id = await officers.add_invite(
        work.connection,
        {
            "token_hash": _hash_token(token),
            "unit_code": unit_code,
            "role": role,
            "topics": list(topics),
            "created_at": work.now,
            "expires_at": work.now + _INVITE_LIFETIME,
            "invited_by": by,
        },
    )
    await audit.append_entry(
        work.connection,
        INVITED,
        work.now,
        role=audit.OPERATOR,
        actor_id=by,
        details={"invite": invite_id, "unit": unit_code, "role": role},
    )
    return token


async def list_invites(work: UnitOfWork, chat_id: int) -> list[tuple[Invite, str | None]] | None:
    """Return the open invites that a leader may revoke, each with the name of who asked for it.

    Those are of the own unit, for leaders of the city of all units. Return None for anybody else.
    """
    leader = await _find_leader(work, chat_id)
    if leader is None:
        return None
    found = await officers.list_open_invites(work.connection, get_visible_unit(leader), work.now)
    names = await _map_names(work, found)
    return [(each, names.get(each.invited_by)) for each in found]


async def revoke_invite(work: UnitOfWork, chat_id: int, invite_id: int) -> bool:
    """Revoke an invite as a leader. Return False if it is used, or not the leader's to revoke."""
    leader = await _find_leader(work, chat_id)
    if leader is None:
        return False
    return await _revoke(work, invite_id, get_visible_unit(leader), leader.role, leader.id)


async def revoke_any_invite(work: UnitOfWork, invite_id: int) -> bool:
    """Revoke an invite as the operator. Return False if there is none that can be used."""
    return await _revoke(work, invite_id, None, audit.OPERATOR, None)


async def _revoke(
    work: UnitOfWork, invite_id: int, unit_code: str | None, role: str, by: int | None
) -> bool:
    revoked = await officers.revoke_invite(work.connection, invite_id, unit_code, by, work.now)
    if revoked is None:
        return False
    await audit.append_entry(
        work.connection,
        INVITE_REVOKED,
        work.now,
        role=role,
        actor_id=by,
        details={"invite": invite_id, "unit": revoked.unit_code},
    )
    return True


async def _find_leader(work: UnitOfWork, chat_id: int) -> Officer | None:
    officer = await officers.find_officer(work.connection, chat_id)
    return officer if officer is not None and officer.role in LEADER_ROLES else None


async def _map_names(work: UnitOfWork, invites: Sequence[Invite]) -> dict[int | None, str]:
    """Return the names of the officers who asked for invites, by id."""
    ids = {each.invited_by for each in invites if each.invited_by is not None}
    return {each.id: each.name for each in await officers.list_by_ids(work.connection, ids)}


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
        details={"unit": invite.unit_code, "invite": invite.id},
    )
    names = await _map_names(work, [invite])
    leaders = [
        each
        for each in await officers.list_active(work.connection, (officer.unit_code, CITY))
        if each.role in LEADER_ROLES and each.id != officer.id
    ]
    await notify_joined(work, officer, leaders, names.get(invite.invited_by))
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
