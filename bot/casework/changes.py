"""The columns that each action writes: functions for the field `changes` of the rows.

Each takes an attempt and returns the columns; none of them writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import submission_rules
from bot.casework.permissions import CASE_WORKER_ROLES
from bot.conversation.inputs import join_texts
from bot.core.search_text import make_search_text
from storage.models import Kind, State, Topic

if TYPE_CHECKING:
    from datetime import datetime

    from bot.casework.case_access import CaseAccess, ClockAccess, ResidentAccess
    from bot.core.policy import Policy
    from bot.core.transitions import Attempt, Columns
    from storage.models import Submission

# The columns of a case without an officer, which waits to be assigned.
FREE: Columns = {"state": State.RECEIVED, "assignee_id": None, "alerted_at": None}
_CLOSED = frozenset(
    {
        State.ACKNOWLEDGED,
        State.REJECTED,
        State.DIVERTED,
        State.MERGED,
        State.WITHDRAWN,
        State.CLOSED,
    }
)


def complete_columns(attempt: Attempt[Any], columns: Columns) -> Columns:
    """Return `columns` with those that follow from the state: paused_at, closed_at, acknowledge_by.

    Columns that the action itself writes stay as they are, except `acknowledge_by`.
    """
    case: Submission = attempt.access.case
    work = attempt.work
    if case.paused_at is not None and columns["state"] is not State.AWAITING_RESIDENT:
        columns = _compute_resumption(case, work.now, work.policy) | columns
    if columns["state"] in _CLOSED and case.closed_at is None:
        columns["closed_at"] = work.now
    if columns["state"] not in submission_rules.NEW:
        columns["acknowledge_by"] = None
    elif columns.get("assignee_id", case.assignee_id) != case.assignee_id:
        columns["acknowledge_by"] = work.policy.compute_acknowledge_by(work.now, urgent=case.urgent)
        columns["escalation"] = 0
    return columns


def _compute_resumption(case: Submission, now: datetime, policy: Policy) -> Columns:
    """Return the due date moved by the time that the case was paused."""
    assert case.paused_at is not None
    paused_for = now - case.paused_at
    return {
        "paused_at": None,
        "due_at": policy.calendar.get_next_working_moment(case.due_at + paused_for),
    }


# Officers


def take_case(attempt: Attempt[CaseAccess]) -> Columns:
    """Make the officer who performs the action the assignee."""
    return {"assignee_id": attempt.access.officer.id}


def assign_to_chosen(attempt: Attempt[CaseAccess]) -> Columns:
    """Make the chosen officer the assignee."""
    return {"assignee_id": int(attempt.answers["officer"])}


def send_to_city(_attempt: Attempt[CaseAccess]) -> Columns:
    """Make the city the unit that handles the case."""
    return {**FREE, "handled_by": CITY}


def send_to_unit(attempt: Attempt[CaseAccess]) -> Columns:
    """Make the chosen unit the one that handles the case, and its area the area of the case."""
    area = attempt.answers["area"]
    return {**FREE, "handled_by": area, "unit_code": area}


def pause_case(attempt: Attempt[CaseAccess]) -> Columns:
    """Pause the deadline until the resident replies."""
    return {"paused_at": attempt.work.now}


def answer_case(attempt: Attempt[CaseAccess]) -> Columns:
    """Store the time of the answer, and remove the rating of an earlier answer."""
    return {"answered_at": attempt.work.now, "rating": None, "rating_reason": None}


def transfer_case(attempt: Attempt[CaseAccess]) -> Columns:
    """Store the agency to which the case was transferred; the officer stays the assignee."""
    return {"transferred_to": attempt.answers["body"], **take_case(attempt)}


def reclassify_case(attempt: Attempt[CaseAccess]) -> Columns:
    """Change kind and topic, and with them the due date, the unit and the confidentiality.

    A case that the city handles is never moved to a unit. The lane of before stays, if it is more
    protected than the new one.
    """
    case, answers = attempt.access.case, attempt.answers
    kind, topics = Kind(answers["kind"]), [Topic(answers["topic"])]
    confidential = submission_rules.is_confidential(kind, case.identity)
    columns: Columns = {
        "kind": kind,
        "topics": [topic.value for topic in topics],
        "confidential": case.confidential or confidential,
        "former_lane": submission_rules.get_lane(case),
    }
    if kind is not case.kind:
        columns["due_at"] = attempt.work.policy.compute_due(kind, case.created_at)
    if submission_rules.stays_with_city(kind, topics) and case.handled_by != CITY:
        columns |= {**FREE, "handled_by": CITY}
    return columns


def extend_deadline(attempt: Attempt[CaseAccess]) -> Columns:
    """Move the due date by the chosen number of working days."""
    case, days = attempt.access.case, int(attempt.answers["days"])
    due = attempt.work.policy.calendar.add_working_days(case.due_at, days)
    return {"due_at": due, "extensions": case.extensions + 1}


def recuse_officer(attempt: Attempt[CaseAccess]) -> Columns:
    """Remove the officer who performs the action as the assignee, if they are the assignee."""
    return _take_case_from(attempt, attempt.access.officer.id)


def exclude_chosen(attempt: Attempt[CaseAccess]) -> Columns:
    """Remove the chosen officer as the assignee, if they are the assignee."""
    return _take_case_from(attempt, int(attempt.answers["officer"]))


def _take_case_from(attempt: Attempt[CaseAccess], officer_id: int) -> Columns:
    """Free the case if the officer has it, or proposed the answer that waits for approval."""
    case, answer = attempt.access.case, attempt.access.answer
    is_theirs = case.assignee_id == officer_id
    proposed = case.state is State.ANSWER_PROPOSED and answer and answer.proposed_by == officer_id
    return dict(FREE) if is_theirs or proposed else {}


def propose_in_hall(attempt: Attempt[CaseAccess]) -> Columns:
    """Make the officer the assignee of a case without one, if their role works on cases.

    Otherwise nobody could change the answer if it is sent back.
    """
    access = attempt.access
    if access.case.assignee_id is None and access.officer.role in CASE_WORKER_ROLES:
        return take_case(attempt)
    return {}


# Residents


def add_searched_text(attempt: Attempt[ResidentAccess]) -> Columns:
    """Add the resident's messages to the text that the search reads."""
    added = make_search_text(join_texts(attempt.answers["details"]))
    return {"folded": f"{attempt.access.case.folded}\n{added}"}


def add_correction(attempt: Attempt[ResidentAccess]) -> Columns:
    """Add the new version of an edited message to the text that is searched."""
    return {"folded": f"{attempt.access.case.folded}\n{make_search_text(attempt.answers['text'])}"}


def reply_to_question(attempt: Attempt[ResidentAccess]) -> Columns:
    """Continue the case; if it has no assignee any more, it waits to be assigned."""
    state = State.RECEIVED if attempt.access.case.assignee_id is None else State.IN_PROGRESS
    return {**add_searched_text(attempt), "state": state}


def rate_answer(attempt: Attempt[ResidentAccess]) -> Columns:
    """Store the rating (see submission_rules) and its reason."""
    answers = attempt.answers
    return {"rating": int(answers["score"]), "rating_reason": answers.get("reason") or None}


def explain_rating(attempt: Attempt[ResidentAccess]) -> Columns:
    """Store the reason of a rating that is stored already."""
    return {"rating_reason": attempt.answers.get("reason") or None}


def reopen_case(attempt: Attempt[ResidentAccess]) -> Columns:
    """Open the case again, with a new due date and the same assignee.

    A merged case becomes a case of its own: its resident asks, not that of the main case.
    """
    case, work = attempt.access.case, attempt.work
    return {
        "state": State.ASSIGNED if case.assignee_id else State.RECEIVED,
        "reopened_at": work.now,
        "merged_into": None,
        "answered_at": None,
        "closed_at": None,
        "warned_at": None,
        "due_at": work.policy.compute_due(case.kind, work.now),
        "acknowledge_by": work.policy.compute_acknowledge_by(work.now, urgent=case.urgent),
        "escalation": 0,
    }


def leave_main_case(_attempt: Attempt[ResidentAccess]) -> Columns:
    """Separate the submission from the case into which it was merged, if it was."""
    return {"merged_into": None}


# The clock


def escalate_case(attempt: Attempt[ClockAccess]) -> Columns:
    """Raise the level of escalation by one, with a new time to accept it at level 1 only."""
    case, work = attempt.access.case, attempt.work
    level = case.escalation + 1
    again = work.policy.compute_acknowledge_by(work.now, urgent=case.urgent) if level == 1 else None
    return {"escalation": level, "acknowledge_by": again}
