"""A forum's life as a table: which move leads where, by whom, and what everybody hears of it.

docs/forums.md is drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage.models import ForumState, Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from storage.models import Forum, Officer

PLANNERS = frozenset({Role.ORGANISER, Role.APPROVER, Role.COORDINATOR})
DECIDERS = frozenset({Role.APPROVER, Role.COORDINATOR})
_BEFORE = timedelta(hours=6)  # a forum is not begun earlier by mistake

_PLANNED = frozenset({ForumState.DRAFT, ForumState.SUBMITTED})
_COMING = frozenset({ForumState.PUBLISHED, ForumState.POSTPONED})
_HELD = frozenset({ForumState.LIVE, ForumState.REPORT_DUE, ForumState.REPORTED})

# When opinions come up in the hall, and what may be added of it afterwards.
IN_THE_HALL = frozenset({ForumState.LIVE, ForumState.REPORT_DUE})


def _any_time(_officer: Officer, _forum: Forum, _now: datetime) -> bool:
    return True


def _another_and_in_time(officer: Officer, forum: Forum, now: datetime) -> bool:
    return forum.created_by != officer.id and forum.starts_at > now


def _another(officer: Officer, forum: Forum, _now: datetime) -> bool:
    return forum.created_by != officer.id


def _about_to_begin(_officer: Officer, forum: Forum, now: datetime) -> bool:
    return now >= forum.starts_at - _BEFORE


@dataclass(frozen=True)
class ForumAction:
    """What an organiser does with a forum.

    `to` None leaves the state as it is; `asks`: it needs words, by the short conversation
    `forum_NAME`. `tells`: everybody who was told of the forum hears of it, as this announcement.
    """

    name: str
    states: frozenset[ForumState]
    to: ForumState | None
    roles: frozenset[Role] = PLANNERS
    guard: Callable[[Officer, Forum, datetime], bool] = _any_time
    asks: bool = False
    tells: str | None = None


_SUBMITTED, _PUBLISHED = frozenset({ForumState.SUBMITTED}), frozenset({ForumState.PUBLISHED})

_ENDED, _REPORTED = frozenset({ForumState.REPORT_DUE}), frozenset({ForumState.REPORTED})
_DRAFT, _LIVE = frozenset({ForumState.DRAFT}), frozenset({ForumState.LIVE})

ACTIONS = (
    ForumAction(
        "approve", _SUBMITTED, ForumState.PUBLISHED, DECIDERS, _another_and_in_time, tells="notice"
    ),
    ForumAction("send_back", _SUBMITTED, ForumState.DRAFT, DECIDERS, _another, asks=True),
    ForumAction("edit", _DRAFT, ForumState.SUBMITTED, asks=True),
    ForumAction("reschedule", _COMING, ForumState.PUBLISHED, asks=True, tells="moved"),
    ForumAction("capacity", _COMING, None, asks=True),
    ForumAction("postpone", _PUBLISHED, ForumState.POSTPONED, asks=True, tells="postponed"),
    ForumAction("cancel", _PLANNED | _COMING, ForumState.CANCELLED, asks=True, tells="cancelled"),
    ForumAction("begin", _PUBLISHED, ForumState.LIVE, guard=_about_to_begin),
    ForumAction("end", _LIVE, ForumState.REPORT_DUE),
    ForumAction("promise", _HELD, None, asks=True),
    ForumAction("report", _ENDED, ForumState.REPORTED, asks=True, tells="results"),
    ForumAction("close", _REPORTED, ForumState.CLOSED),
)
BY_NAME = {each.name: each for each in ACTIONS}


def may_plan(officer: Officer, forum: Forum) -> bool:
    """Whether an officer plans this forum: of the host unit, or of the city."""
    return officer.role in PLANNERS and officer.unit_code in (forum.host_unit, CITY)


def is_allowed(move: ForumAction, officer: Officer, forum: Forum, now: datetime) -> bool:
    """Whether an officer may do this with a forum as it is now."""
    return (
        officer.role in move.roles
        and forum.state in move.states
        and may_plan(officer, forum)
        and move.guard(officer, forum, now)
    )


def draw_states() -> str:
    """The table as a diagram of states, in Mermaid's words."""
    lines = ["stateDiagram-v2", "    [*] --> submitted: /newforum"]
    for each in ACTIONS:
        if each.to is not None:
            lines += [f"    {state} --> {each.to}: {each.name}" for state in sorted(each.states)]
    return "\n".join(lines)
