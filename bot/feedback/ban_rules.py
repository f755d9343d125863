"""Rules of the intake about bans: pure functions of the answers that a resident gave so far."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.casework import submission_rules
from bot.feedback.rules import get_area, get_handling_unit, get_identity, get_kind, get_topics
from bot.feedback.text_suggestions import is_urgent
from bot.notifications.summaries import describe_ban_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Param

# The key of the fact: the bans of the person, each as {"unit": code or None for all, "until": …,
# "reason": …, "code": of the submission}.
BANS = "@bans"


def find_ban(answers: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the ban that refuses the submission, from the fact BANS; None if none does.

    Which unit handles it is known after the area. A ban never refuses what must be taken.
    """
    if not answers.get(BANS) or "details" not in answers or get_area(answers) is None:
        return None
    kind, topics = get_kind(answers), get_topics(answers)
    identity = get_identity(answers)
    if submission_rules.is_always_taken(kind, topics, identity, urgent=is_urgent(answers)):
        return None
    unit = get_handling_unit(answers)
    return next((each for each in answers[BANS] if each["unit"] in (None, unit)), None)


def is_banned(answers: Mapping[str, Any]) -> bool:
    """Return True if a ban refuses the submission."""
    return find_ban(answers) is not None


def describe_ban(ban: Mapping[str, Any]) -> dict[str, Param]:
    """Return the parameters of a text about a ban of the fact BANS."""
    return {
        "scope": describe_ban_scope(ban["unit"]),
        "until": datetime.fromisoformat(ban["until"]),
        "reason": ban["reason"],
        "code": ban["code"],
    }
