"""Group chats of units: their officers get alerts there, without text or identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_police
from bot.casework import assignment
from bot.casework.permissions import LEADER_ROLES
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_officers
from bot.notifications.to_officers import ALERT_KIND
from storage import audit, casework, officers, outbox
from storage.models import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Officer, UnitChat

# The actions in the audit log.
LINKED, UNLINKED, LOST = "group.linked", "group.unlinked", "group.lost"
# The roles that may link a group to their unit.
GROUP_LINKERS = LEADER_ROLES | {Role.ADMINISTRATOR, Role.TRIAGE}


async def link_group(
    work: UnitOfWork, chat_id: int, thread_id: int | None, person_id: int | None
) -> Words:
    """Send a unit's alerts to this group, or to its topic `thread_id`; return the text to show.

    `person_id` is the person who gave the command; None, for an anonymous administrator, is
    refused.
    """
    if person_id is None:
        return Words("group.anonymous")
    officer = await officers.find_officer(work.connection, person_id)
    if officer is None or officer.role not in GROUP_LINKERS:
        return Words("group.refused")
    await casework.link_unit_chat(
        work.connection,
        {
            "unit_code": officer.unit_code,
            "chat_id": chat_id,
            "thread_id": thread_id,
            "set_by": officer.id,
            "set_at": work.now,
        },
    )
    await _record(work, LINKED, officer)
    return Words("group.linked", {"unit": name_police(officer.unit_code)})


async def unlink_group(work: UnitOfWork, person_id: int | None) -> Words:
    """Stop sending a unit's alerts to its group; return the text to show in the group."""
    officer = None if person_id is None else await officers.find_officer(work.connection, person_id)
    if officer is None or officer.role not in GROUP_LINKERS:
        return Words("group.anonymous" if person_id is None else "group.refused")
    if not await casework.unlink_unit_chat(work.connection, officer.unit_code):
        return Words("group.none")
    await _record(work, UNLINKED, officer)
    return Words("group.unlinked", {"unit": name_police(officer.unit_code)})


async def _record(work: UnitOfWork, action: str, officer: Officer) -> None:
    details = {"unit": officer.unit_code}
    await audit.append_entry(
        work.connection, action, work.now, role=officer.role, actor_id=officer.id, details=details
    )


async def mark_group_lost(work: UnitOfWork, chat_id: int) -> bool:
    """Cancel the messages of a group that cannot be written to, and send its alerts in private.

    Its unit's leaders are notified once. Returns False if `chat_id` is not a group.
    """
    if chat_id > 0:
        return False
    units = await casework.mark_unit_chat_lost(work.connection, chat_id, work.now)
    unsent = await outbox.list_unsent_submissions(work.connection, chat_id, ALERT_KIND)
    await outbox.cancel_chat_messages(work.connection, chat_id, work.now)
    await _alert_in_private(work, units, unsent)
    await _notify_unit(work, units, "group.lost")
    return True


async def mark_topic_lost(work: UnitOfWork, chat_id: int, thread_id: int) -> None:
    """Send to the group instead of its topic `thread_id`, and notify its unit's leaders once."""
    units = await casework.clear_unit_topic(work.connection, chat_id, thread_id)
    await outbox.clear_topic(work.connection, chat_id, thread_id)
    await _notify_unit(work, units, "group.lost_topic")


async def forward_refused(work: UnitOfWork, chat_id: int, dedup_key: str) -> None:
    """Send an alert that was refused for a group in private, and notify its unit's leaders once.

    `dedup_key` is the deduplication key of the alert's message in the outbox. Does nothing for
    other messages, and for a group that no unit is linked to.
    """
    refused = await outbox.list_by_keys(work.connection, [dedup_key])
    alerts = [row.submission_id for row in refused if row.kind == ALERT_KIND and row.submission_id]
    if alerts:
        units = await casework.list_unit_chats(work.connection, chat_id)
        await _alert_in_private(work, units, alerts)
        await _notify_unit(work, units, "group.undelivered")


async def _alert_in_private(
    work: UnitOfWork, groups: Sequence[UnitChat], submission_ids: Collection[int]
) -> None:
    """Alert officers of the groups' units of those cases that nobody took on yet."""
    for case in await casework.list_new_cases(work.connection, submission_ids):
        for group in groups:
            await assignment.alert_unit_in_private(work, case, group.unit_code)


async def move_group(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """Store the id of the supergroup that a group became."""
    await casework.move_unit_chat(connection, old_id, new_id)


async def _notify_unit(work: UnitOfWork, groups: Sequence[UnitChat], text: str) -> None:
    """Notify the officers who may link a group, or all of the unit, about their group.

    Nobody is told twice of one thing about one link.
    """
    for group in groups:
        unit = await officers.list_active(work.connection, (group.unit_code,))
        recipients = [officer for officer in unit if officer.role in GROUP_LINKERS] or unit
        details = {"unit": group.unit_code}
        await audit.append_entry(
            work.connection, LOST, work.now, role=audit.SYSTEM, details=details
        )
        words = Words(text, {"unit": name_police(group.unit_code)})
        await to_officers.notify_group_lost(work, group, recipients, words)
