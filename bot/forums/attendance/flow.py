"""What is asked of who wants to attend a forum, or to hear of forums."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.areas.question import area_input
from bot.conversation.engine import Answers, Flow, Input, Step
from bot.conversation.inputs import choice_input
from bot.core.screen import Words
from bot.feedback.intake_flow import consent_input, not_yet_agreed
from bot.forums.attendance.rules import MOST_PEOPLE
from storage.models import Category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Param


def _the_notice(_answers: Answers) -> Mapping[str, Param]:
    return {"notice": Words("feedback.consent.ask")}


def consent_with_notice_input() -> Input:
    """The same agreement to the same notice as before an opinion."""
    return replace(consent_input(), show=_the_notice)


def names_nothing(answers: Answers) -> bool:
    """It is not known yet what somebody wants to hear of."""
    return "@subject" not in answers


ATTENDING = Flow(
    "attend",
    (
        Step("consent", consent_with_notice_input(), when=not_yet_agreed, editable=False),
        Step("people", choice_input("attend.people", *(str(n + 1) for n in range(MOST_PEOPLE)))),
        Step("category", choice_input("attend.category", *Category)),
    ),
)

SUBSCRIBING = Flow(
    "subscription",
    (
        Step("consent", consent_with_notice_input(), when=not_yet_agreed, editable=False),
        Step("area", area_input("subscription.area"), when=names_nothing),
    ),
)
