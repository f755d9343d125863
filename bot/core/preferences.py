"""What a person chose in the settings: when not to be disturbed, and what not to be told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

# What can be switched off. Answers and questions about one's own opinion always come.
UPDATES, FORUMS = "updates", "forums"
SWITCHES = (UPDATES, FORUMS)

# The quiet hours that can be chosen: from, until, by the city's clock.
QUIET_HOURS = {"night": (21, 7), "long": (19, 8)}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of one person; `quiet` is a key of QUIET or None."""

    quiet: str | None = None
    muted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Preferences:
        """The choices as the chat's row keeps them; what is not known is left out."""
        quiet = stored.get("quiet")
        return cls(
            quiet if quiet in QUIET_HOURS else None,
            frozenset(stored.get("muted", ())) & frozenset(SWITCHES),
        )

    def changed(self, what: str, value: str) -> Preferences:
        """The choices after one was pressed: quiet hours, or something to mute or to hear again."""
        if what == "quiet":
            return replace(self, quiet=value if value in QUIET_HOURS else None)
        if what == "mute" and value in SWITCHES:
            return replace(self, muted=self.muted ^ {value})
        return self

    def to_json(self) -> dict[str, Any]:
        """The form that the chat's row keeps."""
        return {"quiet": self.quiet, "muted": sorted(self.muted)}

    def earliest(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When something that can wait may be sent: now or, in the quiet hours, at their end."""
        if self.quiet is None:
            return now
        begins, ends = QUIET_HOURS[self.quiet]
        local = now.astimezone(zone)
        if ends <= local.hour < begins:
            return now
        day = local.date() + timedelta(days=1 if local.hour >= begins else 0)
        return datetime.combine(day, time(ends), zone)
