"""Measure predicted labels against those of labelled texts, and choose the thresholds."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.classification.labels import CONDUCT, DANGER, KINDS
from bot.classification.suggestion import choose_intent, choose_kind, choose_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bot.classification.labels import Example

    Probabilities = Mapping[str, float]

# A missed danger is worse than a false one: the person does not see 113. For conduct, a ward would
# read a complaint about itself.
_WANTED_RECALL = {DANGER: 0.95, CONDUCT: 0.97}
_TOPIC_THRESHOLDS = [step / 100 for step in range(15, 61)]
_BINS = 10  # of probabilities, to compare them with what happened
_SHORT, _LONG = 40, 200  # letters


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Counts for precision and recall.

    - `correct`: the number of predicted labels that are expected.
    - `predicted`, `expected`: the number of predicted and of expected labels.
    """

    correct: int
    predicted: int
    expected: int

    @property
    def precision(self) -> float:
        """Return the share of the predicted labels that are expected; 1 if none is predicted."""
        return self.correct / self.predicted if self.predicted else 1.0

    @property
    def recall(self) -> float:
        """Return the share of the expected labels that are predicted; 1 if none is expected."""
        return self.correct / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def to_dict(self) -> dict[str, float]:
        """Return precision, recall, F1 and the number of expected labels."""
        return {
            "precision": round(self.precision, 3),
            "recall": round(self.recall, 3),
            "f1": round(self.f1, 3),
            "expected": self.expected,
        }


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results for some texts.

    - `texts`: the number of texts.
    - `danger`, `conduct`: these labels; `conduct` of the texts that are labelled with it.
    - `topics`: all topics of opinions together (micro average); `by_topic`: each one.
    - `kinds`, `intents`: the share of texts whose kind and intent is predicted correctly.
    - `mistaken`: how often one kind was taken for another: {"report > proposal": 12, …}.
    - `calibration`: the mean difference between the probability of danger and its frequency.
    - `groups`: the results for parts of the texts: without diacritics, short, long.
    """

    texts: int
    danger: PrecisionRecall
    conduct: PrecisionRecall
    topics: PrecisionRecall
    by_topic: Mapping[str, PrecisionRecall]
    kinds: float
    intents: float
    mistaken: Mapping[str, int]
    calibration: float
    groups: Mapping[str, Measurement]

    def to_dict(self) -> dict[str, Any]:
        """Return the results as numbers that JSON has, rounded to three digits."""
        plain: dict[str, Any] = {
            name: value.to_dict()
            for name in ("danger", "conduct", "topics")
            if (value := getattr(self, name)).expected
        }
        return {
            "texts": self.texts,
            **plain,
            "by_topic": {name: each.to_dict() for name, each in self.by_topic.items()},
            "kinds": round(self.kinds, 3),
            "intents": round(self.intents, 3),
            "mistaken": dict(self.mistaken),
            "calibration": round(self.calibration, 3),
            "groups": {name: each.to_dict() for name, each in self.groups.items()},
        }


def measure_predictions(
    examples: Sequence[Example],
    predicted: Sequence[Probabilities],
    thresholds: Mapping[str, float],
) -> Measurement:
    """Compare the probabilities of texts with their labels, by `thresholds`."""
    pairs = list(zip(examples, predicted, strict=True))
    groups = {
        name: _measure([pair for pair in pairs if belongs(pair[0].text)], thresholds, {})
        for name, belongs in _GROUPS.items()
    }
    return _measure(pairs, thresholds, {n: each for n, each in groups.items() if each.texts})


def _measure(
    pairs: Sequence[tuple[Example, Probabilities]],
    thresholds: Mapping[str, float],
    groups: Mapping[str, Measurement],
) -> Measurement:
    opinions = [pair for pair in pairs if pair[0].kind is not None]
    chosen = [(each, set(choose_topics(found, thresholds))) for each, found in opinions]
    topics = {topic for each, suggested in chosen for topic in {*each.topics, *suggested}}
    kinds = [(each.kind, choose_kind(found)) for each, found in opinions if each.kind in KINDS]
    intents = [(each.intent, choose_intent(found)) for each, found in pairs if each.intent]
    mistaken = Counter(f"{kind} > {other}" for kind, other in kinds if kind != other)
    return Measurement(
        texts=len(pairs),
        danger=_count((each.danger, found[DANGER] >= thresholds[DANGER]) for each, found in pairs),
        conduct=_count(
            (each.conduct, found[CONDUCT] >= thresholds[CONDUCT])
            for each, found in pairs
            if each.conduct is not None
        ),
        topics=_count(
            (topic in each.topics, topic in suggested)
            for each, suggested in chosen
            for topic in topics
        ),
        by_topic={
            topic.value: _count(
                (topic in each.topics, topic in suggested) for each, suggested in chosen
            )
            for topic in sorted(topics)
        },
        kinds=_share_of_equal(kinds),
        intents=_share_of_equal(intents),
        mistaken=dict(mistaken.most_common(10)),
        calibration=_measure_calibration(pairs),
        groups=groups,
    )


def choose_thresholds(
    examples: Sequence[Example], predicted: Sequence[Probabilities]
) -> dict[str, float]:
    """Return the thresholds of danger, conduct and topics.

    Those of danger and conduct have the recall of _WANTED_RECALL, that of topics the best F1.
    """
    thresholds = {}
    for label, recall in _WANTED_RECALL.items():
        values = sorted(
            found[label]
            for example, found in zip(examples, predicted, strict=True)
            if label in example.list_labels()
        )
        missed = int((1 - recall) * len(values))
        thresholds[label] = round(values[missed] - 0.0005, 3) if values else 0.5
    opinions = [pair for pair in zip(examples, predicted, strict=True) if pair[0].kind is not None]
    thresholds["topic"] = max(
        _TOPIC_THRESHOLDS, key=lambda each: (_measure_topics(opinions, each).f1, -each)
    )
    return thresholds


def _measure_topics(
    opinions: Sequence[tuple[Example, Probabilities]], threshold: float
) -> PrecisionRecall:
    chosen = [
        (example.topics, set(choose_topics(found, {"topic": threshold})))
        for example, found in opinions
    ]
    return PrecisionRecall(
        sum(len(topics & suggested) for topics, suggested in chosen),
        sum(len(suggested) for _, suggested in chosen),
        sum(len(topics) for topics, _ in chosen),
    )


def _count(pairs: Iterable[tuple[object, bool]]) -> PrecisionRecall:
    """Count pairs of an expected and a predicted label."""
    counts = Counter((bool(expected), predicted) for expected, predicted in pairs)
    correct = counts[True, True]
    return PrecisionRecall(correct, correct + counts[False, True], correct + counts[True, False])


def _share_of_equal(pairs: Sequence[tuple[object, object]]) -> float:
    return sum(first == second for first, second in pairs) / len(pairs) if pairs else 1.0


def _measure_calibration(pairs: Sequence[tuple[Example, Probabilities]]) -> float:
    """Return the expected calibration error of danger."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for example, found in pairs:
        place = min(int(found[DANGER] * _BINS), _BINS - 1)
        bins.setdefault(place, []).append((found[DANGER], example.danger))
    apart = (abs(sum(p for p, _ in each) - sum(d for _, d in each)) for each in bins.values())
    return sum(apart) / len(pairs) if pairs else 0.0


def _has_no_diacritics(text: str) -> bool:
    return text.isascii() or not any(
        unicodedata.combining(c) for c in unicodedata.normalize("NFD", text)
    )


_GROUPS: Mapping[str, Callable[[str], bool]] = {
    "without diacritics": _has_no_diacritics,
    f"up to {_SHORT} letters": lambda text: len(text) <= _SHORT,
    f"over {_LONG} letters": lambda text: len(text) > _LONG,
}


def format_report(measured: Mapping[str, Any]) -> str:
    """Return the numbers of `Measurement.to_dict` as lines."""
    lines = [f"Texts: {measured['texts']}"]
    lines += [
        _format_counts(name, measured[name])
        for name in ("danger", "conduct", "topics")
        if name in measured
    ]
    lines += [f"kind     accuracy {measured['kinds']:.3f}"]
    lines += [f"intent   accuracy {measured['intents']:.3f}"]
    lines += [f"danger   mean error of its probability {measured['calibration']:.3f}"]
    lines += [_format_counts(f"  {name}", each) for name, each in measured["by_topic"].items()]
    lines += [f"  {number:4} times {pair}" for pair, number in measured["mistaken"].items()]
    lines += [
        f"{name}: {group['texts']} texts, danger {_format_pair(group.get('danger'))}, topic F1"
        f" {group.get('topics', {}).get('f1', 1):.3f}, kind {group['kinds']:.3f}, intent"
        f" {group['intents']:.3f}"
        for name, group in measured["groups"].items()
    ]
    return "\n".join(lines) + "\n"


def _format_counts(name: str, counts: Mapping[str, float]) -> str:
    return (
        f"{name:<24} precision {counts['precision']:.3f}  recall {counts['recall']:.3f}"
        f"  F1 {counts['f1']:.3f}  of {counts['expected']}"
    )


def _format_pair(counts: Mapping[str, float] | None) -> str:
    return f"{counts['recall']:.3f} at {counts['precision']:.3f}" if counts else "none"
