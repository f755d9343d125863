"""Erase registrations: of one person on request, of everybody after the retention period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.forums.attendance.waiting_list import give_free_places
from storage import attendance
from storage.models import RegistrationState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.unit_of_work import UnitOfWork
    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database
    from storage.models import Registration

_PAGE = 200  # registrations in one transaction


async def erase_attendee(work: UnitOfWork, pseudonyms: Collection[int]) -> None:
    """Erase the registrations and subscriptions of one person, and the messages about them.

    `pseudonyms` are the person's pseudonyms. Free places go to the waiting list.
    """
    for registration in await attendance.list_registrations(work.connection, pseudonyms):
        forum = await attendance.lock_forum(work.connection, registration.forum_id)
        await _erase_registration(work.connection, registration)
        if forum is not None:
            await give_free_places(work, forum)
    await attendance.delete_subscriptions(work.connection, pseudonyms)
    await attendance.delete_registration_messages(work.connection, pseudonyms)


async def _erase_registration(connection: AsyncConnection, registration: Registration) -> None:
    """Keep only the number of people of those who came, for the statistics; delete others."""
    if registration.state is RegistrationState.ATTENDED:
        await attendance.anonymise_registration(connection, registration.id)
    else:
        await attendance.delete_registration(connection, registration.id)


async def erase_expired_registrations(
    database: Database, pseudonyms: Pseudonyms, before: datetime
) -> None:
    """Erase the registrations for forums that started before `before`, page by page.

    While the keys are rotated, messages may be under another pseudonym than their registration.
    """
    while True:
        async with database.transaction() as connection:
            page = await attendance.list_expired_registrations(connection, before, _PAGE)
            for registration in page:
                await _erase_registration(connection, registration)
            known = {
                each for row in page for each in pseudonyms.list_related(row.alias, row.sealed)
            }
            await attendance.delete_registration_messages(connection, known, before)
        if len(page) < _PAGE:
            return
