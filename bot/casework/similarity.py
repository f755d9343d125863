"""Similarity of cases by their texts: pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MIN_LIKENESS = 55  # of 100: texts below it are about different things
MAX_COMPARED = 600  # characters of a text: the beginning says what it is about
_MAX_RATED = 12  # texts with the most common words, which are compared by letters
_MIN_COMMON = 0.2  # of the words of the shorter text


def compute_likeness(one: str, other: str) -> float:
    """Return how similar two folded texts are, from 0 to 100; the order of words does not count.

    The time grows with the product of their lengths.
    """
    from rapidfuzz import fuzz

    return float(fuzz.token_set_ratio(one, other))


def rank_similar(text: str, others: Sequence[tuple[int, str]], most: int = 5) -> list[int]:
    """Return the ids of at most `most` texts that are similar to a folded text, best first.

    `others` are ids and folded texts. Only the first MAX_COMPARED characters count, and only a few
    texts are compared by letters, so the time is short whatever the texts are.
    """
    own = text[:MAX_COMPARED]
    words = frozenset(own.split())
    likely = []
    for number, other in others:
        common = _compute_common_share(words, frozenset(other[:MAX_COMPARED].split()))
        if common >= _MIN_COMMON:
            likely.append((common, number, other[:MAX_COMPARED]))
    likely.sort(key=lambda each: -each[0])
    rated = [(compute_likeness(own, other), number) for _c, number, other in likely[:_MAX_RATED]]
    rated.sort(key=lambda each: -each[0])
    return [number for likeness, number in rated if likeness >= _MIN_LIKENESS][:most]


def _compute_common_share(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the words of the shorter text that both have."""
    return len(one & other) / (min(len(one), len(other)) or 1)
