"""The policy: the operator's settings that features need, such as deadlines and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from bot.core.business_calendar import BusinessCalendar
    from bot.privacy.encryption import Cipher
    from bot.privacy.pseudonyms import Pseudonyms
    from storage.models import Kind


@dataclass(frozen=True)
class SubmissionLimits:
    """The most submissions that are accepted: from one person a day, from everybody a minute.

    `additions_a_day`: additions, replies and corrections of one person.
    """

    a_day: int
    everybody_a_minute: int
    additions_a_day: int = 50


@dataclass(frozen=True)
class Policy:
    """The deadlines, limits and languages that the operator decided.

    `working_days` has the days until the answer, by the kind of a submission. `default_language` is
    the code ("vi", "en") of the language of officers and of new chats. An answered submission can
    be reopened within `reopen_within`. An officer must accept a case within `acknowledge_within` of
    its alert, an urgent one within `urgent_within`. `channel` is the id of a channel in which
    forums are announced too, if there is one. The results of a forum are reported within
    `report_days` working days. A person who registered for a forum is reminded `reminder_minutes`
    before it starts, unless they chose other times. A forum has at most `announcements_a_day`.
    `allowed_links` are the domains and names that may stand in an announced text.
    """

    working_days: Mapping[Kind, int]
    calendar: BusinessCalendar
    default_language: str
    pseudonyms: Pseudonyms
    reopen_within: timedelta
    acknowledge_within: timedelta
    urgent_within: timedelta
    limits: SubmissionLimits
    channel: int | None = None
    report_days: int = 10
    reminder_minutes: Sequence[int] = ()
    announcements_a_day: int = 4
    allowed_links: frozenset[str] = frozenset()

    @property
    def cipher(self) -> Cipher:
        """Return the cipher of texts and files; it has the same keys as the pseudonyms."""
        return self.pseudonyms.cipher

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the city."""
        return self.calendar.zone

    def compute_due(self, kind: Kind, now: datetime) -> datetime:
        """Return the due date of a submission of a kind that is received at `now`."""
        return self.calendar.add_working_days(now, self.working_days[kind])

    def compute_acknowledge_by(self, now: datetime, *, urgent: bool) -> datetime:
        """Return the time until which an officer must accept a case that is alerted at `now`.

        An `urgent` case has another limit, which also runs outside working hours.
        """
        if urgent:
            return now + self.urgent_within
        return self.calendar.get_next_working_moment(now + self.acknowledge_within)
