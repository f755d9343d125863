"""The automatic actions on cases (by the scheduled jobs): each is a row of the table of actions."""

from __future__ import annotations

from dataclasses import replace

from bot.casework import changes, recipients
from bot.casework.assignment import HAND_OUT
from bot.casework.case_access import ClockAccess
from bot.casework.case_action import CaseAction
from bot.casework.release import RELEASE, RETURN_UNDELIVERED, SEPARATE, UNASSIGN
from bot.casework.side_effects import OfficerNotice, ResidentNotice
from bot.casework.submission_rules import NEW, OPEN
from bot.core.transitions import Guard, Transition
from storage import audit
from storage.models import State

_CLOCK = frozenset({audit.SYSTEM})

ESCALATE = CaseAction[ClockAccess](
    name="escalate",
    recorded_as="case.escalated",
    actors=_CLOCK,
    from_states=NEW,
    to_state=None,
    guard=Guard[ClockAccess]("nobody took it on in time"),
    changes=changes.escalate_case,
    officer_notice=OfficerNotice("alert.unacknowledged", recipients.list_escalated, is_alert=True),
)
# The first time for an urgent case: its resident is told to call, too.
ESCALATE_URGENT = replace(
    ESCALATE,
    name="escalate_urgent",
    guard=Guard[ClockAccess](
        "it is urgent and nobody took it on in time", lambda access: access.case.urgent
    ),
    resident_notice=ResidentNotice(),
    public=True,
)
REPORT_OVERDUE = CaseAction[ClockAccess](
    name="overdue",
    actors=_CLOCK,
    from_states=OPEN,
    to_state=None,
    guard=Guard[ClockAccess](
        "the due date is over, once for each due date", lambda access: not access.case.paused_at
    ),
    resident_notice=ResidentNotice(),
    public=True,
)
CLOSE = CaseAction[ClockAccess](
    name="close",
    recorded_as="case.closed",
    actors=_CLOCK,
    from_states=frozenset({State.ANSWERED}),
    to_state=State.CLOSED,
    guard=Guard[ClockAccess]("the time to reopen it is over"),
)

CLOCK_ACTIONS: tuple[Transition[ClockAccess], ...] = (
    HAND_OUT,
    ESCALATE,
    ESCALATE_URGENT,
    REPORT_OVERDUE,
    CLOSE,
    RETURN_UNDELIVERED,
    RELEASE,
    UNASSIGN,
    SEPARATE,
)
