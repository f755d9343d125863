"""The outcome of a submission in a session: answered there, or left to its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.units import name_police
from bot.casework.actions import PROPOSE_ANSWER_AT_FORUM
from bot.casework.case_access import HallAccess
from bot.casework.permissions import get_visible_unit
from bot.casework.submission_rules import is_protected
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.transitions import perform_transition
from bot.core.unit_of_work import UnitOfWork
from bot.forums.session.screens import show_answer_stored
from bot.forums.session.views import UNANSWERED, UNSETTLED, find_session
from bot.notifications import to_officers, to_resident
from storage import audit, forum_sessions
from storage.models import HearingOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.requests import Chat
    from bot.core.screen import Param
    from storage.models import Forum, Officer, State, Submission

_NOTHING = "–"  # where no measure or no deadline was named


async def begin_answer(
    connection: AsyncConnection, chat_id: int, forum_code: str, submission_id: int
) -> dict[str, Any]:
    """Return the facts for the conversation of an answer.

    Raises Refused if the submission cannot be answered in the session by the officer now.
    """
    _officer, forum, submission = await _lock_submission(
        connection, chat_id, forum_code, submission_id, UNANSWERED
    )
    return {"@code": forum.code, "@number": submission_id, "@about": submission.code}


async def record_answer(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Store the answer given in the session as a proposed answer, which another officer approves.

    Raises Refused if the submission cannot be answered in the session by the officer now.
    """
    officer, forum, submission = await _lock_submission(
        work.connection, chat.id, answers["@code"], int(answers["@number"]), UNANSWERED
    )
    words = {
        "text": answers["text"],
        "measure": answers["measure"] or _NOTHING,
        "deadline": answers["deadline"] or _NOTHING,
    }
    access = HallAccess(submission, officer)
    changed: Submission = await perform_transition(work, PROPOSE_ANSWER_AT_FORUM, access, words)
    await _record_outcome(work, forum, officer, changed, HearingOutcome.ANSWERED)
    screen = show_answer_stored(forum, changed)
    await to_officers.confirm_hall_answer(work, officer, changed, screen)


async def leave_to_unit(
    work: UnitOfWork, chat_id: int, forum_code: str, submission_id: int
) -> None:
    """Store that a presented submission is left to its unit, and notify its resident.

    Raises Refused if the officer may not decide about it now.
    """
    officer, forum, submission = await _lock_submission(
        work.connection, chat_id, forum_code, submission_id, UNSETTLED
    )
    await _record_outcome(work, forum, officer, submission, HearingOutcome.LEFT)
    params: dict[str, Param] = {
        "code": submission.code,
        "unit": name_police(submission.handled_by),
        "due": submission.due_at.astimezone(work.policy.zone).date(),
    }
    await to_resident.notify_resident(work, submission, "hall", (Words("hall.told", params),))


async def _record_outcome(
    work: UnitOfWork,
    forum: Forum,
    officer: Officer,
    submission: Submission,
    outcome: HearingOutcome,
) -> None:
    await forum_sessions.record_outcome(
        work.connection,
        submission.id,
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
        submission_id=submission.id,
        details={"forum": forum.code},
    )


async def _lock_submission(
    connection: AsyncConnection,
    chat_id: int,
    forum_code: str,
    submission_id: int,
    states: frozenset[State],
) -> tuple[Officer, Forum, Submission]:
    """Return a planner, the forum, and a submission without an outcome, locked.

    Two officers who take the same one take it one after the other. Raises Refused if the officer
    may not read it, if it is protected, if it has an outcome, and if it is in none of the states.
    """
    officer, forum = await find_session(connection, chat_id, forum_code)
    submission = await forum_sessions.lock_submission(
        connection, forum.code, officer, get_visible_unit(officer), submission_id
    )
    if submission is None or is_protected(submission):
        raise Refused(Words("case.refused"))
    outcomes = await forum_sessions.map_outcomes(connection, forum.id)
    if submission.id in outcomes or submission.state not in states:
        raise Refused(Words("hall.not_now", {"code": submission.code}))
    return officer, forum, submission
