"""The table of jobs: functions that every replica runs at intervals.

A job reads from the database what is due. It claims the rows that it works on, so the work is done
once, although every replica runs every job. A job that fails runs again after its interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.casework import assignment, digest, escalation, store_alarm
from bot.core import refusals
from bot.core.preferences import Preferences
from bot.core.requests import Chat
from bot.core.unit_of_work import begin_work
from bot.forums import announcements, organiser_reminders, reminders
from bot.forums.attendance.erasure import erase_expired_registrations
from bot.notifications import to_resident
from bot.privacy import audit_chain, outbox_retention, retention
from bot.runtime.builders import make_case_deadlines, make_retention_periods, make_storage_quota
from storage import conversations, failed_updates, outbox, search
from storage import outbox_retention as deletion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.core.policy import Policy
    from bot.evidence.fetcher import EvidenceFetcher
    from bot.runtime.settings import Settings
    from storage.database import Database

log = structlog.get_logger()

_MAX_DRAFTS = 500  # in one transaction
_REPLY_LIFETIME = timedelta(hours=1)  # of a direct reply in the outbox, from when it was written
_IDLE_AFTER = timedelta(minutes=1)  # the pause between two messages to a chat is shorter
_MAX_SWEEP_SECONDS = 10.0  # between two sweeps of the outbox


@dataclass(frozen=True, slots=True)
class JobContext:
    """The values that jobs need.

    - `clock`: returns the present time, aware.
    - `nudge`: makes the delivery of the outbox claim messages at once.
    """

    database: Database
    policy: Policy
    settings: Settings
    clock: Callable[[], datetime]
    nudge: Callable[[], None]
    evidence: EvidenceFetcher


@dataclass(frozen=True, slots=True)
class Job:
    """A function that runs at the start of a replica and then at an interval.

    `seconds` is the interval, or a function that computes it from the settings.
    `run` is the function. `enqueues` is True if it writes messages because time has passed.
    """

    name: str
    seconds: float | Callable[[Settings], float]
    run: Callable[[JobContext], Awaitable[None]]
    enqueues: bool = False

    def compute_interval(self, settings: Settings) -> float:
        """Return the number of seconds between two runs."""
        return self.seconds(settings) if callable(self.seconds) else self.seconds


async def sweep_outbox(context: JobContext) -> None:
    """Release outbox messages whose lease ended, mark expired ones, delete finished replies."""
    now = context.clock()
    async with context.database.transaction() as connection:
        swept = await outbox.sweep_outbox(connection, now)
        await deletion.delete_finished_replies(connection, now - _REPLY_LIFETIME)
        await deletion.delete_idle_recipients(connection, now - _IDLE_AFTER)
    if swept["expired"]:
        log.error("messages expired unsent", **swept)
    context.nudge()


async def fetch_evidence(context: JobContext) -> None:
    """Fetch attachments from Telegram into the store, and delete the files of erased ones."""
    if await context.evidence.fetch_due():
        context.nudge()
    await context.evidence.delete_erased_files()


async def watch_store(context: JobContext) -> None:
    """Tell officers of the city once if the store of files is nearly full."""
    quota = make_storage_quota(context.settings.evidence)
    async with begin_work(context.database, context.clock(), context.policy) as work:
        is_told = await store_alarm.check_store(work, quota)
    if is_told:
        context.nudge()


async def assign_waiting_submissions(context: JobContext) -> None:
    """Alert officers of submissions that nobody was alerted of, because nobody was on duty."""
    alerted, last = 0, 0
    while True:
        async with begin_work(context.database, context.clock(), context.policy) as work:
            count, end = await assignment.assign_waiting_submissions(work, last)
        alerted += count
        if end is None:
            break
        last = end
    if alerted:
        context.nudge()


async def check_deadlines(context: JobContext) -> None:
    """Remind officers of cases that are due, escalate overdue ones, close answered ones."""
    await escalation.check_deadlines(
        context.database,
        make_case_deadlines(context.settings.deadlines),
        context.clock(),
        policy=context.policy,
    )
    context.nudge()


async def send_digests(context: JobContext) -> None:
    """Send officers their morning list of open cases."""
    if await digest.send_digests(context.database, context.clock(), policy=context.policy):
        context.nudge()


async def expire_drafts(context: JobContext) -> None:
    """Delete the drafts that have expired. One before consent lives for an hour only."""
    await _clear_expired_drafts(context.database, context.policy, context.clock())


async def remind_drafts(context: JobContext) -> None:
    """Remind residents once of a draft that expires soon."""
    now = context.clock()
    before = now + timedelta(hours=context.settings.retention.draft_reminder_hours)
    sent = 0
    place: tuple[datetime, int] | None = None
    while True:
        async with begin_work(context.database, now, context.policy) as work:
            vault = context.policy.pseudonyms
            due, place = await conversations.lock_due_drafts(
                work.connection, vault, before, place, _MAX_DRAFTS, without_reminder=True
            )
            reminded = []
            for row in due:
                if row.expires_at is None or row.expires_at <= now:
                    continue
                chat = Chat(row.chat_id, row.language, Preferences.from_json(row.preferences))
                await to_resident.notify_draft_expires(work, chat, expires_at=row.expires_at)
                reminded.append(replace(row, reminded_at=now))
            await conversations.save_drafts(work.connection, vault, reminded)
        sent += len(reminded)
        if place is None:
            break
    if sent:
        context.nudge()


async def announce_forums(context: JobContext) -> None:
    """Write the messages of due announcements into the outbox, a chunk of recipients at a time."""
    if await announcements.expand_announcements(
        context.database, context.clock(), policy=context.policy
    ):
        context.nudge()


async def remind_attendees(context: JobContext) -> None:
    """Remind registered people of a forum, at the configured or chosen times before its start."""
    if await reminders.send_reminders(context.database, context.clock(), policy=context.policy):
        context.nudge()


async def remind_organisers(context: JobContext) -> None:
    """Remind organisers of reports and commitments that are due."""
    async with begin_work(context.database, context.clock(), context.policy) as work:
        await organiser_reminders.remind_organisers(work)
    context.nudge()


async def extend_audit_chain(context: JobContext) -> None:
    """Add new audit entries to the hash chain."""
    await audit_chain.extend_chain(context.database, context.policy.cipher)


async def record_refusals(context: JobContext) -> None:
    """Write into the audit log how many further attempts of a past hour were refused."""
    has_more = True
    while has_more:
        async with begin_work(context.database, context.clock(), context.policy) as work:
            has_more = await refusals.append_counts(work)


async def purge_data(context: JobContext) -> None:
    """Erase data that is older than its retention period, as `purge_expired_data` does."""
    if await purge_expired_data(
        context.database, context.policy, context.settings, context.clock()
    ):
        context.nudge()


async def purge_expired_data(
    database: Database, policy: Policy, settings: Settings, now: datetime
) -> int:
    """Erase drafts, failed updates, registrations and submissions whose retention period is over.

    Return the number of erased submissions.
    """
    periods = settings.retention
    await _clear_expired_drafts(database, policy, now)
    sent_before = now - timedelta(days=periods.message_days)
    await outbox_retention.delete_finished_messages(database, policy.pseudonyms, sent_before, now)
    async with database.transaction() as connection:
        kept = timedelta(days=periods.failed_update_days)
        await failed_updates.delete_failed_updates_before(connection, now - kept)
    await database.optimise()
    await search.optimise_index(database)
    await erase_expired_registrations(
        database, policy.pseudonyms, now - timedelta(days=periods.registration_days)
    )
    return await retention.apply_retention(
        database, make_retention_periods(periods), now, policy=policy
    )


async def _clear_expired_drafts(database: Database, policy: Policy, now: datetime) -> None:
    """Empty the drafts that have expired, page by page."""
    place: tuple[datetime, int] | None = None
    while True:
        async with database.transaction() as connection:
            due, place = await conversations.lock_due_drafts(
                connection, policy.pseudonyms, now, place, _MAX_DRAFTS, without_reminder=False
            )
            await conversations.clear_drafts(connection, policy.pseudonyms, due)
        if place is None:
            return


def _compute_sweep_interval(settings: Settings) -> float:
    return min(_MAX_SWEEP_SECONDS, settings.telegram.limits.lease_seconds)


JOBS = (
    Job("sweep_outbox", _compute_sweep_interval, sweep_outbox),
    Job("fetch_evidence", 5, fetch_evidence),
    Job("announce_forums", 5, announce_forums, enqueues=True),
    Job("extend_audit_chain", 10, extend_audit_chain),
    Job("remind_attendees", 20, remind_attendees, enqueues=True),
    Job("assign_waiting_submissions", 30, assign_waiting_submissions, enqueues=True),
    Job("expire_drafts", 60, expire_drafts),
    Job("remind_drafts", 60, remind_drafts, enqueues=True),
    Job("watch_store", 300, watch_store, enqueues=True),
    Job("record_refusals", 300, record_refusals),
    Job("check_deadlines", 300, check_deadlines, enqueues=True),
    Job("send_digests", 300, send_digests, enqueues=True),
    Job("purge_data", 600, purge_data, enqueues=True),
    Job("remind_organisers", 3600, remind_organisers, enqueues=True),
)
