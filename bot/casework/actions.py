"""Casework as a table: which action leads from where to where, by whom, and who is told.

docs/casework.md is drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework.permissions import DISTRIBUTORS, LEADERS, WORKERS, is_city_officer, may_open
from bot.casework.rules import may_leave_the_city
from storage.models import Kind, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.models import Answer, Officer, Role, Submission

MOST_EXTENSIONS = 2

NEW = frozenset({State.RECEIVED, State.ASSIGNED})
_HELD = frozenset({State.IN_PROGRESS, State.AWAITING_RESIDENT, State.TRANSFERRED})
_PROPOSED, _WORKED = frozenset({State.ANSWER_PROPOSED}), frozenset({State.IN_PROGRESS})
_OPEN = NEW | _HELD | _PROPOSED


@dataclass(frozen=True, slots=True)
class CaseAccess:
    """An officer before a case: its newest answer, whose work they do, who is kept off it."""

    officer: Officer
    case: Submission
    answer: Answer | None = None
    stands_for: frozenset[int] = frozenset()
    recused: frozenset[int] = frozenset()


def _anybody(_at: CaseAccess) -> bool:
    return True


def _is_theirs(at: CaseAccess) -> bool:
    return at.case.assignee_id in {at.officer.id, *at.stands_for}


def _can_be_asked(at: CaseAccess) -> bool:
    """Not of what was spoken in a hall and is nobody's: the clock would stand still for ever."""
    return _is_theirs(at) and at.case.resident_id is not None


def _is_new_or_theirs(at: CaseAccess) -> bool:
    return at.case.state in NEW or _is_theirs(at)


def _is_of_a_unit(at: CaseAccess) -> bool:
    return at.case.handled_by != CITY


def _may_be_sent_down(at: CaseAccess) -> bool:
    return is_city_officer(at.officer) and may_leave_the_city(at.case)


def _did_not_propose(at: CaseAccess) -> bool:
    return at.answer is not None and at.answer.proposed_by != at.officer.id


def _may_be_refused(at: CaseAccess) -> bool:
    return at.case.kind is not Kind.CRIME_REPORT


def _is_praise(at: CaseAccess) -> bool:
    return at.case.kind is Kind.PRAISE


def _may_be_extended(at: CaseAccess) -> bool:
    return at.case.extensions < MOST_EXTENSIONS


@dataclass(frozen=True)
class Transition:
    """An action of officers on a case.

    `to` None leaves the state as it is. `guard` says who of the roles may, and when. `asks`: it
    needs words, by the short conversation of the same name. `tells`: the resident hears of it.
    `rare`: its button is on the second page.
    """

    name: str
    states: frozenset[State]
    to: State | None
    roles: frozenset[Role]
    guard: Callable[[CaseAccess], bool] = _anybody
    asks: bool = False
    tells: bool = True
    rare: bool = False


TRANSITIONS = (
    Transition("accept", NEW, State.IN_PROGRESS, WORKERS),
    Transition("acknowledge", NEW, State.ACKNOWLEDGED, WORKERS, _is_praise),
    Transition("ask", _WORKED, State.AWAITING_RESIDENT, WORKERS, _can_be_asked, asks=True),
    Transition("propose", _HELD, State.ANSWER_PROPOSED, WORKERS, _is_theirs, True, tells=False),
    Transition("approve", _PROPOSED, State.ANSWERED, LEADERS, _did_not_propose),
    Transition("send_back", _PROPOSED, State.IN_PROGRESS, LEADERS, _did_not_propose, True, False),
    Transition("assign", NEW | _HELD, State.ASSIGNED, DISTRIBUTORS, asks=True, tells=False),
    Transition("route", NEW, State.RECEIVED, DISTRIBUTORS, _may_be_sent_down, asks=True),
    Transition("not_ours", NEW, State.RECEIVED, WORKERS, _is_of_a_unit, tells=False),
    Transition("transfer", NEW | _WORKED, State.TRANSFERRED, WORKERS, _is_new_or_theirs, asks=True),
    Transition("note", frozenset(State), None, WORKERS, asks=True, tells=False),
    Transition("merge", NEW | _HELD, State.MERGED, WORKERS, _is_new_or_theirs, True, rare=True),
    Transition("reclassify", NEW | _HELD, None, WORKERS, _is_new_or_theirs, True, False, rare=True),
    Transition("extend", _OPEN, None, LEADERS, _may_be_extended, asks=True, rare=True),
    Transition(
        "divert", NEW | _HELD, State.DIVERTED, DISTRIBUTORS, _may_be_refused, asks=True, rare=True
    ),
    Transition(
        "reject", NEW | _HELD, State.REJECTED, LEADERS, _may_be_refused, asks=True, rare=True
    ),
    Transition("recuse", NEW | _HELD, None, WORKERS, tells=False, rare=True),
    Transition("exclude", _OPEN, None, DISTRIBUTORS, asks=True, tells=False, rare=True),
)
BY_NAME = {each.name: each for each in TRANSITIONS}


def is_allowed(transition: Transition, at: CaseAccess) -> bool:
    """Whether an officer may do this with a case as it is now."""
    return (
        at.officer.role in transition.roles
        and at.case.state in transition.states
        and at.case.erased_at is None
        and may_open(at.officer, at.case, at.recused)
        and transition.guard(at)
    )


def draw_states() -> str:
    """The table as a diagram of states, in Mermaid's words."""
    lines = ["stateDiagram-v2"]
    for each in TRANSITIONS:
        if each.to is not None:
            lines += [f"    {state} --> {each.to}: {each.name}" for state in sorted(each.states)]
    return "\n".join(lines)
