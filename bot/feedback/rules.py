"""Rules of the intake: pure functions of the answers that a resident gave so far.

Kind, topics and way of contact follow from the text unless the resident changed them on the review
card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import submission_rules
from bot.feedback import text_suggestions
from storage.models import Identity, Kind, Lane, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def get_kind(answers: Mapping[str, Any]) -> Kind:
    """Return the kind of the submission: the chosen one, else the one that the text suggests."""
    return Kind(answers.get("kind") or text_suggestions.suggest_kind(answers))


def get_topics(answers: Mapping[str, Any]) -> Sequence[Topic]:
    """Return the topics of the submission: the chosen ones, else those that the text suggests."""
    return [
        Topic(each) for each in answers.get("topic") or text_suggestions.suggest_topics(answers)
    ]


def get_area(answers: Mapping[str, Any]) -> str | None:
    """Return the code of the unit: the chosen one, else that of the text; None if unknown yet."""
    return answers.get("area") or text_suggestions.suggest_area(answers)


def get_handling_unit(answers: Mapping[str, Any]) -> str:
    """Return the code of the unit that will handle the submission."""
    area = get_area(answers) or CITY
    return submission_rules.get_handling_unit(get_kind(answers), get_topics(answers), area)


def may_have_name(answers: Mapping[str, Any]) -> bool:
    """Return False for a denunciation: the resident is not asked how to be known."""
    return get_kind(answers) is not Kind.DENUNCIATION


def wants_phone_contact(answers: Mapping[str, Any]) -> bool:
    """Return True if the resident chose to be reached by telephone."""
    return may_have_name(answers) and answers.get("identity") == Identity.PHONE


def get_identity(answers: Mapping[str, Any]) -> Identity:
    """Return how the resident wants to be known; unnamed if that is not asked or not known yet."""
    if not may_have_name(answers):
        return Identity.UNNAMED
    return Identity(answers.get("identity") or suggest_identity(answers) or Identity.UNNAMED)


def suggest_identity(answers: Mapping[str, Any]) -> Identity | None:
    """Return the usual way of contact; None where the resident has to decide about it.

    That is for what may need protection: crimes, complaints, and the conduct of officers.
    """
    kind, topics = get_kind(answers), get_topics(answers)
    is_delicate = (
        kind in _DELICATE
        or submission_rules.find_lane(kind, topics, Identity.CHANNEL) is not Lane.ORDINARY
    )
    return None if is_delicate else Identity.CHANNEL


_DELICATE = frozenset({Kind.COMPLAINT, Kind.CRIME_REPORT})
