"""Casework as a table: which action leads from where to where, by whom, and who is told.

docs/casework.md is drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework.rules import may_open
from storage.models import Kind, Role, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.models import Answer, Officer, Submission

_WORKERS = frozenset({Role.OFFICER, Role.APPROVER, Role.TRIAGE, Role.COORDINATOR})
_LEADERS = frozenset({Role.APPROVER, Role.COORDINATOR})

_NEW = frozenset({State.RECEIVED, State.ASSIGNED})
_HELD = frozenset({State.IN_PROGRESS, State.AWAITING_RESIDENT, State.TRANSFERRED})


def _anybody(_officer: Officer, _case: Submission, _answer: Answer | None) -> bool:
    return True


def _is_theirs(officer: Officer, case: Submission, _answer: Answer | None) -> bool:
    return case.assignee_id == officer.id


def _is_free(officer: Officer, case: Submission, _answer: Answer | None) -> bool:
    return case.assignee_id in (None, officer.id)


def _is_of_a_unit(_officer: Officer, case: Submission, _answer: Answer | None) -> bool:
    return case.handled_by != CITY


def _did_not_propose(officer: Officer, _case: Submission, answer: Answer | None) -> bool:
    return answer is not None and answer.proposed_by != officer.id


def _may_be_refused(_officer: Officer, case: Submission, _answer: Answer | None) -> bool:
    return case.kind is not Kind.CRIME_REPORT


def _is_praise(_officer: Officer, case: Submission, _answer: Answer | None) -> bool:
    return case.kind is Kind.PRAISE


@dataclass(frozen=True)
class Transition:
    """An action of officers on a case.

    `to` None leaves the state as it is. `guard` says who of the roles may, and when. `asks`: it
    needs words, by the short conversation of the same name. `tells`: the resident hears of it.
    """

    name: str
    states: frozenset[State]
    to: State | None
    roles: frozenset[Role]
    guard: Callable[[Officer, Submission, Answer | None], bool] = _anybody
    asks: bool = False
    tells: bool = True


_PROPOSED, _WORKED = frozenset({State.ANSWER_PROPOSED}), frozenset({State.IN_PROGRESS})

TRANSITIONS = (
    Transition("accept", _NEW, State.IN_PROGRESS, _WORKERS, _is_free),
    Transition("acknowledge", _NEW, State.ACKNOWLEDGED, _WORKERS, _is_praise),
    Transition("not_ours", _NEW, State.RECEIVED, _WORKERS, _is_of_a_unit, tells=False),
    Transition("ask", _WORKED, State.AWAITING_RESIDENT, _WORKERS, _is_theirs, asks=True),
    Transition("propose", _HELD, State.ANSWER_PROPOSED, _WORKERS, _is_theirs, True, tells=False),
    Transition("approve", _PROPOSED, State.ANSWERED, _LEADERS, _did_not_propose),
    Transition("send_back", _PROPOSED, State.IN_PROGRESS, _LEADERS, _did_not_propose, True, False),
    Transition("transfer", _NEW | _WORKED, State.TRANSFERRED, _WORKERS, _is_free, asks=True),
    Transition("reject", _NEW | _HELD, State.REJECTED, _LEADERS, _may_be_refused, asks=True),
    Transition("note", frozenset(State), None, _WORKERS, asks=True, tells=False),
)
BY_NAME = {each.name: each for each in TRANSITIONS}


def allows(
    transition: Transition, officer: Officer, case: Submission, answer: Answer | None
) -> bool:
    """Whether an officer may do this with a case as it is now."""
    return (
        officer.role in transition.roles
        and case.state in transition.states
        and case.erased_at is None
        and may_open(officer.role, officer.unit_code, case.handled_by)
        and transition.guard(officer, case, answer)
    )


def drawn() -> str:
    """The table as a diagram of states, in Mermaid's words."""
    lines = ["stateDiagram-v2"]
    for each in TRANSITIONS:
        if each.to is not None:
            lines += [f"    {state} --> {each.to}: {each.name}" for state in sorted(each.states)]
    return "\n".join(lines)
