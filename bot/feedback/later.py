"""What a resident may do with an opinion after it was received, each a short conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation.flow import Answers, Flow, Step
from bot.conversation.inputs import choice, messages, text
from bot.feedback.rules import NOT_SATISFIED, ROOM, SATISFIED, VERY_SATISFIED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.screen import Param

_REASON = 2000  # characters


def about_which(answers: Answers) -> Mapping[str, Param]:
    """The code of the opinion that it is about."""
    return {"code": answers["@code"]}


def is_dissatisfied(answers: Answers) -> bool:
    """Who is content is not asked why."""
    return answers.get("score") == str(NOT_SATISFIED)


def may_ask_again(answers: Answers) -> bool:
    """Once only, and not too long after the answer."""
    return is_dissatisfied(answers) and bool(answers.get("@reopens"))


ADDITION = Flow("addition", (Step("details", messages("addition.details", ROOM)),))

REPLY = Flow("reply", (Step("details", messages("reply.details", ROOM)),))

RATING = Flow(
    "rating",
    (
        Step(
            "score",
            choice(
                "rating.score",
                *(str(score) for score in (VERY_SATISFIED, SATISFIED, NOT_SATISFIED)),
                show=about_which,
            ),
        ),
        Step("reason", text("rating.reason", limit=_REASON, optional=True), when=is_dissatisfied),
        Step("again", choice("rating.again", "yes", "no"), when=may_ask_again),
    ),
)

REOPENING = Flow("reopening", (Step("reason", text("reopening.reason", limit=_REASON)),))
