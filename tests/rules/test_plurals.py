"""Counts in texts: every text reads well with one and with two of something."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from bot.texts import ENGLISH, load_texts

# Parameters that are numbers, in any text. Others are words, dates or times.
NUMBERS = frozenset(
    [
        "additions",
        "percent",
        "quota",
        "used",
        "announcements",
        "total",
        "answered",
        "blocked",
        "came",
        "capacity",
        "cases",
        "characters",
        "closed",
        "count",
        "days",
        "failed",
        "files",
        "given",
        "gone",
        "hours",
        "in_time",
        "left",
        "left_out",
        "limit",
        "megabytes",
        "messages",
        "most",
        "n",
        "new",
        "number",
        "opinions",
        "over",
        "overdue",
        "people",
        "phones",
        "proposed",
        "registrations",
        "rest",
        "seats",
        "sent",
        "soon",
        "subscriptions",
        "taken",
        "to_come",
        "transferred",
        "waiting",
    ]
)
WORDS = frozenset(
    [
        "action",
        "short_weekday",
        "pin",
        "links",
        "about",
        "after",
        "agenda",
        "area",
        "asked",
        "at",
        "before",
        "body",
        "by",
        "category",
        "code",
        "codes",
        "contact",
        "day",
        "deadline",
        "difference",
        "due",
        "entries",
        "erased",
        "file",
        "formerly",
        "found",
        "han",
        "head",
        "host",
        "hour",
        "identity",
        "in",
        "invited",
        "kind",
        "latitude",
        "lines",
        "longitude",
        "ma",
        "measure",
        "minute",
        "minutes",
        "month",
        "name",
        "ngay",
        "notice",
        "now",
        "numbers",
        "officer",
        "old",
        "on",
        "open",
        "other",
        "owner",
        "part",
        "phone",
        "place",
        "point",
        "points",
        "question",
        "rating",
        "reason",
        "receiver",
        "remarks",
        "scope",
        "role",
        "span",
        "state",
        "subject",
        "template",
        "text",
        "title",
        "topic",
        "topics",
        "typed",
        "unit",
        "until",
        "venue",
        "short_weekday",
        "short_weekday",
        "weekday",
        "what",
        "warnings",
        "when",
        "who",
        "year",
    ]
)
# One of something, followed by a plural noun or a plural verb; two followed by a singular verb.
WRONG = (
    re.compile(r"\b1 (?:of your |of the )?(?:[a-z]+ ){0,2}[a-z]+[^s\W]s\b(?<!\bis)(?<!\bwas)"),
    re.compile(r"\b1 (?:[a-z]+ ){0,2}(?:people|persons|are|were|have|hold|want)\b"),
    re.compile(r"\b2 (?:[a-z]+ )?(?:is|was|has|day|file|opinion|character|person)\b"),
)


def fill_in(text: str, number: int) -> str:
    """Return a text with every number replaced by one number, and no words for the others."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name}
    filled = re.sub(r"\{(\w+):\w+\}", r"{\1}", text)
    return filled.format_map({name: number if name in NUMBERS else "…" for name in names})


def find_mistakes(text: str) -> list[str]:
    """Return the parts of a text that read badly with one or with two of something."""
    rendered = [fill_in(text, number) for number in (1, 2)]
    return [match[0] for each in rendered for wrong in WRONG for match in wrong.finditer(each)]


def test_every_parameter_is_known_as_number_or_words() -> None:
    """A new parameter is added to one of the two lists, so that counts are checked."""
    names = {
        name
        for text in load_texts(ENGLISH).values()
        for _, name, _, _ in Formatter().parse(text)
        if name
    }
    assert names <= NUMBERS | WORDS, names - NUMBERS - WORDS
    assert names >= NUMBERS, NUMBERS - names


def test_texts_read_well_with_one_and_with_two() -> None:
    """Counts stand after their noun ("Files: 1"), so that no plural form is needed."""
    mistakes = {key: find_mistakes(text) for key, text in load_texts(ENGLISH).items()}
    assert not {key: found for key, found in mistakes.items() if found}


@pytest.mark.parametrize(
    "text",
    [
        "Within {days} days.",
        "({days} working days)",
        "{files} files cannot be shown",
        "You have given {opinions} opinions today.",
        "{phones} of them hold a phone number",
        "{count} more are only for officers",
        "{left_out} want no news",
        "{seats} people",
        "{gone} opinion has been erased",
    ],
)
def test_a_count_before_a_plural_is_found(text: str) -> None:
    """The patterns find mistakes that the texts once had."""
    assert find_mistakes(text)
