"""The submissions for a forum as its planners see them: a list, and one after another in a session.

Officers see only submissions that they may read. Each view is recorded in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from bot.casework.actions import PROPOSE_ANSWER_AT_FORUM
from bot.casework.permissions import READERS, get_visible_unit
from bot.casework.submission_rules import PROPOSED, is_protected
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.forums.session.agenda_grouping import group_by_agenda
from bot.forums.shared.forum_audit import append_forum_entry
from bot.forums.shared.planning_permissions import REFUSED, find_planned_forum
from bot.forums.shared.states import IN_SESSION
from storage import attendance, forum_sessions
from storage.models import HearingOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum, Officer, Submission

READ = "forum.opinions_read"  # the action in the audit log
_PAGE = 12  # submissions on one page
_MAX_GROUPED = 1000  # submissions that are put under the agenda

# A point of the agenda (None: it fits none), and the submissions under it.
AgendaGroup = tuple[str | None, list["Submission"]]

# The states in which an answer can be entered, and those in which a submission is presented.
UNANSWERED = PROPOSE_ANSWER_AT_FORUM.from_states
UNSETTLED = UNANSWERED | PROPOSED


@dataclass(frozen=True)
class SubmissionPage:
    """A page of the submissions for a forum, under the points of its agenda.

    `hidden_count` is the number of submissions that this officer may not read. `can_open_cases`:
    the officer may read whole cases. `next_skip` is the number of submissions that the next page
    leaves out; 0 on the last page.
    """

    forum: Forum
    groups: Sequence[AgendaGroup]
    hidden_count: int
    can_open_cases: bool
    next_skip: int = 0


@dataclass(frozen=True)
class SessionProgress:
    """The progress of a session, in numbers.

    - `answered`, `left`, `to_come`: submissions that are answered, left to their units, still to be
      presented.
    - `came`: people who were checked in. `seats`: taken places.
    """

    answered: int
    left: int
    to_come: int
    came: int
    seats: int


@dataclass(frozen=True)
class NextSubmission:
    """The next submission to present, None after the last, and its `point` of the agenda.

    `answerable` is False after somebody proposed an answer. `can_open_case`: the officer may read
    the whole case.
    """

    forum: Forum
    progress: SessionProgress
    point: str | None = None
    submission: Submission | None = None
    answerable: bool = False
    can_open_case: bool = False


async def find_session(
    connection: AsyncConnection, chat_id: int, forum_code: str
) -> tuple[Officer, Forum]:
    """Return a planner and the forum, if its session is open or waits for its report.

    Raises Refused for any other person or forum.
    """
    planned = await find_planned_forum(connection, chat_id, forum_code)
    if planned is None:
        raise Refused(Words(REFUSED))
    officer, forum = planned
    if forum.state not in IN_SESSION:
        raise Refused(Words("forum.not_now"))
    return officer, forum


async def list_submissions(
    work: UnitOfWork, chat_id: int, forum_code: str, *, skip: int
) -> SubmissionPage | None:
    """Return a page of the submissions for a forum; None for a person who does not plan it."""
    planned = await find_planned_forum(work.connection, chat_id, forum_code)
    if planned is None:
        return None
    officer, forum = planned
    in_order = await _list_in_agenda_order(work.connection, officer, forum)
    count = await forum_sessions.count_submissions(work.connection, forum.code)
    page = in_order[skip : skip + _PAGE]
    await _record_reading(work, forum, officer, [submission for _point, submission in page])
    return SubmissionPage(
        forum,
        [
            (point, [submission for _point, submission in pairs])
            for point, pairs in groupby(page, key=lambda pair: pair[0])
        ],
        count - len(in_order),
        officer.role in READERS,
        skip + _PAGE if len(in_order) > skip + _PAGE else 0,
    )


async def find_next_submission(
    work: UnitOfWork, chat_id: int, forum_code: str, *, after: int
) -> NextSubmission:
    """Return the submission to present after the one with the id `after`.

    Skipped ones follow after the last one. Raises Refused for a person who does not plan the forum,
    and while there is no session.
    """
    officer, forum = await find_session(work.connection, chat_id, forum_code)
    in_order = await _list_in_agenda_order(work.connection, officer, forum)
    outcomes = await forum_sessions.map_outcomes(work.connection, forum.id)
    ids = [submission.id for _point, submission in in_order]
    first = ids.index(after) + 1 if after in ids else 0
    to_come = [
        (point, submission)
        for point, submission in in_order[first:] + in_order[:first]
        if submission.id not in outcomes
        and submission.state in UNSETTLED
        and not is_protected(submission)  # nobody reads it out in a hall
    ]
    progress = await _count_progress(work.connection, forum, outcomes, len(to_come))
    shown = NextSubmission(forum, progress)
    if not to_come:
        return shown
    point, submission = to_come[0]
    await _record_reading(work, forum, officer, [submission])
    return replace(
        shown,
        point=point,
        submission=submission,
        answerable=submission.state in UNANSWERED,
        can_open_case=officer.role in READERS,
    )


async def _count_progress(
    connection: AsyncConnection, forum: Forum, outcomes: Mapping[int, HearingOutcome], to_come: int
) -> SessionProgress:
    all_outcomes = list(outcomes.values())
    return SessionProgress(
        all_outcomes.count(HearingOutcome.ANSWERED),
        all_outcomes.count(HearingOutcome.LEFT),
        to_come,
        await attendance.count_attended(connection, forum.id),
        await attendance.count_places_taken(connection, forum.id),
    )


async def _list_in_agenda_order(
    connection: AsyncConnection, officer: Officer, forum: Forum
) -> list[tuple[str | None, Submission]]:
    """Return the submissions that an officer may read, each with its point of the agenda."""
    submissions = await forum_sessions.list_submissions(
        connection, forum.code, officer, get_visible_unit(officer), max_rows=_MAX_GROUPED
    )
    return [
        (point, submission)
        for point, group in group_by_agenda(forum, submissions)
        for submission in group
    ]


async def _record_reading(
    work: UnitOfWork, forum: Forum, officer: Officer, shown: Sequence[Submission]
) -> None:
    codes = [submission.code for submission in shown]
    await append_forum_entry(work, READ, forum, officer, codes=codes)
