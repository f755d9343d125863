"""The conversation of a registration: the number of people, and the category of the person."""

from __future__ import annotations

from bot.conversation.consent import consent_step
from bot.conversation.flow import Flow, Step
from bot.conversation.inputs import choice_input
from bot.forums.attendance.rules import MAX_PEOPLE
from storage.models import AttendeeCategory

REGISTRATION_FLOW = Flow(
    "attend",
    (
        consent_step(),
        Step("people", choice_input("attend.people", *(str(n + 1) for n in range(MAX_PEOPLE)))),
        Step("category", choice_input("attend.category", *AttendeeCategory)),
    ),
)
