"""Release cases automatically: the officer left or was not reached, or the main case is over.

Each constant is a row of the table of actions. The cases are locked before they are changed, so
that none is missed because of an action at the same moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.case_access import ClockAccess
from bot.casework.changes import FREE
from bot.casework.submission_rules import HANDED_BACK, NEW, OPEN
from bot.core.transitions import Guard, Transition, perform_transition
from bot.core.unit_of_work import UnitOfWork
from storage import audit, casework
from storage.models import State

if TYPE_CHECKING:
    from collections.abc import Collection

_CLOCK = frozenset({audit.SYSTEM})

RETURN_UNDELIVERED = Transition[ClockAccess](
    name="return_undelivered",
    actors=_CLOCK,
    from_states=NEW,
    to_state=State.RECEIVED,
    guard=Guard[ClockAccess]("its alert did not reach the officer"),
    changes=lambda _attempt: dict(FREE),
    recorded_as="case.returned",
)

RELEASE = Transition[ClockAccess](
    name="release",
    actors=_CLOCK,
    from_states=HANDED_BACK,
    to_state=State.RECEIVED,
    guard=Guard[ClockAccess]("its officer left"),
    changes=lambda _attempt: dict(FREE),
    recorded_as="case.released",
)

UNASSIGN = Transition[ClockAccess](
    name="unassign",
    actors=_CLOCK,
    from_states=OPEN - HANDED_BACK,
    to_state=None,
    guard=Guard[ClockAccess]("its officer left while it waited for somebody else"),
    changes=lambda _attempt: {"assignee_id": None},
    recorded_as="case.unassigned",
)

SEPARATE = Transition[ClockAccess](
    name="separate",
    actors=_CLOCK,
    from_states=frozenset({State.MERGED}),
    to_state=State.RECEIVED,
    guard=Guard[ClockAccess]("the case that it was merged into will not be answered"),
    changes=lambda _attempt: {**FREE, "merged_into": None, "closed_at": None},
    recorded_as="case.separated",
)


async def release_cases(work: UnitOfWork, officer_id: int) -> None:
    """Remove an officer who left as the assignee of all open cases."""
    for case in await casework.lock_open_cases(work.connection, officer_id):
        action = RELEASE if case.state in HANDED_BACK else UNASSIGN
        await perform_transition(work, action, ClockAccess(case), {})


async def return_undelivered(
    work: UnitOfWork, submission_ids: Collection[int], officer_id: int
) -> None:
    """Release new cases whose alert did not reach the officer, unless they have another officer."""
    for case in await casework.lock_new_cases(work.connection, submission_ids, officer_id):
        await perform_transition(work, RETURN_UNDELIVERED, ClockAccess(case), {})


async def release_merged_cases(work: UnitOfWork, submission_id: int) -> None:
    """Separate the cases that were merged into a submission; each waits to be assigned."""
    for case in await casework.lock_merged(work.connection, submission_id):
        await perform_transition(work, SEPARATE, ClockAccess(case), {})
