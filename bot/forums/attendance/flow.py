"""The conversation of a registration: the number of people, and the category of the person."""

from __future__ import annotations

from bot.conversation.flow import Flow, Step
from bot.conversation.inputs import choice_input
from bot.feedback.intake_flow import needs_consent
from bot.forums.attendance.rules import MAX_PEOPLE
from bot.forums.shared.consent_question import consent_with_notice_input
from storage.models import AttendeeCategory

REGISTRATION_FLOW = Flow(
    "attend",
    (
        Step("consent", consent_with_notice_input(), when=needs_consent, editable=False),
        Step("people", choice_input("attend.people", *(str(n + 1) for n in range(MAX_PEOPLE)))),
        Step("category", choice_input("attend.category", *AttendeeCategory)),
    ),
)
