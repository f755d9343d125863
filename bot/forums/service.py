"""What organisers do with forums, each in one transaction, rights checked in the change itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.conversation.flow import Refused
from bot.feedback.rules import CODE_ALPHABET
from bot.forums import announcing, attending, promising
from bot.forums.flow import lines_of, starts_of, until_of
from bot.forums.workflow import BY_NAME, DECIDERS, MOVES, PLANNERS, allows, may_see
from bot.screen import Button, Screen, Words
from bot.texts import load
from storage import attendance, audit, forums, hearings, officers, outbox
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.flow import Chat
    from bot.forums.workflow import Move
    from bot.policy import Policy
    from bot.screen import Param
    from storage.forums import Progress
    from storage.models import Announcement, Commitment, Forum, Officer

REFUSED = "forum.refused"
_CODE_LENGTH = 8
PAGE = 8  # forums on one page of a list


@dataclass(frozen=True)
class Plan:
    """A forum as its organisers see it: what may be done now, how far what is announced has come.

    `seats` are taken, of `opinions` it is known what became; `before` is what became of the
    promises of the unit's last forum.
    """

    forum: Forum
    moves: Sequence[Move]
    news: Sequence[Announcement]
    progress: Progress
    seats: int
    opinions: hearings.Numbers
    promises: Sequence[Commitment]
    before: Sequence[Commitment]


async def facts(
    connection: AsyncConnection, chat: Chat, now: datetime, *, policy: Policy
) -> Mapping[str, Any]:
    """What the plan of a forum begins with; raises Refused for who plans none."""
    officer = await officers.find(connection, chat.id)
    if officer is None or officer.role not in PLANNERS:
        raise Refused(Words("errors.unknown_command"))
    near = [] if officer.unit_code == CITY else [officer.unit_code]
    return {"@now": now.isoformat(), "@zone": str(policy.zone), "@areas": near}


async def submit(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Keep a plan and let another person approve it; one that was sent back is changed."""
    officer = await officers.find(connection, chat.id)
    if officer is None or officer.role not in PLANNERS:
        raise Refused(Words(REFUSED))
    starts = starts_of(answers)
    if starts <= now:
        raise Refused(Words("forum.past"))
    planned = {
        "title": answers["title"] or load("vi")["forum.usual_title"],
        "area": answers["area"],
        "venue": answers["venue"],
        "latitude": answers["place"][0] if answers["place"] else None,
        "longitude": answers["place"][1] if answers["place"] else None,
        "starts_at": starts,
        "capacity": answers["capacity"] or None,
        "head": answers["head"],
        "agenda": lines_of(answers["agenda"]),
        "invited": lines_of(answers["invited"]),
        "topics": answers["topic"],
        "opinions_until": until_of(answers),
        "state": ForumState.SUBMITTED,
    }
    code = answers.get("@forum_code")
    forum = await _again(connection, officer, code, planned, now) if code else None
    if forum is None:
        forum = await forums.add(
            connection,
            {
                **planned,
                "code": "".join(secrets.choice(CODE_ALPHABET) for _ in range(_CODE_LENGTH)),
                "host_unit": officer.unit_code,
                "start_version": 1,
                "version": 1,
                "created_by": officer.id,
                "created_at": now,
            },
        )
    await _log(connection, "forum.submit", forum, officer, now)
    await _tell_deciders(connection, forum, officer, now, policy)


async def _again(
    connection: AsyncConnection,
    officer: Officer,
    code: str,
    planned: Mapping[str, Any],
    now: datetime,
) -> Forum:
    forum = await forums.by_code(connection, code)
    if forum is None or not allows(BY_NAME["edit"], officer, forum, now):
        raise Refused(Words(REFUSED))
    # Whoever changed the plan last cannot approve it.
    changed = await forums.change(connection, forum, officer, **planned, created_by=officer.id)
    if changed is None:
        raise Refused(Words("forum.too_late"))
    return changed


async def _tell_deciders(
    connection: AsyncConnection, forum: Forum, by: Officer, now: datetime, policy: Policy
) -> None:
    units = dict.fromkeys((forum.host_unit, CITY))
    found = await officers.active(connection, list(units))
    told = [each for each in found if each.role in DECIDERS and each.id != by.id]
    await tell(connection, forum, told, "forum.alert.submit", now, policy)


async def tell(
    connection: AsyncConnection,
    forum: Forum,
    told: Sequence[Officer],
    words: str,
    now: datetime,
    policy: Policy,
    *,
    occasion: str = "",
    **more: Param,
) -> None:
    """Tell officers something of a forum, each once for an occasion or, without, for a version."""
    params: dict[str, Param] = {
        "title": forum.title,
        "at": forum.starts_at,
        "reason": forum.reason or "",
        **more,
    }
    opens = Button(Words("forum.open"), f"forum:open={forum.code}")
    messages = [
        outbox.Message(
            dedup_key=f"{words}:{forum.code}:{occasion or forum.version}:{each.chat_id}",
            chat_id=each.chat_id,
            priority=outbox.Priority.ASSIGNMENT,
            language=policy.officers_language,
            screen=Screen((Words(words, params),), (opens,)).to_json(),
            expires_at=max(forum.starts_at, now + policy.reopen_within),
        )
        for each in told
    ]
    await outbox.enqueue(connection, messages, now)


async def plans(connection: AsyncConnection, chat_id: int, skip: int) -> Sequence[Forum] | None:
    """The forums that an officer plans, one more than a page; None for who plans none."""
    officer = await officers.find(connection, chat_id)
    if officer is None or officer.role not in PLANNERS:
        return None
    unit = None if officer.unit_code == CITY else officer.unit_code
    return await forums.of_units(connection, unit, skip=skip, most=PAGE + 1)


async def plan(connection: AsyncConnection, chat_id: int, code: str, now: datetime) -> Plan | None:
    """A forum for one of its organisers; None for anybody else."""
    officer, forum = await found(connection, chat_id, code)
    if officer is None or forum is None:
        return None
    number = forum.id or 0
    news = await forums.announcements(connection, number)
    progress = await forums.progress(connection, [each.id or 0 for each in news])
    return Plan(
        forum,
        [each for each in MOVES if allows(each, officer, forum, now)],
        news,
        progress,
        await attendance.taken(connection, number),
        await hearings.numbers(connection, number, forum.code),
        await attendance.commitments(connection, number),
        await forums.promises_of_last(connection, forum),
    )


async def begin(
    connection: AsyncConnection, chat_id: int, move: str, code: str, now: datetime, policy: Policy
) -> dict[str, Any]:
    """The facts that a move's conversation begins with; raises Refused if it is not allowed."""
    _officer, forum = await _allowed(connection, chat_id, move, code, now)
    known = {"@code": forum.code, "@now": now.isoformat(), "@zone": str(policy.zone)}
    if move != "edit":
        return known
    local = forum.starts_at.astimezone(policy.zone)
    days = (forum.starts_at - forum.opinions_until).days
    place = [] if forum.latitude is None else [forum.latitude, forum.longitude]
    return {
        **known, "@forum_code": forum.code, "title": forum.title, "area": forum.area,
        "venue": forum.venue, "place": place, "starts": local.isoformat(),
        "capacity": forum.capacity or 0, "head": forum.head, "agenda": "\n".join(forum.agenda),
        "invited": "\n".join(forum.invited), "topic": forum.topics, "until": str(days),
    }  # fmt: skip


async def finish(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    move: str,
    policy: Policy,
) -> None:
    """Do a move that a short conversation gave the words for; raises Refused."""
    await do(connection, chat.id, move, answers["@code"], now, answers, policy=policy)


async def do(
    connection: AsyncConnection,
    chat_id: int,
    move: str,
    code: str,
    now: datetime,
    words: Mapping[str, Any],
    *,
    policy: Policy,
) -> Forum:
    """Do a move; the forum as it is then. Raises Refused, with nothing changed."""
    officer, forum = await _allowed(connection, chat_id, move, code, now)
    transition = BY_NAME[move]
    written = _changes(move, forum, officer, words, now, policy)
    state = transition.to or forum.state
    changed = await forums.change(connection, forum, officer, state=state, **written)
    if changed is None:  # somebody was first
        raise Refused(Words("forum.too_late"))
    if move == "promise":
        await promising.promise(connection, changed, officer, words, now, policy=policy)
    await _log(connection, f"forum.{move}", changed, officer, now)
    if forum.published_at is not None or transition.tells == "notice":
        await attending.forum_changed(connection, changed, now)
        if transition.tells:
            await announcing.announce(connection, changed, transition.tells, now, policy=policy)
    if move in {"approve", "send_back"}:
        creator = await officers.by_ids(connection, [forum.created_by])
        await tell(connection, changed, creator, f"forum.alert.{move}", now, policy)
    return changed


def _changes(
    move: str,
    forum: Forum,
    officer: Officer,
    words: Mapping[str, Any],
    now: datetime,
    policy: Policy,
) -> dict[str, Any]:
    match move:
        case "approve":
            return {"approved_by": officer.id, "published_at": now, "reason": None}
        case "send_back" | "postpone" | "cancel":
            return {"reason": words["reason"]}
        case "reschedule":
            typed = words["starts"]
            starts = datetime.fromisoformat(typed) if typed else forum.starts_at
            if starts <= now:
                raise Refused(Words("forum.past"))
            return {
                "starts_at": starts,
                "opinions_until": forum.opinions_until + (starts - forum.starts_at),
                "venue": words["venue"] or forum.venue,
                "start_version": forum.start_version + 1,
                "reason": words["reason"],
            }
        case "capacity":
            return {"capacity": words["capacity"] or None}
        case "end":
            return {"report_due_at": policy.workdays.after(now, policy.report_days)}
        case "report":
            return {"minutes": words["minutes"], "reported_at": now}
    return {}


async def stop_announcing(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime
) -> bool:
    """Announce no further what is on its way; whether the person of a chat may stop it."""
    officer, forum = await found(connection, chat_id, code)
    if officer is None or forum is None:
        return False
    kinds = [each.kind for each in await forums.announcements(connection, forum.id or 0)]
    await announcing.stop(connection, forum, now, kinds=kinds)
    await _log(connection, "forum.announcement_stopped", forum, officer, now)
    return True


async def _log(
    connection: AsyncConnection, action: str, forum: Forum, officer: Officer, now: datetime
) -> None:
    details = {"forum": forum.code, "state": forum.state.value, "version": forum.version}
    await audit.append(
        connection, action, now, role=officer.role, actor_id=officer.id, details=details
    )


async def refused(
    connection: AsyncConnection, chat_id: int, action: str, code: str, now: datetime
) -> None:
    """Write down that somebody tried with a forum what they may not, or not now."""
    officer = await officers.find(connection, chat_id)
    await audit.append(
        connection,
        REFUSED,
        now,
        role=officer.role if officer else "none",
        actor_id=officer.id if officer else chat_id,
        details={"action": action[:32], "forum": code[:32]},
    )


async def found(
    connection: AsyncConnection, chat_id: int, code: str
) -> tuple[Officer | None, Forum | None]:
    """The officer and the forum, if they plan it."""
    officer = await officers.find(connection, chat_id)
    forum = await forums.by_code(connection, code[:16])
    if officer is None or forum is None or not may_see(officer, forum):
        return None, None
    return officer, forum


async def _allowed(
    connection: AsyncConnection, chat_id: int, move: str, code: str, now: datetime
) -> tuple[Officer, Forum]:
    officer, forum = await found(connection, chat_id, code)
    if officer is None or forum is None or move not in BY_NAME:
        raise Refused(Words(REFUSED))
    if not allows(BY_NAME[move], officer, forum, now):
        raise Refused(Words("forum.not_now"))
    return officer, forum
