"""The conversations of a session: an answer, an oral submission, and the claim of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation.consent import consent_step
from bot.conversation.flow import Answers, Flow, Step
from bot.conversation.inputs import YES_OR_NO, choice_input, review_input, text_input
from bot.conversation.long_text import long_text_input, read_text
from bot.core.screen import Words
from bot.forums.staff_entry import suggest_topics
from bot.notifications.summaries import list_topics
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Param

_LONG, _SHORT = 10_000, 300  # characters of a long and of a short answer of a step

HALL_ANSWER_FLOW = Flow(
    "hall_answer",
    (
        Step("text", long_text_input("hall_answer.text", limit=_LONG)),
        Step("measure", text_input("hall_answer.measure", limit=_SHORT, optional=True)),
        Step("deadline", text_input("hall_answer.deadline", limit=_SHORT, optional=True)),
    ),
)

# The kinds of an oral submission. Complaints and denunciations have a formal procedure.
SPOKEN_KINDS = (Kind.REPORT, Kind.PROPOSAL, Kind.QUESTION, Kind.COMMENT, Kind.PRAISE)


def show_oral_summary(answers: Answers) -> Mapping[str, Param]:
    """Return the parameters of the review page: kind, topics and text, as they will be stored."""
    text = read_text(answers["text"])
    kind = Words(f"feedback.kind.options.{answers['kind']}")
    return {"kind": kind, "topics": list_topics(suggest_topics(text)), "text": text}


ORAL_SUBMISSION_FLOW = Flow(
    "hall_spoken",
    (
        Step("kind", choice_input("feedback.kind", *SPOKEN_KINDS)),
        Step("text", long_text_input("hall_spoken.text", limit=_LONG)),
        Step("review", review_input("hall_spoken.review", show_oral_summary)),
    ),
)


def show_excerpt(answers: Answers) -> Mapping[str, Param]:
    """Return the parameter with the beginning of an oral submission, for the speaker to see."""
    return {"text": answers.get("@text", "")}


CLAIM_FLOW = Flow(
    "claim",
    (
        consent_step(),
        Step(
            "mine",
            choice_input(
                "claim.mine",
                "yes",
                stops={"no": "not_mine"},
                params=show_excerpt,
                meanings=YES_OR_NO,
            ),
        ),
    ),
)
