"""What officers do, each in one transaction: join, go on duty, open a case."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework import action_service, case_access, choices, rules
from bot.casework.actions import NEW, TRANSITIONS, is_allowed
from storage import audit, bans, casework, officers, outbox, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.casework.actions import Transition
    from bot.conversation.engine import Chat
    from bot.core.policy import Policy
    from storage.models import Answer, Attachment, Officer, Remark, Role, Submission

OPENED = "case.opened"
BANNED, UNBANNED = "resident.banned", "resident.unbanned"


@dataclass(frozen=True)
class CaseView:
    """A submission as an officer sees it: with its phone number, and the files to show.

    `withheld` files are not shown: their clean copies are not there yet, or never will be. `merged`
    are answered with it, those `alike` seem to be about the same.
    """

    submission: Submission
    phone: str | None
    files: Sequence[Attachment]
    withheld: int
    remarks: Sequence[Remark]
    banned: bool
    answer: Answer | None
    actions: Sequence[Transition]
    merged: Sequence[Submission] = ()
    alike: Sequence[Submission] = ()


async def make_invite(
    connection: AsyncConnection, unit_code: str, role: Role, topics: Sequence[str], now: datetime
) -> str:
    """Make a one-time invite; the token, which is stored nowhere."""
    token = secrets.token_urlsafe(24)
    await officers.add_invite(
        connection,
        {
            "token_hash": rules.hash_token(token),
            "unit_code": unit_code,
            "role": role,
            "topics": list(topics),
            "created_at": now,
            "expires_at": now + rules.INVITE_LIFETIME,
        },
    )
    return token


async def accept_invite(
    connection: AsyncConnection, chat_id: int, name: str, token: str, now: datetime
) -> Officer | None:
    """Make the person of a chat an officer on duty by an invite; None when it cannot be used.

    The same person following the same link again is an officer already.
    """
    hashed = rules.hash_token(token)
    used = await officers.use_invite(connection, hashed, chat_id, now)
    if used is None:
        again = await officers.find_invite_user(connection, hashed) == chat_id
        return await officers.find_officer(connection, chat_id) if again else None
    await officers.upsert_officer(
        connection,
        {
            "chat_id": chat_id,
            "name": name[:128],
            "unit_code": used.unit_code,
            "role": used.role,
            "topics": used.topics,
            "on_duty": True,
            "active": True,
            "roster": [],
            "created_at": now,
        },
    )
    officer = await officers.find_officer(connection, chat_id)
    assert officer is not None
    await audit.append_entry(
        connection,
        "officer.joined",
        now,
        role=used.role,
        actor_id=officer.id,
        details={"unit": used.unit_code},
    )
    return officer


async def set_duty(
    connection: AsyncConnection, chat_id: int, now: datetime, *, on_duty: bool
) -> Officer | None:
    """Go on or off duty; None for who is no officer."""
    if not await officers.set_duty(connection, chat_id, on_duty=on_duty):
        return None
    officer = await officers.find_officer(connection, chat_id)
    assert officer is not None
    action = "officer.on_duty" if on_duty else "officer.off_duty"
    await audit.append_entry(connection, action, now, role=officer.role, actor_id=officer.id)
    return officer


async def open_case(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime, *, policy: Policy
) -> CaseView | None:
    """The case, if the person of this chat may see it; every view and every refusal is audited."""
    found = await case_access.find_case_access(connection, chat_id, code, now)
    if found is None:
        await action_service.record_refusal(connection, chat_id, "open", code, now)
        return None
    officer, submission = found.officer, found.case
    await audit.append_entry(
        connection, OPENED, now, role=officer.role, actor_id=officer.id, submission_id=submission.id
    )
    files = await submissions.list_attachments(connection, submission.id)
    shown = [file for file in files if rules.may_be_shown(submission, file)]
    phone = policy.cipher.decrypt_text(submission.phone) if submission.phone else None
    said = await submissions.list_remarks(connection, submission.id)
    owner = await submissions.find_owner(connection, submission.id)
    aliases = (
        policy.pseudonyms.list_aliases(policy.pseudonyms.decrypt_chat_id(owner.sealed))
        if owner
        else ()
    )
    banned = await bans.find_ban(connection, aliases, now) is not None
    actions = [each for each in TRANSITIONS if is_allowed(each, found)]
    withheld = len(files) - len(shown)
    merged = await casework.list_merged(connection, submission.id)
    alike = await choices.list_similar_cases(connection, found) if submission.state in NEW else []
    return CaseView(
        submission, phone, shown, withheld, said, banned, found.answer, actions, merged, alike
    )


async def ban_resident(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
) -> None:
    """Take no more opinions from who gave this one, for some days; who it is stays unknown."""
    found = await case_access.find_case_access(connection, chat.id, answers["@code"], now)
    if found is None:
        return
    officer, submission = found.officer, found.case
    owner = await submissions.find_owner(connection, submission.id)
    if owner is None:
        return
    days = int(answers["days"])
    until = now + timedelta(days=days)
    # Under the pseudonym of this opinion: another would tell that the two are one person.
    await bans.add_ban(connection, owner.alias, until, officer.id, answers["reason"], now)
    await audit.append_entry(
        connection,
        BANNED,
        now,
        role=officer.role,
        actor_id=officer.id,
        submission_id=submission.id,
        details={"days": days, "reason": answers["reason"]},
    )


async def unban_resident(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime, *, policy: Policy
) -> bool:
    """Take opinions again from who gave this one; whether they were banned."""
    found = await case_access.find_case_access(connection, chat_id, code, now)
    if found is None:
        return False
    officer, submission = found.officer, found.case
    owner = await submissions.find_owner(connection, submission.id)
    if owner is None:
        return False
    lifted = await bans.delete_bans(
        connection, policy.pseudonyms.list_aliases(policy.pseudonyms.decrypt_chat_id(owner.sealed))
    )
    if lifted:
        await audit.append_entry(
            connection,
            UNBANNED,
            now,
            role=officer.role,
            actor_id=officer.id,
            submission_id=submission.id,
        )
    return lifted


async def may_ban(connection: AsyncConnection, chat_id: int, code: str, now: datetime) -> bool:
    """Whether the person of a chat may ban who gave an opinion: as one who may open it."""
    return await case_access.find_case_access(connection, chat_id, code, now) is not None


async def mark_officer_unreachable(
    connection: AsyncConnection, chat_id: int, now: datetime
) -> None:
    """An officer cannot be written to: off duty, and what did not reach them goes to another."""
    officer = await set_duty(connection, chat_id, now, on_duty=False)
    if officer is None:
        return
    unsent = await outbox.list_unsent_keys(connection, chat_id, "alert:")
    codes = [key.split(":")[1] for key in unsent]
    await casework.return_undelivered(connection, codes, officer.id)


async def deactivate_officer(
    connection: AsyncConnection, officer_id: int, now: datetime, *, role: str, by: int | None = None
) -> bool:
    """Take an officer's rights away; what they had is for others. Whether there was such a one."""
    if not await officers.deactivate_officer(connection, officer_id):
        return False
    await casework.release_cases(connection, officer_id)
    await audit.append_entry(
        connection,
        "officer.deactivated",
        now,
        role=role,
        actor_id=by,
        details={"officer": officer_id},
    )
    return True
