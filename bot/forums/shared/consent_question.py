"""The question for consent in the conversations about forums."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.core.screen import Words
from bot.feedback.intake_flow import consent_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.flow import Answers, Input
    from bot.core.screen import Param


def _show_notice(_answers: Answers) -> Mapping[str, Param]:
    return {"notice": Words("feedback.consent.ask")}


def consent_with_notice_input() -> Input:
    """Return the question for consent to the data-protection notice of submissions."""
    return replace(consent_input(), params=_show_notice)
