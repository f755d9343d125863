"""Opinions for a forum, as those who plan it have them: under the agenda, one after another live.

Everybody reads only what they may; what is read is audited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY, name_police
from bot.casework.actions import PROPOSE_IN_HALL
from bot.casework.case_access import HallAccess
from bot.casework.permissions import READERS
from bot.casework.submission_rules import PROPOSED
from bot.core.requests import Refused
from bot.core.screen import Button, Screen, Words
from bot.core.transitions import perform
from bot.core.unit_of_work import UnitOfWork
from bot.forums.planning.actions import IN_THE_HALL
from bot.forums.planning.service import REFUSED, find_planned_forum
from bot.forums.session.agenda_grouping import group_by_agenda
from bot.notifications import to_officers, to_resident
from storage import attendance, audit, forum_sessions
from storage.models import HeardAs, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.requests import Chat
    from storage.models import Forum, Officer, Submission

READ = "forum.opinions_read"
_PAGE = 12  # opinions on one page
_MOST = 1000  # that are put under the agenda
_NOTHING = "–"  # where no measure or no day was named

Group = tuple[str | None, list["Submission"]]

_UNANSWERED = PROPOSE_IN_HALL.from_states
_UNSETTLED = _UNANSWERED | PROPOSED


@dataclass(frozen=True)
class SubmissionPage:
    """A page of what was given for a forum, under the points of its agenda.

    `kept` are given too, but not for this officer to read; `opens`: whether they read whole cases.
    The next page begins after `more`, if there is one.
    """

    forum: Forum
    groups: Sequence[Group]
    kept: int
    opens: bool
    more: int = 0


async def list_submissions(
    work: UnitOfWork, chat_id: int, code: str, *, skip: int
) -> SubmissionPage | None:
    """What was given for a forum, for one of its organisers, audited; None for anybody else."""
    officer, forum = await find_planned_forum(work.connection, chat_id, code)
    if officer is None or forum is None:
        return None
    in_order = await _in_order(work.connection, officer, forum)
    kept = await forum_sessions.count_submissions(work.connection, forum.code) - len(in_order)
    page = in_order[skip : skip + _PAGE]
    await _log(work, READ, forum, officer, [each for _point, each in page])
    return SubmissionPage(
        forum,
        [
            (point, [each for _point, each in pairs])
            for point, pairs in groupby(page, key=lambda pair: pair[0])
        ],
        kept,
        officer.role in READERS,
        skip + _PAGE if len(in_order) > skip + _PAGE else 0,
    )


@dataclass(frozen=True)
class SessionProgress:
    """How far the hall has come: opinions answered there, left to units, to come; people inside."""

    answered: int
    left: int
    to_come: int
    came: int
    seats: int


@dataclass(frozen=True)
class NextSubmission:
    """The opinion that is to come up next, if there is one, with the point that it is about.

    It may be answered in the hall (`answerable`) unless somebody proposed an answer already.
    """

    forum: Forum
    numbers: SessionProgress
    point: str | None = None
    opinion: Submission | None = None
    answerable: bool = False
    opens: bool = False


async def find_next_submission(
    work: UnitOfWork, chat_id: int, code: str, *, after: int
) -> NextSubmission:
    """The opinion to come up next after the one with an id, audited; at the end those put off.

    Raises Refused for who does not plan the forum, and when it is not held.
    """
    officer, forum = await find_live_session(work.connection, chat_id, code)
    in_order = await _in_order(work.connection, officer, forum)
    heard = await forum_sessions.map_outcomes(work.connection, forum.id)
    ids = [each.id for _point, each in in_order]
    first = ids.index(after) + 1 if after in ids else 0
    to_come = [
        (point, each)
        for point, each in in_order[first:] + in_order[:first]
        if each.id not in heard and each.state in _UNSETTLED
    ]
    shown = NextSubmission(forum, await _numbers(work.connection, forum, heard, len(to_come)))
    if not to_come:
        return shown
    point, opinion = to_come[0]
    await _log(work, READ, forum, officer, [opinion])
    return replace(
        shown,
        point=point,
        opinion=opinion,
        opens=officer.role in READERS,
        answerable=opinion.state in _UNANSWERED,
    )


async def _numbers(
    connection: AsyncConnection, forum: Forum, heard: Mapping[int, HeardAs], to_come: int
) -> SessionProgress:
    number, said = forum.id, list(heard.values())
    return SessionProgress(
        said.count(HeardAs.ANSWERED),
        said.count(HeardAs.LEFT),
        to_come,
        await attendance.count_attended(connection, number),
        await attendance.count_places_taken(connection, number),
    )


async def begin_answer(
    connection: AsyncConnection, chat_id: int, code: str, number: int
) -> dict[str, Any]:
    """The facts that the words of an answer are asked with; raises Refused."""
    _officer, forum, _opinion = await _held(connection, chat_id, code, number, _UNANSWERED)
    return {"@code": forum.code, "@number": number}


async def record_answer(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Keep what was answered in the hall: as a proposed answer, which another person approves.

    Raises Refused, with nothing changed.
    """
    officer, forum, opinion = await _held(
        work.connection, chat.id, answers["@code"], int(answers["@number"]), _UNANSWERED
    )
    words = {
        "text": answers["text"],
        "measure": answers["measure"] or _NOTHING,
        "deadline": answers["deadline"] or _NOTHING,
    }
    access = HallAccess(opinion, officer)
    changed: Submission = await perform(work, PROPOSE_IN_HALL, access, words)
    await _hear(work, forum, officer, changed, HeardAs.ANSWERED)
    await _go_on(work, forum, officer, changed)


async def leave_to_unit(work: UnitOfWork, chat_id: int, code: str, number: int) -> None:
    """Leave an opinion that came up to who handles it, and tell its resident; raises Refused."""
    officer, forum, opinion = await _held(work.connection, chat_id, code, number, _UNSETTLED)
    await _hear(work, forum, officer, opinion, HeardAs.LEFT)
    due = opinion.due_at.astimezone(work.policy.zone).date()
    unit = name_police(opinion.handled_by)
    words = Words("hall.told", {"code": opinion.code, "unit": unit, "due": due})
    await to_resident.notify_resident(work, opinion, "hall", (words,))


async def _hear(
    work: UnitOfWork, forum: Forum, officer: Officer, opinion: Submission, outcome: HeardAs
) -> None:
    await forum_sessions.record_outcome(
        work.connection,
        opinion.id,
        outcome,
        forum_id=forum.id,
        officer_id=officer.id,
        at=work.now,
    )
    await audit.append_entry(
        work.connection,
        f"forum.opinion_{outcome}",
        work.now,
        role=officer.role,
        actor_id=officer.id,
        submission_id=opinion.id,
        details={"forum": forum.code},
    )


async def _go_on(work: UnitOfWork, forum: Forum, officer: Officer, opinion: Submission) -> None:
    """The way to the next opinion, below what was just kept."""
    following = Button(Words("hall.next"), f"hall:next={forum.code}.{opinion.id}")
    words = Words("hall.kept", {"code": opinion.code})
    await to_officers.confirm_hall_answer(work, officer, opinion, Screen((words,), (following,)))


async def _held(
    connection: AsyncConnection, chat_id: int, code: str, number: int, states: frozenset[State]
) -> tuple[Officer, Forum, Submission]:
    """An opinion that has not come up yet, held: two who take it at once take it in turn.

    Raises Refused for one that somebody may not read, and for one that is beyond the states.
    """
    officer, forum = await find_live_session(connection, chat_id, code)
    opinion = await forum_sessions.lock_submission(
        connection, forum.code, officer, get_visible_unit(officer), number
    )
    if opinion is None:
        raise Refused(Words("case.refused"))
    heard = await forum_sessions.map_outcomes(connection, forum.id)
    if opinion.id in heard or opinion.state not in states:
        raise Refused(Words("hall.not_now", {"code": opinion.code}))
    return officer, forum, opinion


async def find_live_session(
    connection: AsyncConnection, chat_id: int, code: str
) -> tuple[Officer, Forum]:
    """The officer and the forum, if they plan it and it is held or was; raises Refused."""
    officer, forum = await find_planned_forum(connection, chat_id, code)
    if officer is None or forum is None:
        raise Refused(Words(REFUSED))
    if forum.state not in IN_THE_HALL:
        raise Refused(Words("forum.not_now"))
    return officer, forum


async def _in_order(
    connection: AsyncConnection, officer: Officer, forum: Forum
) -> list[tuple[str | None, Submission]]:
    """What an officer may read, in the order of the agenda, each with its point."""
    given = await forum_sessions.list_submissions(
        connection, forum.code, officer, get_visible_unit(officer), most=_MOST
    )
    return [(point, each) for point, group in group_by_agenda(forum, given) for each in group]


def get_visible_unit(officer: Officer) -> str | None:
    """The unit whose opinions somebody reads; None for all."""
    return None if officer.unit_code == CITY else officer.unit_code


async def _log(
    work: UnitOfWork, action: str, forum: Forum, officer: Officer, read: Sequence[Submission]
) -> None:
    codes = [each.code for each in read]
    await audit.append_entry(
        work.connection,
        action,
        work.now,
        role=officer.role,
        actor_id=officer.id,
        details={"forum": forum.code, "codes": codes},
    )
