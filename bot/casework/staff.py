"""What officers do, each in one transaction: join, go on duty, open a case."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework import action_service, case_access, choices, release, rules
from bot.casework.actions import OFFICER_ACTIONS
from bot.casework.submission_rules import NEW
from bot.casework.timeline import OPENED
from bot.core.transitions import is_allowed
from bot.core.unit_of_work import UnitOfWork
from bot.notifications.to_officers import ALERT
from storage import audit, bans, casework, officers, outbox, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.casework.case_access import CaseAccess
    from bot.casework.case_action import CaseAction
    from bot.core.requests import Chat
    from storage.models import Answer, Attachment, Officer, Remark, Role, Submission

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
    actions: Sequence[CaseAction[CaseAccess]]
    merged: Sequence[Submission] = ()
    alike: Sequence[Submission] = ()


async def make_invite(work: UnitOfWork, unit_code: str, role: Role, topics: Sequence[str]) -> str:
    """Make a one-time invite; the token, which is stored nowhere."""
    token = secrets.token_urlsafe(24)
    await officers.add_invite(
        work.connection,
        {
            "token_hash": rules.hash_token(token),
            "unit_code": unit_code,
            "role": role,
            "topics": list(topics),
            "created_at": work.now,
            "expires_at": work.now + rules.INVITE_LIFETIME,
        },
    )
    return token


async def accept_invite(work: UnitOfWork, chat_id: int, name: str, token: str) -> Officer | None:
    """Make the person of a chat an officer on duty by an invite; None when it cannot be used.

    The same person following the same link again is an officer already.
    """
    hashed = rules.hash_token(token)
    used = await officers.use_invite(work.connection, hashed, chat_id, work.now)
    if used is None:
        again = await officers.find_invite_user(work.connection, hashed) == chat_id
        return await officers.find_officer(work.connection, chat_id) if again else None
    await officers.upsert_officer(
        work.connection,
        {
            "chat_id": chat_id,
            "name": name[:128],
            "unit_code": used.unit_code,
            "role": used.role,
            "topics": used.topics,
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
        role=used.role,
        actor_id=officer.id,
        details={"unit": used.unit_code},
    )
    return officer


async def set_duty(work: UnitOfWork, chat_id: int, *, on_duty: bool) -> Officer | None:
    """Go on or off duty; None for who is no officer."""
    if not await officers.set_duty(work.connection, chat_id, on_duty=on_duty):
        return None
    officer = await officers.find_officer(work.connection, chat_id)
    assert officer is not None
    action = "officer.on_duty" if on_duty else "officer.off_duty"
    await audit.append_entry(
        work.connection, action, work.now, role=officer.role, actor_id=officer.id
    )
    return officer


async def open_case(work: UnitOfWork, chat_id: int, code: str) -> CaseView | None:
    """The case, if the person of this chat may see it; every view and every refusal is audited."""
    found = await case_access.find_case_access(work, chat_id, code)
    if found is None:
        await action_service.record_refusal(work, chat_id, "open", code)
        return None
    officer, submission = found.officer, found.case
    await audit.append_entry(
        work.connection,
        OPENED,
        work.now,
        role=officer.role,
        actor_id=officer.id,
        submission_id=submission.id,
    )
    files = await submissions.list_attachments(work.connection, submission.id)
    shown = [file for file in files if rules.may_be_shown(submission, file)]
    phone = work.policy.cipher.decrypt_text(submission.phone) if submission.phone else None
    said = await submissions.list_remarks(work.connection, submission.id)
    owner = await submissions.find_owner(work.connection, submission.id)
    aliases = (
        work.policy.pseudonyms.list_aliases(work.policy.pseudonyms.decrypt_chat_id(owner.sealed))
        if owner
        else ()
    )
    banned = await bans.find_ban(work.connection, aliases, work.now) is not None
    actions = [each for each in OFFICER_ACTIONS if is_allowed(each, found)]
    withheld = len(files) - len(shown)
    merged = await casework.list_merged(work.connection, submission.id)
    alike = (
        await choices.list_similar_cases(work.connection, found) if submission.state in NEW else []
    )
    return CaseView(
        submission, phone, shown, withheld, said, banned, found.answer, actions, merged, alike
    )


async def ban_resident(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Take no more opinions from who gave this one, for some days; who it is stays unknown."""
    found = await case_access.find_case_access(work, chat.id, answers["@code"])
    if found is None:
        return
    officer, submission = found.officer, found.case
    owner = await submissions.find_owner(work.connection, submission.id)
    if owner is None:
        return
    days = int(answers["days"])
    until = work.now + timedelta(days=days)
    # Under the pseudonym of this opinion: another would tell that the two are one person.
    await bans.add_ban(work.connection, owner.alias, until, officer.id, answers["reason"], work.now)
    await audit.append_entry(
        work.connection,
        BANNED,
        work.now,
        role=officer.role,
        actor_id=officer.id,
        submission_id=submission.id,
        details={"days": days, "reason": answers["reason"]},
    )


async def unban_resident(work: UnitOfWork, chat_id: int, code: str) -> bool:
    """Take opinions again from who gave this one; whether they were banned."""
    found = await case_access.find_case_access(work, chat_id, code)
    if found is None:
        return False
    officer, submission = found.officer, found.case
    owner = await submissions.find_owner(work.connection, submission.id)
    if owner is None:
        return False
    lifted = await bans.delete_bans(
        work.connection,
        work.policy.pseudonyms.list_aliases(work.policy.pseudonyms.decrypt_chat_id(owner.sealed)),
    )
    if lifted:
        await audit.append_entry(
            work.connection,
            UNBANNED,
            work.now,
            role=officer.role,
            actor_id=officer.id,
            submission_id=submission.id,
        )
    return lifted


async def may_ban(work: UnitOfWork, chat_id: int, code: str) -> bool:
    """Whether the person of a chat may ban who gave an opinion: as one who may open it."""
    return await case_access.find_case_access(work, chat_id, code) is not None


async def mark_officer_unreachable(work: UnitOfWork, chat_id: int) -> None:
    """An officer cannot be written to: off duty, and what did not reach them goes to another."""
    officer = await set_duty(work, chat_id, on_duty=False)
    if officer is None:
        return
    unsent = await outbox.list_unsent_submissions(work.connection, chat_id, ALERT)
    await release.return_undelivered(work, unsent, officer.id)


async def deactivate_officer(
    work: UnitOfWork, officer_id: int, *, role: str, by: int | None = None
) -> bool:
    """Take an officer's rights away; what they had is for others. Whether there was such a one."""
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
