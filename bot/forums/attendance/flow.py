"""The conversation of a registration: with how many people, and as what somebody comes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.engine import Answers, Flow, Input, Step
from bot.conversation.inputs import choice_input
from bot.core.screen import Words
from bot.feedback.intake_flow import consent_input, not_yet_agreed
from bot.forums.attendance.rules import MAX_PEOPLE
from storage.models import Category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Param


def _show_notice(_answers: Answers) -> Mapping[str, Param]:
    return {"notice": Words("feedback.consent.ask")}


def consent_with_notice_input() -> Input:
    """Return the question for consent to the notice that is also shown before an opinion."""
    return replace(consent_input(), params=_show_notice)


ATTENDING = Flow(
    "attend",
    (
        Step("consent", consent_with_notice_input(), when=not_yet_agreed, editable=False),
        Step("people", choice_input("attend.people", *(str(n + 1) for n in range(MAX_PEOPLE)))),
        Step("category", choice_input("attend.category", *Category)),
    ),
)
