"""Measure the quality of the suggestions on labelled texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from bot.classification.suggestion import suggest_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

# Labelled texts may name the kinds by these Vietnamese codes.
_KIND_CODES = {
    "phan_anh": "report",
    "kien_nghi": "proposal",
    "cau_hoi": "question",
    "gop_y": "comment",
    "khen_ngoi": "praise",
    "khieu_nai": "complaint",
    "to_cao": "denunciation",
    "to_giac": "crime_report",
    "khac": "unsure",
}


class BadExamples(Exception):
    """An example lacks a field. The message names the example and the missing fields."""


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Counts for precision and recall.

    correct:   the number of suggested labels that are expected
    suggested: the number of suggested labels
    expected:  the number of expected labels
    """

    correct: int
    suggested: int
    expected: int

    @property
    def precision(self) -> float:
        """Return the share of the suggested labels that are expected; 1 if none is suggested."""
        return self.correct / self.suggested if self.suggested else 1.0

    @property
    def recall(self) -> float:
        """Return the share of the expected labels that are suggested; 1 if none is expected."""
        return self.correct / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results for some texts.

    texts:  the number of texts
    topics: the labels of all topics together (micro average)
    urgent: the label "urgent"
    kinds:  the share of texts whose kind is suggested correctly
    """

    texts: int
    topics: PrecisionRecall
    urgent: PrecisionRecall
    kinds: float


def measure_examples(examples: Sequence[Mapping[str, Any]]) -> Measurement:
    """Compare the suggestions for examples with their labels.

    An example has the fields text, topics, urgent and kind. Its kind may be a Vietnamese code. If
    no kind is suggested, that counts as "unsure". Raises BadExamples.
    """
    topic_counts, urgent_counts, correct_kinds = [0, 0, 0], [0, 0, 0], 0
    for number, example in enumerate(examples, 1):
        if missing := {"text", "topics", "urgent", "kind"} - set(example):
            raise BadExamples(f"example {number} lacks {', '.join(sorted(missing))}")
        suggestion = suggest_labels(example["text"])
        for counts, suggested, expected in (
            (
                topic_counts,
                {topic.value for topic in suggestion.topics},
                set(example["topics"]),
            ),
            (urgent_counts, {True} & {suggestion.urgent}, {True} & {bool(example["urgent"])}),
        ):
            counts[0] += len(suggested & expected)
            counts[1] += len(suggested)
            counts[2] += len(expected)
        kind = suggestion.kind.value if suggestion.kind else "unsure"
        correct_kinds += kind == _KIND_CODES.get(example["kind"], example["kind"])
    return Measurement(
        len(examples),
        PrecisionRecall(*topic_counts),
        PrecisionRecall(*urgent_counts),
        correct_kinds / len(examples) if examples else 1.0,
    )


def suggest_lines(texts: BinaryIO, output: BinaryIO) -> None:
    """For each line of UTF-8 text, write a JSON line with text, kind, topics and urgent.

    The output is flushed after each line, so that a program can send and read line by line.
    """
    for line in texts:
        text = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        suggestion = suggest_labels(text)
        labels = {
            "text": text,
            "kind": suggestion.kind.value if suggestion.kind else None,
            "topics": [topic.value for topic in suggestion.topics],
            "urgent": suggestion.urgent,
        }
        output.write(orjson.dumps(labels) + b"\n")
        output.flush()
