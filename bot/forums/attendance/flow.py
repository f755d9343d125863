"""The conversation of a registration: the number of people, and the category of the person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.consent import consent_step
from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Flow, Input, Option, Rejected, Step
from bot.conversation.inputs import choice_input, parse_choice
from bot.core.typed_numbers import parse_number
from bot.forums.attendance.rules import MAX_PEOPLE
from storage.models import AttendeeCategory

if TYPE_CHECKING:
    from bot.conversation.reply import Reply

CAPACITY = "@capacity"  # the fact how many people the hall holds; missing without a limit
_TOO_LARGE = "too-large"


def _people_input() -> Input:
    """Return the question for the number of people: not more than the hall holds."""
    question = choice_input("attend.people", *(str(n + 1) for n in range(MAX_PEOPLE)))

    def list_options(answers: Answers) -> tuple[Option, ...]:
        return tuple(question.options(answers))[: answers.get(CAPACITY, MAX_PEOPLE)]

    def parse(reply: Reply, answers: Answers) -> str:
        most = answers.get(CAPACITY, MAX_PEOPLE)
        typed = parse_number(reply.choice or (reply.text or "").strip())
        if typed is not None and most < typed <= MAX_PEOPLE:
            raise Rejected(_TOO_LARGE, most=most)
        return parse_choice(reply, list_options(answers))

    return replace(
        question, parse=parse, options=list_options, reasons=(UNKNOWN_CHOICE, _TOO_LARGE)
    )


REGISTRATION_FLOW = Flow(
    "attend",
    (
        consent_step(),
        Step("people", _people_input()),
        Step("category", choice_input("attend.category", *AttendeeCategory)),
    ),
)
