"""The alarm that the store of residents' files is nearly full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_officers
from storage import alarms, evidence, officers
from storage.models import Role

if TYPE_CHECKING:
    from bot.evidence.fetcher import StorageQuota

_TOLD = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})


async def check_store(work: UnitOfWork, quota: StorageQuota) -> bool:
    """Tell coordinators and administrators of the city once that the store is nearly full.

    They are told again if it sank below the limit in between. If there are none, all officers of
    the city are told. Return True if messages were written.
    """
    used = await evidence.measure_stored(work.connection)
    if not quota.is_nearly_full(used):
        await alarms.clear_alarm(work.connection, alarms.STORE)
        return False
    city = await officers.list_active(work.connection, (CITY,))
    recipients = [officer for officer in city if officer.role in _TOLD] or list(city)
    if not recipients or not await alarms.set_alarm(work.connection, alarms.STORE, work.now):
        return False
    await to_officers.notify_store_nearly_full(work, recipients, used=used, quota=quota.in_all)
    return True
