"""Suggest kind, topics, urgency and intent of a text, by the model and the operator's phrases.

The resident always decides. Nothing is refused, hidden or ranked by a suggestion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bot.classification.danger_phrases import DangerPhrases, load_default_phrases
from bot.classification.labels import CONDUCT, DANGER, KINDS, Intent
from bot.classification.model import load_model
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_TOPICS = 4
_POSSIBLE = 0.1  # the least probability of a topic that is suggested alone
_SURE_INTENT = 0.8  # the least probability of an intent that is acted on without a question
_SURE = 0.5  # the least share of the probability of all kinds, for a kind to be suggested


class Suggestion(NamedTuple):
    """The suggested labels of a text.

    - `kind`: None if no kind is likely enough.
    - `topics`: the most likely first.
    - `urgent`: True if somebody seems to be in danger now.
    - `intent`: what the person wants with the message; `intent_is_sure`: it is likely enough to act
      on it without a question.
    - `conduct`: True if the text may be about what an officer did wrong.
    """

    kind: Kind | None
    topics: tuple[Topic, ...]
    urgent: bool
    intent: Intent
    conduct: bool
    intent_is_sure: bool = False


class Classifier:
    """Suggests labels. `threshold` is the least probability of a danger; None for the model's."""

    def __init__(
        self, threshold: float | None = None, phrases: DangerPhrases | None = None
    ) -> None:
        """Take the operator's settings; without phrases those of the release are used."""
        self._threshold = threshold
        self._phrases = phrases

    def suggest_labels(self, text: str) -> Suggestion:
        """Return the suggested labels of a text."""
        found = load_model().compute_probabilities(text)
        thresholds = load_model().facts["thresholds"]
        intent = choose_intent(found)
        is_opinion = intent is Intent.OPINION and bool(text.strip())
        return Suggestion(
            kind=choose_sure_kind(found) if is_opinion else None,
            topics=choose_topics(found, thresholds) if is_opinion else (),
            urgent=self._is_danger(text, found),
            intent=intent,
            conduct=found[CONDUCT] >= thresholds[CONDUCT],
            intent_is_sure=found[f"intent.{intent}"] >= _SURE_INTENT,
        )

    def is_urgent(self, text: str) -> bool:
        """Return True if somebody seems to be in danger now."""
        return self._is_danger(text, load_model().compute_probabilities(text))

    def _is_danger(self, text: str, found: Mapping[str, float]) -> bool:
        phrases = self._phrases or load_default_phrases()
        decided = phrases.find_verdict(text)
        if decided is not None:
            return decided
        threshold = self._threshold
        if threshold is None:
            threshold = load_model().facts["thresholds"][DANGER]
        return found[DANGER] >= threshold


def choose_kind(found: Mapping[str, float]) -> Kind:
    """Return the most likely kind."""
    return max(KINDS, key=lambda kind: found[f"kind.{kind}"])


def choose_sure_kind(found: Mapping[str, float]) -> Kind | None:
    """Return the most likely kind; None if the others together are as likely."""
    kind = choose_kind(found)
    total = sum(found[f"kind.{each}"] for each in KINDS)
    return kind if total and found[f"kind.{kind}"] / total >= _SURE else None


def choose_intent(found: Mapping[str, float]) -> Intent:
    """Return the most likely intent."""
    return max(Intent, key=lambda intent: found[f"intent.{intent}"])


def choose_topics(found: Mapping[str, float], thresholds: Mapping[str, float]) -> tuple[Topic, ...]:
    """Return the likely topics, the most likely first.

    If none is likely, return the likeliest one, unless that is hardly possible either.
    """
    ordered = sorted(Topic, key=lambda topic: -found[f"topic.{topic}"])
    likely = [each for each in ordered if found[f"topic.{each}"] >= thresholds["topic"]]
    possible = [each for each in ordered[:1] if found[f"topic.{each}"] >= _POSSIBLE]
    return tuple(likely[:_MAX_TOPICS] or possible)


_classifier = Classifier()


def configure_classifier(classifier: Classifier) -> None:
    """Use a classifier with the operator's settings from now on, in this process."""
    global _classifier
    _classifier = classifier


def suggest_labels(text: str) -> Suggestion:
    """Return the suggested labels of a text."""
    return _classifier.suggest_labels(text)


def suggest_topics(text: str) -> tuple[Topic, ...]:
    """Return the suggested topics of a text that is about something, such as a point to discuss."""
    model = load_model()
    return choose_topics(model.compute_probabilities(text), model.facts["thresholds"])


def is_urgent(text: str) -> bool:
    """Return True if a text says that somebody is in danger now."""
    return _classifier.is_urgent(text)
