"""Similarity of cases by their texts: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.models import Submission

_MIN_LIKENESS = 55  # of 100: texts below it are about different things


def compute_likeness(one: str, other: str) -> float:
    """Return how similar two folded texts are, from 0 to 100; the order of words does not count."""
    from rapidfuzz import fuzz

    return float(fuzz.token_set_ratio(one, other))


def rank_similar(
    case: Submission, others: Sequence[Submission], most: int = 5
) -> list[tuple[Submission, float]]:
    """Return at most `most` similar cases among `others`, with their likeness, best first."""
    rated = [(each, compute_likeness(case.folded, each.folded)) for each in others]
    alike = [pair for pair in rated if pair[1] >= _MIN_LIKENESS]
    return sorted(alike, key=lambda pair: -pair[1])[:most]
