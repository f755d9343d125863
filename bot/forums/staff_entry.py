"""Submissions that staff enter for a forum: an oral submission, or a commitment."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.units import VINTAGE
from bot.casework import submission_rules
from bot.casework.assignment import assign_and_alert
from bot.casework.timeline import RECEIVED
from bot.classification import suggestion
from bot.core.search_text import make_search_text
from bot.core.unit_of_work import UnitOfWork
from storage import audit, submissions
from storage.models import Identity, State, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.models import Forum, Kind, Officer, Submission

_NO_RESIDENT = 0  # is no pseudonym


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """A submission without a sender.

    `source` is "spoken" for an oral submission, and "promised" for a commitment. `unit` is the code
    of the unit that it is about.
    """

    source: str
    kind: Kind
    topics: Sequence[Topic]
    unit: str
    text: str
    due_at: datetime
    urgent: bool = False


def suggest_topics(text: str) -> list[Topic]:
    """Return the topics that the words of a text suggest, at least one and at most two.

    Nobody confirms them, and some decide which unit handles a submission.
    """
    return list(suggestion.suggest_topics(text)[:2]) or [Topic.OTHER]


async def add_staff_entry(
    work: UnitOfWork, forum: Forum, officer: Officer | None, entry: StaffEntry
) -> Submission:
    """Store a submission without a sender, assign it and alert its officer. Return it.

    `officer` entered it; None if the head of a neighbourhood did.
    """
    submission = await submissions.add_submission(
        work.connection,
        _NO_RESIDENT,
        {
            "code": submission_rules.make_receipt_code(secrets.choice),
            "kind": entry.kind,
            "topics": [topic.value for topic in entry.topics],
            "unit_code": entry.unit,
            "unit_vintage": VINTAGE,
            "handled_by": submission_rules.get_handling_unit(entry.kind, entry.topics, entry.unit),
            "text": entry.text,
            "folded": make_search_text(entry.text),
            "urgent": entry.urgent,
            "hides_personal": False,
            "version": 1,
            "state": State.RECEIVED,
            "identity": Identity.UNNAMED,
            "phone": None,
            "confidential": False,  # everybody in the hall heard it
            "language": work.policy.default_language,
            "forum": forum.code if entry.source == "spoken" else None,
            "created_at": work.now,
            "due_at": entry.due_at,
        },
        [],
    )
    await audit.append_entry(
        work.connection,
        RECEIVED,
        work.now,
        role=officer.role if officer else audit.RESIDENT,
        actor_id=officer.id if officer else None,
        submission_id=submission.id,
        details={"forum": forum.code, entry.source: True},
    )
    await assign_and_alert(work, submission)
    return submission
