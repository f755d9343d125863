"""What is recorded of a forum without a sender: an opinion that was spoken, a promise."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.units import VINTAGE
from bot.casework import submission_rules
from bot.casework.assignment import assign_and_alert
from bot.casework.timeline import RECEIVED
from bot.core.text_folding import fold_text
from bot.core.unit_of_work import UnitOfWork
from storage import audit, submissions
from storage.models import Identity, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.models import Forum, Kind, Officer, Submission, Topic

_NOBODY = 0  # is no pseudonym


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """What is recorded, and `how` it came: `spoken` as an opinion for the forum, or `promised`.

    `unit` is the one that it is about.
    """

    how: str
    kind: Kind
    topics: Sequence[Topic]
    unit: str
    text: str
    due_at: datetime
    urgent: bool = False


async def add_staff_entry(
    work: UnitOfWork, forum: Forum, officer: Officer | None, what: StaffEntry
) -> Submission:
    """Make it a case, with its alert; `officer` None: the head of a neighbourhood wrote it down."""
    case = await submissions.add_submission(
        work.connection,
        _NOBODY,
        {
            "code": submission_rules.make_receipt_code(secrets.choice),
            "kind": what.kind,
            "topics": [topic.value for topic in what.topics],
            "unit_code": what.unit,
            "unit_vintage": VINTAGE,
            "handled_by": submission_rules.get_handling_unit(what.kind, what.topics, what.unit),
            "text": what.text,
            "folded": fold_text(what.text),
            "urgent": what.urgent,
            "hides_personal": False,
            "version": 1,
            "state": State.RECEIVED,
            "identity": Identity.UNNAMED,
            "phone": None,
            "confidential": False,  # everybody in the hall heard it
            "language": work.policy.default_language,
            "forum": forum.code if what.how == "spoken" else None,
            "created_at": work.now,
            "due_at": what.due_at,
        },
        [],
    )
    await audit.append_entry(
        work.connection,
        RECEIVED,
        work.now,
        role=officer.role if officer else audit.RESIDENT,
        actor_id=officer.id if officer else None,
        submission_id=case.id,
        details={"forum": forum.code, what.how: True},
    )
    await assign_and_alert(work, case)
    return case
