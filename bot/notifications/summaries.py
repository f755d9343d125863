"""Summaries of a submission or a forum for messages and screens, as parameters of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_police, name_unit
from bot.core.screen import Lines, Param, Words
from storage.models import ErasureReason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from storage.models import Forum, Submission


def describe_erasure(submission: Submission) -> Words | None:
    """Return the text to show instead of the erased content; None if it was not erased."""
    if submission.erased_at is None:
        return None
    return Words(f"erased.{submission.erased_because or ErasureReason.REQUEST}")


def describe_state(submission: Submission) -> Words:
    """Return the state of a submission, and that it was erased if so."""
    state, erased = Words(f"state.{submission.state}"), describe_erasure(submission)
    return Words("erased.state", {"state": state, "erased": erased}) if erased else state


def describe_submission(submission: Submission, zone: ZoneInfo) -> dict[str, Param]:
    """Return code, state, kind, topics, area and due date of a submission.

    The resident and all officers may read these. `zone` decides the day of the due date.
    """
    topics = tuple(Words(f"feedback.topic.options.{topic}") for topic in submission.topics)
    return {
        "code": submission.code,
        "state": describe_state(submission),
        "kind": Words(f"feedback.kind.options.{submission.kind}"),
        "topic": describe_erasure(submission) or topics,
        "area": name_unit(submission.unit_code),
        "due": submission.due_at.astimezone(zone).date(),
    }


def list_topics(topics: Iterable[str]) -> Lines:
    """Return the names of topics, one on each line: they contain commas."""
    return Lines(
        tuple(
            Words("feedback.topic.line", {"topic": Words(f"feedback.topic.options.{topic}")})
            for topic in topics
        )
    )


def describe_ban_scope(unit_code: str | None) -> Param:
    """Return the name of the police who take no opinions: of one unit or (None) of all."""
    return Words("ban.everywhere") if unit_code is None else name_police(unit_code)


def name_forum(forum: Forum, zone: ZoneInfo) -> dict[str, str]:
    """Return the facts that name a conversation's forum: its title, and its day in `zone`.

    Most forums have the same title.
    """
    day = forum.starts_at.astimezone(zone).date()
    return {"@about": forum.title, "@about_on": day.isoformat()}
