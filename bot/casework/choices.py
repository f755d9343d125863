"""The choices of an action (an officer, a similar case, a template) and their checks.

The `offer_…` functions return facts for a short conversation: lists of [value, label]. The
`check_…` functions raise Refused if the chosen value is not valid any more; they return no columns.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import similarity, template_text
from bot.casework.case_access import find_case_access
from bot.casework.permissions import (
    CASE_WORKER_ROLES,
    READERS,
    may_exclude,
    may_open,
    may_readmit,
)
from bot.casework.submission_rules import may_be_merged, must_stay_with_city, parse_code
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import casework, officers, submissions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.casework.case_access import CaseAccess
    from bot.core.transitions import Attempt, Columns
    from storage.models import Officer, State, Submission

_MAX_BUTTONS = 24  # officers or templates to choose from
_COMPARED = 100  # open cases of a place, those due last, among which similar ones are found
_EXCERPT = 40  # characters of the text of a similar case


# Officers


async def offer_workers(work: UnitOfWork, access: CaseAccess) -> dict[str, Any]:
    """Return the officers of the unit who can be assigned, with the numbers of their open cases."""
    return await _offer_officers(work, await _list_workers(work, access))


async def offer_readers(work: UnitOfWork, access: CaseAccess) -> dict[str, Any]:
    """Return the readers of the case who may be kept away from it: none above the officer."""
    return await _offer_officers(work, await _list_readers(work, access))


async def _offer_officers(work: UnitOfWork, found: Sequence[Officer]) -> dict[str, Any]:
    loads = await casework.count_open_cases(work.connection, [each.id for each in found])
    return {
        "@officers": [
            [str(officer.id), f"{officer.name} ({loads.get(officer.id, 0)})"]
            for officer in found[:_MAX_BUTTONS]
        ]
    }


async def check_worker(attempt: Attempt[CaseAccess]) -> Columns:
    """Raise Refused unless the chosen officer can be assigned."""
    return _check_officer(attempt, await _list_workers(attempt.work, attempt.access))


async def check_reader(attempt: Attempt[CaseAccess]) -> Columns:
    """Raise Refused unless the chosen officer can be kept away from the case."""
    return _check_officer(attempt, await _list_readers(attempt.work, attempt.access))


def _check_officer(attempt: Attempt[CaseAccess], found: Sequence[Officer]) -> Columns:
    if str(attempt.answers["officer"]) not in {str(officer.id) for officer in found}:
        raise Refused(Words("case.no_such_officer"))
    return {}


async def _list_workers(work: UnitOfWork, access: CaseAccess) -> list[Officer]:
    unit = await officers.list_active(work.connection, (access.case.handled_by,))
    return [
        each for each in unit if each.role in CASE_WORKER_ROLES and each.id not in access.recused
    ]


async def _list_readers(work: UnitOfWork, access: CaseAccess) -> list[Officer]:
    units = await officers.list_active(work.connection, (access.case.handled_by, CITY))
    return [
        each
        for each in units
        if each.role in READERS
        and each.id not in access.recused
        and may_exclude(access.officer, each)
    ]


async def offer_excluded(work: UnitOfWork, access: CaseAccess) -> dict[str, Any]:
    """Return the officers whom the officer may admit to the case again.

    Raises Refused if there is none.
    """
    found = await _list_readmissible(work, access)
    if not found:
        raise Refused(Words("case.none_to_readmit"))
    return {"@officers": [[str(each.id), each.name] for each in found[:_MAX_BUTTONS]]}


async def check_excluded(attempt: Attempt[CaseAccess]) -> Columns:
    """Raise Refused unless the officer may admit the chosen officer to the case again."""
    return _check_officer(attempt, await _list_readmissible(attempt.work, attempt.access))


async def _list_readmissible(work: UnitOfWork, access: CaseAccess) -> list[Officer]:
    exclusions = await casework.list_exclusions(work.connection, access.case.id)
    return [
        each.excluded for each in exclusions if may_readmit(access.officer, each.excluded, each.by)
    ]


# Units


async def check_unit(attempt: Attempt[CaseAccess]) -> Columns:
    """Raise Refused if the city is the chosen unit: it handles the case already.

    Raises Refused, too, if a case that must stay with the city was merged into this one.
    """
    if attempt.answers["area"] == CITY:
        raise Refused(Words("case.no_such_unit"))
    merged = await casework.list_merged(attempt.work.connection, attempt.access.case.id)
    if any(must_stay_with_city(each) for each in merged):
        raise Refused(Words("case.keeps_merged", {"code": attempt.access.case.code}))
    return {}


# Templates


async def offer_templates(work: UnitOfWork, access: CaseAccess) -> dict[str, Any]:
    """Return the templates of the officer's unit and of the city, with the case's values filled in.

    Each is a list of [id, name, text].
    """
    due = access.case.due_at.astimezone(work.policy.zone)
    fields = {
        "ma": access.case.code,
        "han": f"{due:%d/%m/%Y}",
        "ngay": f"{work.now.astimezone(work.policy.zone):%d/%m/%Y}",
    }
    units = (access.officer.unit_code, CITY)
    templates = await casework.list_templates(work.connection, units)
    return {
        "@templates": [
            [str(each.id), each.name, template_text.fill_template(each.text, **fields)]
            for each in templates[:_MAX_BUTTONS]
        ]
    }


# Similar cases


async def offer_similar_cases(work: UnitOfWork, access: CaseAccess) -> dict[str, Any]:
    """Return the cases that this one may be merged into, with the beginnings of their texts."""
    similar = await load_similar_cases(work.connection, access)
    return {"@alike": [[case.code, _make_label(case)] for case in similar]}


async def prepare_similar_cases(
    work: UnitOfWork, chat_id: int, typed: str, *, states: Collection[State]
) -> Callable[[], list[int]] | None:
    """Return a function that compares the text of a case with those of other open cases.

    It returns the ids of similar cases that the officer may merge it into, the most similar first.
    Return None if the officer of the chat may not open the case with the typed code, if the case is
    in none of the states, or if there is nothing to compare it with.
    """
    access = await find_case_access(work, chat_id, parse_code(typed))
    if access is None or access.case.state not in states:
        return None
    found = await _list_similar(work.connection, access)
    others = [(each.id, each.folded) for each in found]
    return partial(similarity.rank_similar, access.case.folded, others) if others else None


async def load_similar_cases(connection: AsyncConnection, access: CaseAccess) -> list[Submission]:
    """Return those of `access.similar` that the officer may merge the case into now, in order."""
    if not access.similar:
        return []
    found = await _list_similar(connection, access, access.similar)
    by_id = {each.id: each for each in found}
    return [by_id[number] for number in access.similar if number in by_id]


async def _list_similar(
    connection: AsyncConnection, access: CaseAccess, among: Sequence[int] | None = None
) -> list[Submission]:
    """Return open cases of the same place that the officer may merge the case into.

    With `among` only those with these ids. Their texts are cut off.
    """
    case, longest = access.case, similarity.MAX_COMPARED
    found = await casework.list_similar(
        connection, case, access.officer, _COMPARED, longest, among=among
    )
    return [each for each in found if may_be_merged(case, each)]


def _make_label(case: Submission) -> str:
    excerpt = " ".join(case.text.split())[:_EXCERPT]
    return f"{case.code}: {excerpt}…"


async def lock_merge_target(attempt: Attempt[CaseAccess]) -> Columns:
    """Return the column `merged_into` with the chosen target; lock the target until the commit.

    Raises Refused if the case cannot be merged into it. The target's version is raised, so that an
    officer who closes it at the same moment is refused.
    """
    connection, access = attempt.work.connection, attempt.access
    code = parse_code(attempt.answers["into"])
    target = await submissions.find_submission(connection, code)
    refused = Refused(Words("case.not_mergeable", {"code": code[:20]}))
    if target is None or target.id == access.case.id:
        raise refused
    recused = await casework.list_recused(connection, target.id)
    is_open = target.closed_at is None and target.answered_at is None
    if not (is_open and may_open(access.officer, target, recused)):
        raise refused
    merged = await casework.list_merged(connection, access.case.id)
    if not all(may_be_merged(each, target) for each in (access.case, *merged)):
        raise refused
    if await submissions.update_submission(connection, target, by=access.officer) is None:
        raise refused
    return {"merged_into": target.id}
