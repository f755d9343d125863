"""The preferences of a person: chosen settings, and values stored for the next conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

# The kinds of notice that can be switched off: progress of a submission, and news of forums. An
# answer to a person's own submission, and a question about it, cannot be switched off.
UPDATES, FORUMS = "updates", "forums"
SWITCHES = (UPDATES, FORUMS)

# The choices of quiet hours: key -> (hour at which they begin, hour at which they end).
QUIET_HOURS = {"night": (21, 7), "long": (19, 8)}


@dataclass(frozen=True, slots=True)
class FollowedLink:
    """A deep link to a unit or to a forum, by its code, and the time at which it was opened."""

    opened_at: datetime
    unit: str | None = None
    forum: str | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> FollowedLink:
        """Return the link that `to_json` stored."""
        opened_at = datetime.fromisoformat(stored["at"])
        return cls(opened_at, stored.get("unit"), stored.get("forum"))

    def to_json(self) -> dict[str, str]:
        """Return the link in the form in which preferences store it."""
        codes = {"unit": self.unit, "forum": self.forum}
        named = {name: code for name, code in codes.items() if code is not None}
        return {**named, "at": self.opened_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences of one person.

    `quiet` is a key of QUIET_HOURS, or None. `muted` are the switched off kinds of notice. `areas`
    are the codes of the units of the last submissions, newest first. `hidden` are the codes of
    forums that the person hid from the list of forums. `link` is the deep link opened last.
    """

    quiet: str | None = None
    muted: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    link: FollowedLink | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Preferences:
        """Return the preferences as the row of a chat stores them; unknown values are left out."""
        quiet, link = stored.get("quiet"), stored.get("link")
        return cls(
            quiet if quiet in QUIET_HOURS else None,
            frozenset(stored.get("muted", ())) & frozenset(SWITCHES),
            tuple(stored.get("areas", ())),
            tuple(stored.get("hidden", ())),
            FollowedLink.from_json(link) if link else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the preferences in the form in which the row of a chat stores them."""
        return {
            "quiet": self.quiet,
            "muted": sorted(self.muted),
            "areas": list(self.areas),
            "hidden": list(self.hidden),
            "link": self.link.to_json() if self.link else None,
        }

    def change_setting(self, setting: str, value: str) -> Preferences:
        """Return the preferences after a button of the settings was pressed.

        The setting "quiet" sets the quiet hours to a key of QUIET_HOURS; any other value switches
        them off. "mute" switches a kind of notice off, or on again. Anything else changes nothing.
        """
        if setting == "quiet":
            return replace(self, quiet=value if value in QUIET_HOURS else None)
        if setting == "mute" and value in SWITCHES:
            return replace(self, muted=self.muted ^ {value})
        return self

    def compute_earliest_delivery(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the time from which a message that can wait may be sent.

        It is `now`, or the end of the quiet hours in the time zone `zone`.
        """
        if self.quiet is None:
            return now
        first_hour, last_hour = QUIET_HOURS[self.quiet]
        local = now.astimezone(zone)
        if last_hour <= local.hour < first_hour:
            return now
        day = local.date() + timedelta(days=1 if local.hour >= first_hour else 0)
        return datetime.combine(day, time(last_hour), zone)
