"""What officers do, each in one transaction: join, go on duty, open a case."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import rules
from bot.casework.workflow import TRANSITIONS, allows
from bot.folding import fold
from storage import audit, bans, officers, outbox, submissions
from storage import search as find_words
from storage.models import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.flow import Chat
    from bot.seal import Seal
    from storage.models import Answer, Attachment, Officer, Remark, Submission

_MOST_FOUND = 500  # of which an officer may see some

OPENED, REFUSED = "case.opened", "case.refused"
BANNED, UNBANNED = "resident.banned", "resident.unbanned"


@dataclass(frozen=True)
class Case:
    """A submission as an officer sees it: with its phone number, and the files to show.

    `withheld` files are not shown: their clean copies are not there yet, or never will be.
    """

    submission: Submission
    phone: str | None
    files: Sequence[Attachment]
    withheld: int
    remarks: Sequence[Remark]
    banned: bool
    answer: Answer | None
    actions: Sequence[str]


async def invite(
    connection: AsyncConnection, unit_code: str, role: Role, topics: Sequence[str], now: datetime
) -> str:
    """Make a one-time invite; the token, which is stored nowhere."""
    token = secrets.token_urlsafe(24)
    await officers.invite(
        connection,
        {
            "token_hash": rules.fingerprint(token),
            "unit_code": unit_code,
            "role": role,
            "topics": list(topics),
            "created_at": now,
            "expires_at": now + rules.INVITE_LIFETIME,
        },
    )
    return token


async def join(
    connection: AsyncConnection, chat_id: int, name: str, token: str, now: datetime
) -> Officer | None:
    """Make the person of a chat an officer on duty by an invite; None when it cannot be used.

    The same person following the same link again is an officer already.
    """
    hashed = rules.fingerprint(token)
    used = await officers.use_invite(connection, hashed, chat_id, now)
    if used is None:
        again = await officers.used_by(connection, hashed) == chat_id
        return await officers.find(connection, chat_id) if again else None
    await officers.enrol(
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
    officer = await officers.find(connection, chat_id)
    assert officer is not None
    await audit.append(
        connection, "officer.joined", now, role=used.role, actor_id=officer.id,
        details={"unit": used.unit_code},
    )  # fmt: skip
    return officer


async def set_duty(
    connection: AsyncConnection, chat_id: int, now: datetime, *, on_duty: bool
) -> Officer | None:
    """Go on or off duty; None for who is no officer."""
    if not await officers.set_duty(connection, chat_id, on_duty=on_duty):
        return None
    officer = await officers.find(connection, chat_id)
    assert officer is not None
    action = "officer.on_duty" if on_duty else "officer.off_duty"
    await audit.append(connection, action, now, role=officer.role, actor_id=officer.id)
    return officer


async def open_case(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime, *, seal: Seal
) -> Case | None:
    """The case, if the person of this chat may see it; every view and every refusal is audited."""
    found = await _of_an_officer(connection, chat_id, code)
    if found is None:
        officer = await officers.find(connection, chat_id)
        submission = await submissions.by_code(connection, code)
        await audit.append(
            connection,
            REFUSED,
            now,
            role=officer.role if officer else "none",
            actor_id=officer.id if officer else chat_id,
            submission_id=submission.id if submission else None,
            details={"code": code[:32]},
        )
        return None
    officer, submission = found
    await audit.append(
        connection, OPENED, now, role=officer.role, actor_id=officer.id, submission_id=submission.id
    )
    files = await submissions.attachments(connection, submission.id or 0)
    shown = [file for file in files if rules.may_be_shown(submission, file)]
    phone = seal.open_text(submission.phone) if submission.phone else None
    said = await submissions.remarks(connection, submission.id or 0)
    owner = await submissions.owner(connection, submission.id or 0)
    aliases = seal.aliases(seal.chat_of(owner.sealed)) if owner else ()
    banned = await bans.find(connection, aliases, now) is not None
    answer = await submissions.answer(connection, submission.id or 0)
    actions = [each.name for each in TRANSITIONS if allows(each, officer, submission, answer)]
    withheld = len(files) - len(shown)
    return Case(submission, phone, shown, withheld, said, banned, answer, actions)


PAGE = 8  # cases on one page of a list


@dataclass(frozen=True)
class Page:
    """Some cases, and where the next page begins, if there is one."""

    cases: Sequence[Submission]
    more: str


async def cases(
    connection: AsyncConnection, chat_id: int, *, which: str = "unit", after: str = ""
) -> Page | None:
    """The open cases of an officer's unit (of all, for the city's), or their own.

    None for who is no officer. The most pressing first; `after` is where the last page ended.
    """
    officer = await officers.find(connection, chat_id)
    if officer is None or not rules.may_open(officer.role, officer.unit_code, officer.unit_code):
        return None
    unit = None if officer.unit_code == CITY else officer.unit_code
    mine = officer.id if which == "mine" else None
    last = _place(after)
    found = await submissions.open_cases(
        connection, unit, assignee_id=mine, after=last, most=PAGE + 1
    )
    shown = found[:PAGE]
    more = f"{which}={_after(shown[-1])}" if len(found) > PAGE else ""
    return Page(shown, more)


async def search(connection: AsyncConnection, chat_id: int, words: str) -> Page | None:
    """Cases with all these words, of those that the officer may open; None if no officer."""
    officer = await officers.find(connection, chat_id)
    if officer is None:
        return None
    ids = await find_words.find(connection, fold(words), _MOST_FOUND)
    found = [
        each
        for each in await submissions.by_ids(connection, ids)
        if rules.may_open(officer.role, officer.unit_code, each.handled_by)
    ]
    return Page(found[: 2 * PAGE], "")


def _after(case: Submission) -> str:
    return f"{int(case.due_at.timestamp())}-{case.id}"


def _place(after: str) -> tuple[datetime, int] | None:
    """Where the last page ended; due times are whole seconds."""
    due, _, number = after.partition("-")
    if not (due.isdecimal() and number.isdecimal()):
        return None
    return datetime.fromtimestamp(int(due), UTC), int(number)


async def ban(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
) -> None:
    """Take no more opinions from who gave this one, for some days; who it is stays unknown."""
    found = await _of_an_officer(connection, chat.id, answers["@code"])
    if found is None:
        return
    officer, submission = found
    owner = await submissions.owner(connection, submission.id or 0)
    if owner is None:
        return
    days = int(answers["days"])
    until = now + timedelta(days=days)
    # Under the pseudonym of this opinion: another would tell that the two are one person.
    await bans.ban(connection, owner.alias, until, officer.id or 0, answers["reason"], now)
    await audit.append(
        connection, BANNED, now, role=officer.role, actor_id=officer.id,
        submission_id=submission.id, details={"days": days, "reason": answers["reason"]},
    )  # fmt: skip


async def unban(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime, *, seal: Seal
) -> bool:
    """Take opinions again from who gave this one; whether they were banned."""
    found = await _of_an_officer(connection, chat_id, code)
    if found is None:
        return False
    officer, submission = found
    owner = await submissions.owner(connection, submission.id or 0)
    if owner is None:
        return False
    lifted = await bans.lift(connection, seal.aliases(seal.chat_of(owner.sealed)))
    if lifted:
        await audit.append(
            connection, UNBANNED, now, role=officer.role, actor_id=officer.id,
            submission_id=submission.id,
        )  # fmt: skip
    return lifted


async def may_ban(connection: AsyncConnection, chat_id: int, code: str) -> bool:
    """Whether the person of a chat may ban who gave an opinion: as one who may open it."""
    return await _of_an_officer(connection, chat_id, code) is not None


async def _of_an_officer(
    connection: AsyncConnection, chat_id: int, code: str
) -> tuple[Officer, Submission] | None:
    """The officer and the opinion, if they may open it."""
    officer = await officers.find(connection, chat_id)
    submission = await submissions.by_code(connection, code)
    if officer is None or submission is None:
        return None
    may = rules.may_open(officer.role, officer.unit_code, submission.handled_by)
    return (officer, submission) if may else None


async def lost(connection: AsyncConnection, chat_id: int, now: datetime) -> None:
    """An officer cannot be written to: off duty, and what did not reach them goes to another."""
    officer = await set_duty(connection, chat_id, now, on_duty=False)
    if officer is None:
        return
    unsent = await outbox.unsent_to(connection, chat_id, "alert:")
    codes = [key.split(":")[1] for key in unsent]
    await submissions.unmark_alerted(connection, codes)
