"""The flow in which a resident corrects the stored phone number."""

from __future__ import annotations

from bot.conversation.flow import Flow, Step
from bot.conversation.inputs import phone_input

CORRECTION_FLOW = Flow("correction", (Step("phone", phone_input()),))
