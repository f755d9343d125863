"""What the text of a submission suggests: pure functions of the answers given so far."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from bot.areas.text_places import Sureness, TextPlace, find_place_in_text
from bot.classification import personal_data
from bot.classification.suggestion import Suggestion, suggest_labels
from bot.conversation.inputs import join_texts
from bot.conversation.interruptions import NOT_URGENT
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.conversation.flow import Answers

# The suggestion of kind and topics for a text; results are cached.
suggest_cached: Any = lru_cache(maxsize=256)(suggest_labels)
_find_place: Any = lru_cache(maxsize=256)(find_place_in_text)
_find_personal_data: Any = lru_cache(maxsize=256)(personal_data.find_personal_data)


def get_text(answers: Answers) -> str:
    """Return the text that the resident wrote so far."""
    return join_texts(answers.get("details", ()))


def fingerprint_text(answers: Mapping[str, Any]) -> str:
    """Return a short hash of the submission's text, to see later if the text was changed."""
    return blake2s(get_text(answers).encode(), digest_size=4).hexdigest()


def get_suggestion(answers: Answers) -> Suggestion:
    """Return the kind, the topics and the urgency that the text suggests."""
    found: Suggestion = suggest_cached(get_text(answers))
    return found


def suggest_kind(answers: Answers) -> Kind:
    """Return the kind that the text suggests; UNSURE if no kind is likely enough."""
    return get_suggestion(answers).kind or Kind.UNSURE


def suggest_topics(answers: Answers) -> Sequence[Topic]:
    """Return the topics that the text suggests, the most likely first; OTHER if it suggests none.

    A submission without words, such as a voice message, has to be heard first.
    """
    return get_suggestion(answers).topics or (Topic.OTHER,)


def find_mentioned_place(answers: Answers) -> TextPlace | None:
    """Return the place that a sent position or else the text names, None if there is none.

    That of a position has no words.
    """
    if near := _list_near_codes(answers):
        return TextPlace(near, "", Sureness.SURE if len(near) == 1 else Sureness.SEVERAL)
    found: TextPlace | None = _find_place(get_text(answers))
    return found


def suggest_area(answers: Answers) -> str | None:
    """Return the code of the unit where a position was sent, or else that the text names.

    Return None if it is not certain; then it is asked.
    """
    place = find_mentioned_place(answers)
    return place.codes[0] if place is not None and place.sureness is Sureness.SURE else None


def _list_near_codes(answers: Answers) -> tuple[str, ...]:
    """Return the codes of the units where the newest position can be."""
    for message in reversed(answers.get("details", ())):
        if near := message.get("near", ()):
            return tuple(near)
    return ()


def seems_dangerous(answers: Answers) -> bool:
    """Return True if the text has signs of a danger that exists now."""
    return get_suggestion(answers).urgent


def is_urgent(answers: Answers) -> bool:
    """Return True if the text seems dangerous and the resident did not deny it."""
    return seems_dangerous(answers) and not answers.get(NOT_URGENT)


def list_personal_data(answers: Answers) -> Sequence[str]:
    """Return the kinds of personal data in the text, such as "phone" or "plate"."""
    return list(dict.fromkeys(found.kind for found in _find_personal_data(get_text(answers))))


def has_personal_data(answers: Answers) -> bool:
    """Return True if the text holds personal data."""
    return bool(list_personal_data(answers))
