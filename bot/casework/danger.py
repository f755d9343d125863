"""The emergency number, for a text with signs of danger that no conversation has taken."""

from __future__ import annotations

from bot.classification.suggestion import suggest_labels
from bot.core.screen import Words


def list_danger_remarks(text: str | None) -> tuple[Words, ...]:
    """Return the text with the emergency numbers if a message has signs of a danger; else nothing.

    It is shown whether the person has consented or not, because it needs no consent.
    """
    is_urgent = text is not None and suggest_labels(text).urgent
    return (Words("feedback.danger.notice"),) if is_urgent else ()
