"""What can be chosen for an action: an officer, a case that looks alike, a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import rules
from bot.casework.permissions import READERS, WORKERS, may_open
from bot.casework.submission_rules import parse_code
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import casework, officers, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.casework.actions import CaseAccess
    from storage.models import Officer, Submission

_MOST = 24  # buttons
_LOOKED_AT = 100  # open cases of a place, those due last, among which look-alikes are found
_EXCERPT = 40  # letters


async def load_choices(work: UnitOfWork, action: str, at: CaseAccess) -> dict[str, Any]:
    """The facts of an action's conversation: names and values of what can be chosen."""
    match action:
        case "assign" | "exclude":
            found = await _officers(work.connection, action, at)
            loads = await casework.count_open_cases(work.connection, [each.id for each in found])
            named = [[str(o.id), f"{o.name} ({loads.get(o.id, 0)})"] for o in found[:_MOST]]
            return {"@officers": named}
        case "merge":
            return {
                "@alike": [
                    [each.code, _label(each)]
                    for each in await list_similar_cases(work.connection, at)
                ]
            }
        case "propose":
            units = (at.officer.unit_code, CITY)
            due = at.case.due_at.astimezone(work.policy.zone)
            fields = {
                "ma": at.case.code,
                "han": f"{due:%d/%m/%Y}",
                "ngay": f"{work.now.astimezone(work.policy.zone):%d/%m/%Y}",
            }
            templates = await casework.list_templates(work.connection, units)
            return {
                "@templates": [
                    [str(each.id), each.name, rules.fill_template(each.text, **fields)]
                    for each in templates[:_MOST]
                ]
            }
    return {}


async def list_similar_cases(connection: AsyncConnection, at: CaseAccess) -> list[Submission]:
    """Open cases that seem to be about the same, the most alike first."""
    others = await casework.list_similar(connection, at.case, at.officer, _LOOKED_AT)
    return [each for each, _likeness in rules.rank_similar(at.case, others)]


def _label(case: Submission) -> str:
    excerpt = " ".join(case.text.split())[:_EXCERPT]
    return f"{case.code}: {excerpt}…"


async def _officers(connection: AsyncConnection, action: str, at: CaseAccess) -> list[Officer]:
    """Who can be given a case: who works in its unit; who can be kept off it: who might see it."""
    roles = WORKERS if action == "assign" else READERS
    units = (at.case.handled_by,) if action == "assign" else (at.case.handled_by, CITY)
    return [
        each
        for each in await officers.list_active(connection, units)
        if each.role in roles and each.id not in at.recused
    ]


async def check_choice(
    connection: AsyncConnection, action: str, at: CaseAccess, words: Mapping[str, Any]
) -> None:
    """Raise Refused for a choice that is not, or no longer, to be had."""
    if action in {"assign", "exclude"}:
        chosen = {str(each.id): each for each in await _officers(connection, action, at)}
        officer = chosen.get(str(words["officer"]))
        if officer is None:
            raise Refused(Words("case.no_such_officer"))
    if action == "route" and words["area"] == CITY:
        raise Refused(Words("case.no_such_unit"))


async def lock_merge_target(
    connection: AsyncConnection, at: CaseAccess, words: Mapping[str, Any]
) -> int:
    """The case that this one is merged into, held as it is; raises Refused if it cannot be."""
    code = parse_code(words["into"])
    target = await submissions.find_submission(connection, code)
    unusable = Refused(Words("case.not_mergeable", {"code": code[:20]}))
    if target is None or target.id == at.case.id:
        raise unusable
    recused = await casework.list_recused(connection, target.id)
    is_open = target.closed_at is None and target.answered_at is None
    if not (is_open and may_open(at.officer, target, recused)):
        raise unusable
    # Its version goes up: whoever closes it at the same moment is told that it has changed.
    if await submissions.update_submission(connection, target, by=at.officer) is None:
        raise unusable
    return target.id
