"""What is asked of who wants to attend a forum, or to hear of forums."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.areas.question import area
from bot.conversation.flow import Answers, Flow, Input, Step
from bot.conversation.inputs import choice
from bot.feedback.flow import agreement, not_yet_agreed
from bot.forums.attending_rules import MOST_PEOPLE
from bot.screen import Words
from storage.models import Category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.screen import Param


def _the_notice(_answers: Answers) -> Mapping[str, Param]:
    return {"notice": Words("feedback.consent.ask")}


def consent() -> Input:
    """The same agreement to the same notice as before an opinion."""
    return replace(agreement(), show=_the_notice)


def names_nothing(answers: Answers) -> bool:
    """It is not known yet what somebody wants to hear of."""
    return "@subject" not in answers


ATTENDING = Flow(
    "attend",
    (
        Step("consent", consent(), when=not_yet_agreed, editable=False),
        Step("people", choice("attend.people", *(str(n + 1) for n in range(MOST_PEOPLE)))),
        Step("category", choice("attend.category", *Category)),
    ),
)

SUBSCRIBING = Flow(
    "subscription",
    (
        Step("consent", consent(), when=not_yet_agreed, editable=False),
        Step("area", area("subscription.area"), when=names_nothing),
    ),
)
