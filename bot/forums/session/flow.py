"""What is asked in the hall: the answer that was given there, the words of who spoke there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.classification.suggestion import suggest_labels
from bot.conversation.engine import Answers, Flow, Step
from bot.conversation.inputs import choice_input, review_input, text_input
from bot.core.screen import Words
from bot.feedback.intake_flow import not_yet_agreed
from bot.forums.attendance.flow import consent_with_notice_input
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Param

_LONG, _SHORT = 3000, 300  # characters

ANSWER = Flow(
    "hall_answer",
    (
        Step("text", text_input("hall_answer.text", limit=_LONG)),
        Step("measure", text_input("hall_answer.measure", limit=_SHORT, optional=True)),
        Step("deadline", text_input("hall_answer.deadline", limit=_SHORT, optional=True)),
    ),
)

# What is said aloud before everybody. A complaint or a denunciation has a form of its own.
SPOKEN_KINDS = (Kind.REPORT, Kind.PROPOSAL, Kind.QUESTION, Kind.COMMENT, Kind.PRAISE)


def suggest_topics(said: str) -> list[Topic]:
    """What something that was said seems to be about."""
    return list(suggest_labels(said).topics) or [Topic.OTHER]


def show_oral_summary(answers: Answers) -> Mapping[str, Param]:
    """What was said, as it is going to be kept."""
    names = (Words(f"feedback.topic.options.{topic}") for topic in suggest_topics(answers["text"]))
    kind = Words(f"feedback.kind.options.{answers['kind']}")
    return {"kind": kind, "topics": tuple(names), "text": answers["text"]}


SPOKEN = Flow(
    "hall_spoken",
    (
        Step("kind", choice_input("feedback.kind", *SPOKEN_KINDS)),
        Step("text", text_input("hall_spoken.text", limit=_LONG)),
        Step("review", review_input("hall_spoken.review", show_oral_summary)),
    ),
)


def show_excerpt(answers: Answers) -> Mapping[str, Param]:
    """The beginning of what was said, to know it again."""
    return {"text": answers.get("@text", "")}


CLAIM = Flow(
    "claim",
    (
        Step("consent", consent_with_notice_input(), when=not_yet_agreed, editable=False),
        Step(
            "mine", choice_input("claim.mine", "yes", stops={"no": "not_mine"}, params=show_excerpt)
        ),
    ),
)
