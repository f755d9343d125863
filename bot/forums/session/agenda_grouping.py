"""Group submissions under the points of a forum's agenda, by their words and topics."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.core.text_folding import fold_text
from bot.texts import VIETNAMESE, load_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.models import Forum, Submission

_MIN_LIKENESS = 50  # of 100; below it a submission is about none of the points
_MAX_COMPARED = 600  # characters of a submission: the beginning says what it is about

_fold_cached = lru_cache(maxsize=1024)(fold_text)


def group_by_agenda(
    forum: Forum, submissions: Sequence[Submission]
) -> list[tuple[str | None, list[Submission]]]:
    """Return the points of the agenda that have submissions, in order, with these submissions.

    Submissions about none of the points are the last group, whose point is None.
    """
    groups: dict[str | None, list[Submission]] = {point: [] for point in forum.agenda}
    groups[None] = []
    for submission in submissions:
        groups[find_best_point(forum.agenda, submission)].append(submission)
    return [(point, group) for point, group in groups.items() if group]


def find_best_point(agenda: Sequence[str], submission: Submission) -> str | None:
    """Return the point that shares most words and topics with a submission; None if none does."""
    from rapidfuzz import fuzz

    texts = load_texts(VIETNAMESE)  # agendas are written in Vietnamese
    topics = (_fold_cached(texts[f"feedback.topic.options.{topic}"]) for topic in submission.topics)
    compared = f"{' '.join(topics)} {submission.folded[:_MAX_COMPARED]}"
    rated = [(fuzz.token_set_ratio(_fold_cached(point), compared), point) for point in agenda]
    likeness, point = max(rated, default=(0.0, None), key=lambda pair: pair[0])
    return point if likeness >= _MIN_LIKENESS else None
