"""What organisers do with forums, each in one transaction, rights checked in the change itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework.submission_rules import CODE_ALPHABET
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.forums import announcements, commitments
from bot.forums.attendance import service
from bot.forums.planning.actions import ACTIONS, BY_NAME, DECIDERS, PLANNERS, is_allowed, may_plan
from bot.forums.planning.flow import get_start, get_submission_deadline, split_lines
from bot.notifications.to_officers import notify_planners
from bot.texts import load_texts
from storage import attendance, audit, forum_sessions, forums, officers
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy
    from bot.core.requests import Chat
    from bot.forums.planning.actions import ForumAction
    from storage.forums import AnnouncementProgress
    from storage.models import Announcement, Commitment, Forum, Officer

REFUSED = "forum.refused"
_CODE_LENGTH = 8
PAGE = 8  # forums on one page of a list


@dataclass(frozen=True)
class ForumPlan:
    """A forum as its organisers see it: what may be done now, how far what is announced has come.

    `seats` are taken, of `opinions` it is known what became; `before` is what became of the
    promises of the unit's last forum.
    """

    forum: Forum
    moves: Sequence[ForumAction]
    news: Sequence[Announcement]
    progress: AnnouncementProgress
    seats: int
    opinions: forum_sessions.SessionCounts
    promises: Sequence[Commitment]
    before: Sequence[Commitment]


async def load_facts(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """What the plan of a forum begins with; raises Refused for who plans none."""
    officer = await officers.find_officer(work.connection, chat.id)
    if officer is None or officer.role not in PLANNERS:
        raise Refused(Words("errors.unknown_command"))
    near = [] if officer.unit_code == CITY else [officer.unit_code]
    return {"@now": work.now.isoformat(), "@zone": str(work.policy.zone), "@areas": near}


async def submit_plan(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Keep a plan and let another person approve it; one that was sent back is changed."""
    officer = await officers.find_officer(work.connection, chat.id)
    if officer is None or officer.role not in PLANNERS:
        raise Refused(Words(REFUSED))
    starts = get_start(answers)
    if starts <= work.now:
        raise Refused(Words("forum.past"))
    planned = {
        "title": answers["title"] or load_texts(work.policy.default_language)["forum.usual_title"],
        "area": answers["area"],
        "venue": answers["venue"],
        "latitude": answers["place"][0] if answers["place"] else None,
        "longitude": answers["place"][1] if answers["place"] else None,
        "starts_at": starts,
        "capacity": answers["capacity"] or None,
        "head": answers["head"],
        "agenda": split_lines(answers["agenda"]),
        "invited": split_lines(answers["invited"]),
        "topics": answers["topic"],
        "opinions_until": get_submission_deadline(answers),
        "state": ForumState.SUBMITTED,
    }
    code = answers.get("@forum_code")
    forum = await _again(work, officer, code, planned) if code else None
    if forum is None:
        forum = await forums.add_forum(
            work.connection,
            {
                **planned,
                "code": "".join(secrets.choice(CODE_ALPHABET) for _ in range(_CODE_LENGTH)),
                "host_unit": officer.unit_code,
                "start_version": 1,
                "version": 1,
                "created_by": officer.id,
                "created_at": work.now,
            },
        )
    await _log(work, "forum.submit", forum, officer)
    await _tell_deciders(work, forum, officer)


async def _again(
    work: UnitOfWork, officer: Officer, code: str, planned: Mapping[str, Any]
) -> Forum:
    forum = await forums.find_forum(work.connection, code)
    if forum is None or not is_allowed(BY_NAME["edit"], officer, forum, work.now):
        raise Refused(Words(REFUSED))
    # Whoever changed the plan last cannot approve it.
    changed = await forums.update_forum(
        work.connection, forum, officer, **planned, created_by=officer.id
    )
    if changed is None:
        raise Refused(Words("forum.too_late"))
    return changed


async def _tell_deciders(work: UnitOfWork, forum: Forum, by: Officer) -> None:
    units = dict.fromkeys((forum.host_unit, CITY))
    found = await officers.list_active(work.connection, list(units))
    told = [each for each in found if each.role in DECIDERS and each.id != by.id]
    await notify_planners(work, forum, told, "forum.alert.submit")


async def list_plans(
    connection: AsyncConnection, chat_id: int, skip: int
) -> Sequence[Forum] | None:
    """The forums that an officer plans, one more than a page; None for who plans none."""
    officer = await officers.find_officer(connection, chat_id)
    if officer is None or officer.role not in PLANNERS:
        return None
    unit = None if officer.unit_code == CITY else officer.unit_code
    return await forums.list_forums_of(connection, unit, skip=skip, most=PAGE + 1)


async def load_plan(work: UnitOfWork, chat_id: int, code: str) -> ForumPlan | None:
    """A forum for one of its organisers; None for anybody else."""
    officer, forum = await find_planned_forum(work.connection, chat_id, code)
    if officer is None or forum is None:
        return None
    number = forum.id
    news = await forums.list_announcements(work.connection, number)
    progress = await forums.count_progress(work.connection, [each.id for each in news])
    return ForumPlan(
        forum,
        [each for each in ACTIONS if is_allowed(each, officer, forum, work.now)],
        news,
        progress,
        await attendance.count_places_taken(work.connection, number),
        await forum_sessions.count_outcomes(work.connection, number, forum.code),
        await attendance.list_commitments(work.connection, number),
        await forums.list_previous_commitments(work.connection, forum),
    )


async def begin_action(work: UnitOfWork, chat_id: int, move: str, code: str) -> dict[str, Any]:
    """The facts that a move's conversation begins with; raises Refused if it is not allowed."""
    _officer, forum = await _allowed(work, chat_id, move, code)
    known = {"@code": forum.code, "@now": work.now.isoformat(), "@zone": str(work.policy.zone)}
    if move != "edit":
        return known
    local = forum.starts_at.astimezone(work.policy.zone)
    days = (forum.starts_at - forum.opinions_until).days
    place = [] if forum.latitude is None else [forum.latitude, forum.longitude]
    return {
        **known,
        "@forum_code": forum.code,
        "title": forum.title,
        "area": forum.area,
        "venue": forum.venue,
        "place": place,
        "starts": local.isoformat(),
        "capacity": forum.capacity or 0,
        "head": forum.head,
        "agenda": "\n".join(forum.agenda),
        "invited": "\n".join(forum.invited),
        "topic": forum.topics,
        "until": str(days),
    }


async def finish_action(
    work: UnitOfWork, chat: Chat, answers: Mapping[str, Any], *, move: str
) -> None:
    """Do a move that a short conversation gave the words for; raises Refused."""
    await perform_action(work, chat.id, move, answers["@code"], answers)


async def perform_action(
    work: UnitOfWork, chat_id: int, move: str, code: str, words: Mapping[str, Any]
) -> Forum:
    """Do a move; the forum as it is then. Raises Refused, with nothing changed."""
    officer, forum = await _allowed(work, chat_id, move, code)
    transition = BY_NAME[move]
    written = _changes(move, forum, officer, words, work.now, work.policy)
    state = transition.to or forum.state
    changed = await forums.update_forum(work.connection, forum, officer, state=state, **written)
    if changed is None:  # somebody was first
        raise Refused(Words("forum.too_late"))
    if move == "promise":
        await commitments.add_commitment(work, changed, officer, words)
    await _log(work, f"forum.{move}", changed, officer)
    if forum.published_at is not None or transition.tells == "notice":
        await service.handle_forum_change(work, changed)
        if transition.tells:
            await announcements.announce_forum(work, changed, transition.tells)
    if move in {"approve", "send_back"}:
        creator = await officers.list_by_ids(work.connection, [forum.created_by])
        await notify_planners(work, changed, creator, f"forum.alert.{move}")
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


async def stop_announcing(work: UnitOfWork, chat_id: int, code: str) -> bool:
    """Announce no further what is on its way; whether the person of a chat may stop it."""
    officer, forum = await find_planned_forum(work.connection, chat_id, code)
    if officer is None or forum is None:
        return False
    kinds = [each.kind for each in await forums.list_announcements(work.connection, forum.id)]
    await announcements.stop_announcements(work, forum, kinds=kinds)
    await _log(work, "forum.announcement_stopped", forum, officer)
    return True


async def _log(work: UnitOfWork, action: str, forum: Forum, officer: Officer) -> None:
    details = {"forum": forum.code, "state": forum.state.value, "version": forum.version}
    await audit.append_entry(
        work.connection, action, work.now, role=officer.role, actor_id=officer.id, details=details
    )


async def record_refusal(work: UnitOfWork, chat_id: int, action: str, code: str) -> None:
    """Write down that somebody tried with a forum what they may not, or not now."""
    officer = await officers.find_officer(work.connection, chat_id)
    await audit.append_entry(
        work.connection,
        REFUSED,
        work.now,
        role=officer.role if officer else "none",
        actor_id=officer.id if officer else chat_id,
        details={"action": action[:32], "forum": code[:32]},
    )


async def find_planned_forum(
    connection: AsyncConnection, chat_id: int, code: str
) -> tuple[Officer | None, Forum | None]:
    """The officer and the forum, if they plan it."""
    officer = await officers.find_officer(connection, chat_id)
    forum = await forums.find_forum(connection, code[:16])
    if officer is None or forum is None or not may_plan(officer, forum):
        return None, None
    return officer, forum


async def _allowed(work: UnitOfWork, chat_id: int, move: str, code: str) -> tuple[Officer, Forum]:
    officer, forum = await find_planned_forum(work.connection, chat_id, code)
    if officer is None or forum is None or move not in BY_NAME:
        raise Refused(Words(REFUSED))
    if not is_allowed(BY_NAME[move], officer, forum, work.now):
        raise Refused(Words("forum.not_now"))
    return officer, forum
