"""Suggestions for lines of text, as JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from bot.classification.model import load_model
from bot.classification.suggestion import suggest_labels

if TYPE_CHECKING:
    from typing import BinaryIO

_EXPLAINED = 12  # features of each sign


def suggest_lines(texts: BinaryIO, output: BinaryIO, *, explained: str | None = None) -> None:
    """For each line of UTF-8 text, write a JSON line with its suggested labels.

    With `explained`, the name of a label, the line has what in the text spoke for and against it.
    The output is flushed after each line, so that a program can send and read line by line. Raises
    ValueError for an unknown label.
    """
    if explained is not None and explained not in load_model().labels:
        raise ValueError(f"no such label; known are {', '.join(load_model().labels)}")
    for line in texts:
        text = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        suggestion = suggest_labels(text)
        labels: dict[str, Any] = {
            "text": text,
            "kind": suggestion.kind.value if suggestion.kind else None,
            "topics": [topic.value for topic in suggestion.topics],
            "urgent": suggestion.urgent,
            "intent": suggestion.intent.value,
            "conduct": suggestion.conduct,
        }
        if explained is not None:
            labels |= _explain_label(text, explained)
        output.write(orjson.dumps(labels) + b"\n")
        output.flush()


def _explain_label(text: str, label: str) -> dict[str, Any]:
    """Return the probability of a label, and the features for and against it, largest first."""
    model = load_model()
    found = [each for each in model.explain_label(text, label) if each.amount]
    return {
        "label": label,
        "probability": round(model.compute_probabilities(text)[label], 3),
        "for": [[f, round(a, 3)] for f, a in found if a > 0][:_EXPLAINED],
        "against": [[f, round(a, 3)] for f, a in found if a < 0][:_EXPLAINED],
    }
