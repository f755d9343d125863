"""Opinions for a forum, put under the points of its agenda that they seem to be about."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from bot.core.text_folding import fold_text
from bot.texts import VIETNAMESE, load_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.models import Forum, Submission

_ALIKE = 50  # of 100: below it an opinion is about none of the points
_READ = 600  # letters of an opinion: what it is about stands at its beginning

_folded = lru_cache(maxsize=1024)(fold_text)


def group_by_agenda(
    forum: Forum, opinions: Sequence[Submission]
) -> list[tuple[str | None, list[Submission]]]:
    """Each point with its opinions, in the agenda's order; at the end None with the others."""
    groups: dict[str | None, list[Submission]] = {point: [] for point in forum.agenda}
    groups[None] = []
    for each in opinions:
        groups[find_best_point(forum.agenda, each)].append(each)
    return [(point, found) for point, found in groups.items() if found]


def find_best_point(agenda: Sequence[str], opinion: Submission) -> str | None:
    """The point that an opinion's words and topics are most like; None if it is like none."""
    words = load_texts(VIETNAMESE)  # an agenda is written in Vietnamese
    topics = (_folded(words[f"feedback.topic.options.{topic}"]) for topic in opinion.topics)
    said = f"{' '.join(topics)} {opinion.folded[:_READ]}"
    rated = [(fuzz.token_set_ratio(_folded(point), said), point) for point in agenda]
    likeness, point = max(rated, default=(0.0, None), key=lambda pair: pair[0])
    return point if likeness >= _ALIKE else None
