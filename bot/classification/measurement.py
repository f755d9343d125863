"""How good the suggestions are, on texts of which it is known what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from bot.classification.suggestion import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

# The glossary's Vietnamese codes of kinds stand for ours.
_KINDS = {
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
    """An example lacks what it needs; the message says which and what."""


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Precision and recall: of what was suggested what is right, of what is right what was."""

    hits: int
    suggested: int
    right: int

    @property
    def precision(self) -> float:
        return self.hits / self.suggested if self.suggested else 1.0

    @property
    def recall(self) -> float:
        return self.hits / self.right if self.right else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """The figures: topics together (micro), urgency, and the share of kinds that are right."""

    texts: int
    topics: PrecisionRecall
    urgent: PrecisionRecall
    kinds: float


def measure_examples(examples: Sequence[Mapping[str, Any]]) -> Measurement:
    """Measure on examples with `text`, `topics`, `urgent` and `kind`; raises BadExamples."""
    topics, urgent, kinds = [0, 0, 0], [0, 0, 0], 0
    for number, example in enumerate(examples, 1):
        if missing := {"text", "topics", "urgent", "kind"} - set(example):
            raise BadExamples(f"example {number} lacks {', '.join(sorted(missing))}")
        found, right = suggest(example["text"]), set(example["topics"])
        for sums, ours, theirs in (
            (topics, {topic.value for topic in found.topics}, right),
            (urgent, {True} & {found.urgent}, {True} & {bool(example["urgent"])}),
        ):
            sums[0] += len(ours & theirs)
            sums[1] += len(ours)
            sums[2] += len(theirs)
        kind = found.kind.value if found.kind else "unsure"
        kinds += kind == _KINDS.get(example["kind"], example["kind"])
    share = kinds / len(examples) if examples else 1.0
    return Measurement(len(examples), PrecisionRecall(*topics), PrecisionRecall(*urgent), share)


def suggest_lines(texts: BinaryIO, found: BinaryIO) -> None:
    """For each line of UTF-8 a line of JSON: {"text", "kind", "topics", "urgent"}."""
    for line in texts:
        text = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        seems = suggest(text)
        answer = {
            "text": text,
            "kind": seems.kind.value if seems.kind else None,
            "topics": [topic.value for topic in seems.topics],
            "urgent": seems.urgent,
        }
        found.write(orjson.dumps(answer) + b"\n")
        found.flush()  # whoever asks line by line waits for the answer
