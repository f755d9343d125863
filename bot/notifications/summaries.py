"""The facts of a submission that messages and screens show, as parameters of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_unit
from bot.core.screen import Param, Words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from storage.models import Submission


def describe_submission(submission: Submission, zone: ZoneInfo) -> dict[str, Param]:
    """Return code, state, kind, topics, area and due date of a submission.

    The resident and all officers may read these. `zone` decides the day of the due date.
    """
    return {
        "code": submission.code,
        "state": Words(f"state.{submission.state}"),
        "kind": Words(f"feedback.kind.options.{submission.kind}"),
        "topic": tuple(Words(f"feedback.topic.options.{topic}") for topic in submission.topics),
        "area": name_unit(submission.unit_code),
        "due": submission.due_at.astimezone(zone).date(),
    }
