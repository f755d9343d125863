"""The officers who are notified of an action: functions for OfficerNotice in the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import assignment
from bot.casework.permissions import may_open
from storage import casework, officers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.transitions import ActionResult
    from storage.models import Officer


async def list_assignees(result: ActionResult[Any]) -> Sequence[Officer]:
    """Return the new assignee of the case."""
    return await officers.list_by_ids(result.work.connection, [result.after.assignee_id or 0])


async def list_current_assignees(result: ActionResult[Any]) -> Sequence[Officer]:
    """Return the assignee or, while that officer is away, their substitute."""
    return await assignment.list_current_assignees(result.work, result.after)


async def list_unit(result: ActionResult[Any]) -> Sequence[Officer]:
    """Return the officers of the unit that handles the case, except the actor."""
    unit = await officers.list_active(result.work.connection, (result.after.handled_by,))
    return _without_actor(result, unit)


async def list_approvers(result: ActionResult[Any]) -> Sequence[Officer]:
    """Return the leaders of the unit and of the city, except the actor."""
    case = result.after
    leaders = await assignment.list_leaders(result.work, case, (case.handled_by, CITY))
    return _without_actor(result, leaders)


async def list_city_leaders(result: ActionResult[Any]) -> Sequence[Officer]:
    """Return the leaders of the city who may open the case."""
    return await assignment.list_leaders(result.work, result.after, (CITY,))


async def list_responsible_officers(result: ActionResult[Any]) -> Sequence[Officer]:
    """Return the assignee who accepted the case; otherwise the officers on duty for it.

    Of a merged case, return those of its main case who may open the merged case, too.
    """
    work, case = result.work, result.after
    main = await casework.find_main_case(work.connection, result.before)
    if main is not None:
        recused = await casework.list_recused(work.connection, case.id)
        concerned = await assignment.list_responsible_officers(work, main)
        if readers := [each for each in concerned if may_open(each, case, recused)]:
            return readers
    return await assignment.list_responsible_officers(work, case)


async def list_escalated(result: ActionResult[Any]) -> Sequence[Officer]:
    """Return the officers on duty and the unit's leaders; from level 2 also the city's leaders."""
    case = result.after
    units = (case.handled_by,) if case.escalation == 1 else (case.handled_by, CITY)
    serving = await assignment.list_serving_officers(result.work, case)
    leaders = await assignment.list_leaders(result.work, case, units)
    return assignment.merge_officers(serving, leaders)


def _without_actor(result: ActionResult[Any], recipients: Sequence[Officer]) -> Sequence[Officer]:
    return [officer for officer in recipients if officer.id != result.access.actor_id]
