"""The kinds of messages to residents: which may wait for the end of quiet hours."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.core.preferences import FORUMS, UPDATES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.preferences import Preferences
    from bot.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of message to residents, and the settings of a resident that hold for it.

    - `waits`: True if it waits for the end of the quiet hours.
    - `switch`: the setting by which it is switched off, None if it always comes.
    """

    waits: bool
    switch: str | None = None


_AT_ONCE = NoticeKind(waits=False)
_IN_THE_MORNING = NoticeKind(waits=True)
_PROGRESS = NoticeKind(waits=True, switch=UPDATES)  # of a submission

# By `Outbox.kind`. Questions to a resident, answers and receipts never wait; the resident acts on
# them or has just asked for them. So says the text of the settings, `settings.notices`.
RESIDENT_NOTICES: Mapping[str, NoticeKind] = MappingProxyType(
    {
        # Receipts: what the resident has just done.
        "receipt": _AT_ONCE,
        "spoken": _AT_ONCE,
        "attend": _AT_ONCE,
        # Questions and answers.
        "ask": _AT_ONCE,
        "approve": _AT_ONCE,
        # Bans: the resident can appeal, and must know.
        "confirm_ban": _AT_ONCE,
        "confirm_ban_everywhere": _AT_ONCE,
        "unban": _AT_ONCE,
        "keep_ban": _AT_ONCE,
        # Nobody took an urgent case on: the resident has to call.
        "escalate_urgent": _AT_ONCE,
        # The progress of a case.
        "accept": _PROGRESS,
        "acknowledge": _PROGRESS,
        "route": _PROGRESS,
        "transfer": _PROGRESS,
        "merge": _PROGRESS,
        "extend": _PROGRESS,
        "divert": _PROGRESS,
        "reject": _PROGRESS,
        "overdue": _PROGRESS,
        "hall": _PROGRESS,
        # What the resident may lose: a file, the data, a draft, a place at a forum.
        "file": _IN_THE_MORNING,
        "outlived": _IN_THE_MORNING,
        "draft": _IN_THE_MORNING,
        "moved_up": _IN_THE_MORNING,
        "remind": _IN_THE_MORNING,
        # News of forums. Attendees and the readers of results get them in any case.
        "forum": NoticeKind(waits=True, switch=FORUMS),
    }
)


def get_notice_kind(kind: str) -> NoticeKind:
    """Return the row of a kind; a kind that the table lacks counts as progress of a case."""
    return RESIDENT_NOTICES.get(kind, _PROGRESS)


def schedule_notice(
    work: UnitOfWork,
    kind: str,
    preferences: Preferences,
    expires_at: datetime,
    *,
    is_urgent: bool = False,
) -> datetime:
    """Return the time before which a message to a resident is not sent.

    That is now, or the end of the quiet hours if the kind waits. A message that `is_urgent`, or
    that would expire in the quiet hours, is sent now.
    """
    if is_urgent or not get_notice_kind(kind).waits:
        return work.now
    earliest = preferences.compute_earliest_delivery(work.now, work.policy.zone)
    return earliest if earliest < expires_at else work.now
