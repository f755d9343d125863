"""What organisers are shown in the hall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_unit
from bot.core.screen import Button, Screen, Words

if TYPE_CHECKING:
    from bot.forums.session.service import NextSubmission

_LONG = 3000  # characters of an opinion; the whole stands in its case


def show_next_submission(shown: NextSubmission) -> Screen:
    """The opinion that is to come up, what to do with it, and how far the hall has come."""
    forum, numbers = shown.forum, shown.numbers
    so_far = Words(
        "hall.numbers",
        {
            "answered": numbers.answered,
            "left": numbers.left,
            "to_come": numbers.to_come,
            "came": numbers.came,
            "seats": numbers.seats,
        },
    )
    page = (
        Button(Words("hall.spoken"), f"hall:spoken={forum.code}"),
        Button(Words("hall.page"), f"forum:refresh={forum.code}"),
    )
    opinion = shown.opinion
    if opinion is None:
        return Screen((Words("hall.none"), so_far), page)
    text = opinion.text
    words = Words(
        "hall.one",
        {
            "point": shown.point or Words("forum.other_opinions"),
            "code": opinion.code,
            "kind": Words(f"feedback.kind.options.{opinion.kind}"),
            "area": name_unit(opinion.unit_code),
            "text": text if len(text) <= _LONG else f"{text[:_LONG].rstrip()}…",
        },
    )
    at = f"{forum.code}.{opinion.id}"
    ways = ("answer", "left", "next") if shown.answerable else ("left", "next")
    opens = (
        (Button(Words("forum.see", {"code": opinion.code}), f"case:open={opinion.code}"),)
        if shown.opens
        else ()
    )
    buttons = tuple(Button(Words(f"hall.{way}"), f"hall:{way}={at}") for way in ways)
    return Screen((words, so_far), (*buttons, *opens, *page))
