"""What is asked in the hall: the answer that was given there, the words of who spoke there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation.flow import Answers, Flow, Step
from bot.conversation.inputs import choice, review, text
from bot.feedback.flow import not_yet_agreed
from bot.feedback.suggestion import suggest
from bot.forums.attending_flow import consent
from bot.screen import Words
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.screen import Param

_LONG, _SHORT = 3000, 300  # characters

ANSWER = Flow(
    "hall_answer",
    (
        Step("text", text("hall_answer.text", limit=_LONG)),
        Step("measure", text("hall_answer.measure", limit=_SHORT, optional=True)),
        Step("deadline", text("hall_answer.deadline", limit=_SHORT, optional=True)),
    ),
)

# What is said aloud before everybody. A complaint or a denunciation has a form of its own.
SPOKEN_KINDS = (Kind.REPORT, Kind.PROPOSAL, Kind.QUESTION, Kind.COMMENT, Kind.PRAISE)


def topics_of(said: str) -> list[Topic]:
    """What something that was said seems to be about."""
    return list(suggest(said).topics) or [Topic.OTHER]


def spoken(answers: Answers) -> Mapping[str, Param]:
    """What was said, as it is going to be kept."""
    names = (Words(f"feedback.topic.options.{topic}") for topic in topics_of(answers["text"]))
    kind = Words(f"feedback.kind.options.{answers['kind']}")
    return {"kind": kind, "topics": tuple(names), "text": answers["text"]}


SPOKEN = Flow(
    "hall_spoken",
    (
        Step("kind", choice("feedback.kind", *SPOKEN_KINDS)),
        Step("text", text("hall_spoken.text", limit=_LONG)),
        Step("review", review("hall_spoken.review", spoken)),
    ),
)


def said(answers: Answers) -> Mapping[str, Param]:
    """The beginning of what was said, to know it again."""
    return {"text": answers.get("@text", "")}


CLAIM = Flow(
    "claim",
    (
        Step("consent", consent(), when=not_yet_agreed, editable=False),
        Step("mine", choice("claim.mine", "yes", stops={"no": "not_mine"}, show=said)),
    ),
)
