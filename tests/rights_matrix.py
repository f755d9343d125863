"""Write docs/rights.md from the code: who may do what (`python -m tests.rights_matrix`).

The tables are computed: each right is tried for every role, unit and lane, in every state of a
case. `tests/rules/test_rights.py` compares the page.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from bot.areas.units import CITY
from bot.casework import submission_rules, templates, unit_groups
from bot.casework.actions import OFFICER_ACTIONS, PROPOSE_ANSWER_AT_FORUM
from bot.casework.case_access import CaseAccess
from bot.casework.case_lists import STATISTICS_READERS
from bot.casework.permissions import (
    CASE_WORKER_ROLES,
    READERS,
    get_visible_unit,
    may_open,
)
from bot.core.transitions import is_allowed
from bot.forums.planning.actions import ACTIONS as FORUM_ACTIONS
from bot.forums.shared.planning_permissions import DECIDERS, PLANNERS, may_plan
from storage import forum_sessions
from storage.models import (
    Answer,
    BanState,
    Forum,
    Identity,
    Kind,
    Lane,
    Officer,
    ResidentBan,
    Role,
    State,
    Submission,
    Topic,
)
from storage.statements import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.casework.case_action import CaseAction

PAGE = Path(__file__).parents[1] / "docs" / "rights.md"
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
WARD, OTHER_WARD = "11407", "11413"
ME, SOMEBODY, ABSENT = 1, 2, 3  # ids of officers: the actor, another, one whom the actor replaces

# The letter of each lane in the tables. Small: only if the officer is the assignee.
LETTERS = {
    Lane.ORDINARY: "O",
    Lane.UNNAMED_CRIME: "U",
    Lane.CONDUCT: "C",
    Lane.DENUNCIATION: "D",
}
NEVER = "–"
NO_RIGHT = "No role has any of these rights."


@dataclass(frozen=True, slots=True)
class Relation:
    """An officer's unit, the unit that handles a case, and the title of the table."""

    title: str
    unit: str
    handled_by: str


RELATIONS = (
    Relation("An officer of a unit, and a case that this unit handles", WARD, WARD),
    Relation("An officer of a unit, and a case that another unit handles", WARD, OTHER_WARD),
    Relation("An officer of a unit, and a case that the city handles", WARD, CITY),
    Relation("An officer of the city, and a case that a unit handles", CITY, WARD),
    Relation("An officer of the city, and a case that the city handles", CITY, CITY),
)


def make_officer(role: Role, unit: str) -> Officer:
    """Return an officer who is not stored."""
    return Officer(
        id=ME, chat_id=ME, name="", unit_code=unit, role=role, topics=[], on_duty=True,
        active=True, created_at=NOW, roster=[],
    )  # fmt: skip


def list_kinds(lane: Lane) -> dict[Kind, tuple[list[str], Identity]]:
    """Return the kinds whose cases can be in a lane, each with topics and an identity of it."""
    every = product(Kind, ([Topic.OTHER.value], [Topic.OFFICER_ATTITUDE.value]), Identity)
    found: dict[Kind, tuple[list[str], Identity]] = {}
    for kind, topics, identity in every:
        if submission_rules.find_lane(kind, topics, identity) is lane:
            found.setdefault(kind, (topics, identity))
    return found


@cache
def list_cases(lane: Lane, handled_by: str, assignee: int) -> tuple[Submission, ...]:
    """Return a case of every kind and state that a unit can have in a lane."""
    return tuple(
        Submission(
            id=1, code="HP-AAAA-2222", kind=kind, topics=topics, identity=identity, state=state,
            unit_code=WARD, unit_vintage="2025-07-01", handled_by=handled_by, text="", folded="",
            urgent=False, hides_personal=False, version=2, confidential=False, language="vi",
            created_at=NOW, due_at=NOW, resident_id=1, phone="+84", assignee_id=assignee,
        )
        for kind, (topics, identity) in list_kinds(lane).items()
        for state in State
        if handled_by == CITY
        or not submission_rules.stays_with_city(kind, [Topic(topic) for topic in topics])
    )  # fmt: skip


@cache
def list_bans() -> tuple[ResidentBan, ...]:
    """Return bans in every state that an action asks for, proposed by another officer."""
    made: dict[str, Any] = {"id": 1, "submission_id": 1, "days": 7, "reason": "", "decided_by": 4}
    made |= {"proposed_by": SOMEBODY, "proposed_at": NOW, "unit_code": WARD}
    in_force = {**made, "state": BanState.IN_FORCE, "until": NOW + timedelta(days=7)}
    return (
        ResidentBan(state=BanState.PROPOSED, **made),
        ResidentBan(**in_force),
        ResidentBan(appealed_at=NOW, **in_force),
    )


@cache
def list_accesses(
    role: Role, relation: Relation, lane: Lane, assignee: int
) -> tuple[CaseAccess, ...]:
    """Return the access of an officer to every case of a lane, and with every ban."""
    officer = make_officer(role, relation.unit)
    answer = Answer(
        id=1, submission_id=1, text="", measure="", deadline="", proposed_by=SOMEBODY,
        proposed_at=NOW,
    )  # fmt: skip
    cases = list_cases(lane, relation.handled_by, assignee)
    first = {case.kind: case for case in reversed(cases)}.values()
    tried = [*((case, None) for case in cases), *product(first, list_bans())]
    return tuple(
        CaseAccess(case, officer, answer, frozenset({ABSENT}), frozenset({SOMEBODY}), ban)
        for case, ban in tried
    )


def find_right(
    may: Callable[[CaseAccess], bool], role: Role, relation: Relation, lane: Lane
) -> str:
    """Return the letter of a lane, small if only the assignee may; "" for a right never given."""
    if any(may(each) for each in list_accesses(role, relation, lane, SOMEBODY)):
        return LETTERS[lane]
    if role in CASE_WORKER_ROLES and any(
        may(each) for each in list_accesses(role, relation, lane, ME)
    ):
        # What every assignee may is in the condition of the right; here it is about reading.
        reads = any(_may_read(each) for each in list_accesses(role, relation, lane, SOMEBODY))
        return LETTERS[lane] if reads else LETTERS[lane].lower()
    return ""


def _may_read(access: CaseAccess) -> bool:
    return may_open(access.officer, access.case, access.recused)


def _make_check(action: CaseAction[CaseAccess]) -> Callable[[CaseAccess], bool]:
    return lambda access: is_allowed(action, access)


def list_case_rights() -> list[tuple[str, str, Callable[[CaseAccess], bool]]]:
    """Return the rights on a case: the name, the condition in words, and the check."""
    reading = "see it: open, list, search, export", "not excluded from it", _may_read
    return [reading] + [
        (each.name, each.guard.description if each.guard else "", _make_check(each))
        for each in OFFICER_ACTIONS
    ]


def draw_relation(relation: Relation) -> list[str]:
    """Return the table of the rights on cases for one relation of units."""
    rows = [f"| Right | {' | '.join(Role)} |", f"|{'---|' * (len(Role) + 1)}"]
    rights = {
        name: [
            " ".join(filter(None, (find_right(may, role, relation, lane) for lane in Lane)))
            for role in Role
        ]
        for name, _condition, may in list_case_rights()
    }
    if not any(cell for cells in rights.values() for cell in cells):
        return [NO_RIGHT]
    for name, cells in rights.items():
        rows.append(f"| {name} | {' | '.join(cell or NEVER for cell in cells)} |")
    return rows


def draw_conditions() -> list[str]:
    """Return the table of the conditions of the rights on cases."""
    rows = ["| Right | Only if |", "|---|---|"]
    return rows + [f"| {name} | {text or NEVER} |" for name, text, _may in list_case_rights()]


def draw_forum_actions() -> list[str]:
    """Return the table of the actions on forums: by whom of the host unit, another, the city."""
    rows = [f"| Right | {' | '.join(Role)} | Only if |", f"|{'---|' * (len(Role) + 2)}"]
    for action in FORUM_ACTIONS:
        cells = []
        for role in Role:
            named = {"own": WARD, "other": OTHER_WARD, "city": CITY}
            allowed = [
                name
                for name, unit in named.items()
                if role in action.actors and may_plan(make_officer(role, unit), _make_forum())
            ]
            cells.append(", ".join(allowed) or NEVER)
        condition = action.guard.description if action.guard else NEVER
        rows.append(f"| {action.name} | {' | '.join(cells)} | {condition} |")
    return rows


def _make_forum() -> Forum:
    return Forum(
        code="DDAAAA", title="", host_unit=WARD, area=WARD, venue="", created_by=SOMEBODY, head=""
    )


async def draw_forum_reading() -> list[str]:
    """Return the table of the opinions for a forum that planners list, as the queries find them.

    Those that are also presented and answered in the hall are in brackets.
    """
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
        for number, (lane, handled_by) in enumerate(product(Lane, (WARD, OTHER_WARD, CITY)), 1):
            for case in list_cases(lane, handled_by, SOMEBODY)[:1]:
                made = {**case.model_dump(), "id": number, "code": f"HP-{number}"}
                made |= {"forum": "DDAAAA", "state": State.RECEIVED, "resident_id": None}
                await connection.execute(insert(table(Submission)), [made])
        rows = [f"| Opinion | {' | '.join(Role)} |", f"|{'---|' * (len(Role) + 1)}"]
        for relation in RELATIONS:
            cells = [
                await _list_forum_lanes(connection, make_officer(role, relation.unit), relation)
                for role in Role
            ]
            rows.append(f"| {relation.title} | {' | '.join(cells)} |")
    await engine.dispose()
    return rows


async def _list_forum_lanes(
    connection: AsyncConnection, officer: Officer, relation: Relation
) -> str:
    """Return the cell of an officer: the letters of the lanes."""
    if officer.role not in PLANNERS:
        return NEVER
    found = await forum_sessions.list_submissions(
        connection, "DDAAAA", officer, get_visible_unit(officer), max_rows=99
    )
    own = [each for each in found if each.handled_by == relation.handled_by]
    presents = officer.role in PROPOSE_ANSWER_AT_FORUM.actors
    shown = {
        submission_rules.get_lane(each): presents and not submission_rules.is_protected(each)
        for each in own
    }
    letters = [
        f"({LETTERS[lane]})" if shown[lane] else LETTERS[lane] for lane in Lane if lane in shown
    ]
    return " ".join(letters) or NEVER


def draw_other_rights() -> list[str]:
    """Return the table of the rights that are not about one case."""
    rights: dict[str, Callable[[Role], bool]] = {
        "/cases, /case, /search, /export": lambda role: role in READERS,
        "/stats: numbers of the own unit, in the city of all": lambda role: (
            role in STATISTICS_READERS
        ),
        "read templates of the own unit and of the city": lambda role: role in READERS,
        "change templates of the own unit": lambda role: templates.may_change(
            make_officer(role, WARD)
        ),
        "link a group to the own unit": lambda role: role in unit_groups.GROUP_LINKERS,
        "plan forums: own unit, in the city all": lambda role: role in PLANNERS,
        "approve forums: own unit, in the city all": lambda role: role in DECIDERS,
    }
    rows = [f"| Right | {' | '.join(Role)} |", f"|{'---|' * (len(Role) + 1)}"]
    return rows + [
        f"| {name} | {' | '.join('yes' if may(role) else NEVER for role in Role)} |"
        for name, may in rights.items()
    ]


INTRODUCTION = """# Rights
Who may do what. This page is written by `python -m tests.rights_matrix`: each right is tried with
the rules of the code, for every role, unit, lane and state of a case. A test compares it.

A lane says how far a case is protected. A case keeps the most protected lane that it ever had. It
is merged only with a case of its own lane.

| Letter | Lane | Cases | Handled by | Named in groups |
|---|---|---|---|---|
| O | `ordinary` | all others | the unit, or the city | yes |
| U | `unnamed_crime` | crime reports of unnamed residents | the unit, or the city | no |
| C | `conduct` | the conduct of officers, how a report was handled | always the city | no |
| D | `denunciation` | denunciations | always the city | no |

A letter in a cell means that the role has the right on cases of this lane, in some state of the
case, if the condition of the right is met. [casework.md](casework.md) has the states. A small
letter: only if the officer is the assignee. – means never. No unit below the city handles C and D,
so these letters cannot be in the tables of cases that a unit handles.

An excluded officer has no right on the case at all. Whoever has no right is refused, and the audit
log records it. Residents act on their own submissions only; their actions are in
[casework.md](casework.md).
"""


async def write_page() -> str:
    """Return the page."""
    parts = [INTRODUCTION, "## Cases", "### Conditions", *draw_conditions()]
    for relation in RELATIONS:
        parts += ["", f"### {relation.title}", *draw_relation(relation)]
    parts += [
        "",
        "## Opinions given for a forum",
        "Planners list these opinions, without the residents. Those in brackets are also",
        "presented in the hall, where an answer to them can be entered (`propose_in_hall`);",
        "another officer approves it.",
        *["", *await draw_forum_reading(), ""],
        "## Forums",
        "Of the host unit (own), of another unit, or of the city.",
        *["", *draw_forum_actions(), ""],
        "## Without a case",
        *draw_other_rights(),
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(asyncio.run(write_page()), "utf-8")
