"""The conversation that asks for an area to subscribe to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.question import area_input
from bot.conversation.consent import consent_step
from bot.conversation.flow import Flow, Step

if TYPE_CHECKING:
    from bot.conversation.flow import Answers


def has_no_subject(answers: Answers) -> bool:
    """Return True if no subject is known, so that the area has to be asked for."""
    return "@subject" not in answers


SUBSCRIPTION_FLOW = Flow(
    "subscription",
    (
        consent_step(),
        Step("area", area_input("subscription.area"), when=has_no_subject),
    ),
)
