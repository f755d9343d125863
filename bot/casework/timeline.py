"""The timeline of a submission: the audit entries that its resident may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework.actions import ACTIONS
from storage import audit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Audit

# Audit entries that belong to the timeline but are not actions of the table.
RECEIVED = "submission.received"
OPENED = "case.opened"  # an officer read the case
CLAIMED = "submission.claimed"  # the speaker of an oral submission claimed it
LEFT_TO_UNIT = "forum.opinion_left"  # it was presented in a session and not answered there

# The names in the audit log of everything that residents read in the timeline.
PUBLIC_ACTIONS = tuple(
    dict.fromkeys(
        (
            RECEIVED,
            OPENED,
            CLAIMED,
            LEFT_TO_UNIT,
            *(action.audit_action for action in ACTIONS if action.public),
        )
    )
)


async def list_timeline(connection: AsyncConnection, submission_id: int) -> Sequence[Audit]:
    """Return the entries of a submission that its resident may read, oldest first."""
    return await audit.list_timeline(connection, submission_id, PUBLIC_ACTIONS)
