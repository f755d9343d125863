"""The time that it takes to understand a text, and the size of the model that does it."""

from __future__ import annotations

from statistics import median
from time import process_time
from typing import TYPE_CHECKING

from bot.areas.text_places import find_place_in_text
from bot.classification.suggestion import suggest_labels
from bot.classification.training import DATA, read_data

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT, LONG = 200, 4096  # letters
_READERS: dict[str, Callable[[str], object]] = {
    "labels": suggest_labels,
    "place": find_place_in_text,
}


def measure_texts(number: int) -> dict[tuple[str, int], float]:
    """Return the milliseconds of CPU for a text: the median of `number` texts of each length.

    The texts are made from the messages that the model has learned from, one after the other.
    """
    words = " ".join(example.text for example in read_data(DATA))
    found = {}
    for name, read in _READERS.items():
        read("Lần đầu tiên nạp dữ liệu")  # it loads its file
        for letters in (SHORT, LONG):
            starts = range(0, number * letters, letters)
            times = [_time_one(read, words[start : start + letters]) for start in starts]
            found[name, letters] = median(times) * 1000
    return found


def measure_size() -> float:
    """Return the size of the model's file in megabytes."""
    return (DATA.parent / "weights.npz").stat().st_size / 1e6


def _time_one(read: Callable[[str], object], text: str) -> float:
    started = process_time()
    read(text)
    return process_time() - started
