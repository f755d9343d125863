"""Correcting what is stored of oneself."""

from __future__ import annotations

from bot.conversation.flow import Flow, Step
from bot.conversation.inputs import phone

CORRECTION = Flow("correction", (Step("phone", phone()),))
