"""Lists of the officers who are notified of a forum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.forums.shared.planning_permissions import DECIDERS, PLANNERS
from storage import officers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum, Officer


async def list_planners(work: UnitOfWork, forum: Forum) -> list[Officer]:
    """Return the planners of the host unit."""
    active = await officers.list_active(work.connection, [forum.host_unit])
    return [officer for officer in active if officer.role in PLANNERS]


async def list_deciders(work: UnitOfWork, forum: Forum) -> list[Officer]:
    """Return the leaders of the host unit and the city who can approve a forum, not its author."""
    units = dict.fromkeys((forum.host_unit, CITY))
    active = await officers.list_active(work.connection, list(units))
    return [
        officer for officer in active if officer.role in DECIDERS and officer.id != forum.created_by
    ]


async def list_confirmers(work: UnitOfWork, forum: Forum, proposer: Officer) -> list[Officer]:
    """Return the leaders of the host unit and the city who can confirm a change of an officer."""
    units = dict.fromkeys((forum.host_unit, CITY))
    active = await officers.list_active(work.connection, list(units))
    return [each for each in active if each.role in DECIDERS and each.id != proposer.id]


async def list_city_deciders(work: UnitOfWork) -> list[Officer]:
    """Return the leaders of the city's unit, who can approve every forum."""
    active = await officers.list_active(work.connection, [CITY])
    return [officer for officer in active if officer.role in DECIDERS]


async def list_authors(work: UnitOfWork, forum: Forum) -> Sequence[Officer]:
    """Return the officer who last submitted the plan; empty if that officer is not active."""
    return await officers.list_by_ids(work.connection, [forum.created_by])
