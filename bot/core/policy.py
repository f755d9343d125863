"""What the operator decides about opinions, as the features need it."""

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
    """How many opinions are taken: from one person a day, from everybody a minute."""

    a_day: int
    everybody_a_minute: int


@dataclass(frozen=True)
class Policy:
    """Working days per kind, the calendar, officers' language, and how long somebody has for what.

    A case is to be taken on within `acknowledge_within` of its alert, an urgent one within
    `urgent_within`. Forums are announced in the `channel` too, if there is one; their results are
    reported within `report_days` working days. Who registered for a forum and chose nothing else is
    reminded `reminder_minutes` before its start.
    """

    working_days: Mapping[Kind, int]
    workdays: BusinessCalendar
    default_language: str
    pseudonyms: Pseudonyms
    reopen_within: timedelta
    acknowledge_within: timedelta
    urgent_within: timedelta
    limits: SubmissionLimits
    channel: int | None = None
    report_days: int = 10
    reminder_minutes: Sequence[int] = ()

    @property
    def cipher(self) -> Cipher:
        """The cipher of texts and files; it has the same keys as the pseudonyms."""
        return self.pseudonyms.cipher

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return self.workdays.zone

    def due(self, kind: Kind, now: datetime) -> datetime:
        """When an opinion that is received now is to be answered."""
        return self.workdays.after(now, self.working_days[kind])

    def acknowledge_by(self, now: datetime, *, urgent: bool) -> datetime:
        """Until when a case that is alerted now is to be taken on."""
        if urgent:
            return now + self.urgent_within
        return self.workdays.at_work(now + self.acknowledge_within)
