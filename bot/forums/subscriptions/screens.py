"""Screens of subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.question import is_area
from bot.areas.units import CITY, name_unit
from bot.core.screen import Button, Screen, Words
from storage.models import Topic

if TYPE_CHECKING:
    from collections.abc import Sequence


def show_subscriptions(subjects: Sequence[str], offered: str, *, muted: bool) -> Screen:
    """Return the list of a person's subjects; pressing one of them ends the subscription.

    The area `offered` and the whole city can be added, unless they are subscribed to. A person who
    switched news of forums off in the settings (`muted`) is told so.
    """
    notice = (Words("subscription.muted"),) if muted else ()
    areas = [area for area in dict.fromkeys((offered, CITY)) if is_area(area)]
    return Screen(
        (Words("subscription.list" if subjects else "subscription.none"), *notice),
        (
            *(
                Button(
                    Words("subscription.drop", {"subject": _name_subject(subject)}),
                    f"subscription:drop={subject}",
                )
                for subject in subjects
            ),
            *(
                Button(
                    Words("subscription.take", {"subject": name_unit(area)}),
                    f"subscription:take={area}",
                )
                for area in areas
                if area not in subjects
            ),
            Button(Words("subscription.add"), "subscription:add="),
            Button(Words("subscription.topic"), "subscription:topics="),
        ),
    )


def show_topics(subjects: Sequence[str]) -> Screen:
    """Return a button for each topic that is not among the person's subjects."""
    buttons = [
        Button(_name_subject(topic), f"subscription:take={topic}")
        for topic in Topic
        if topic not in subjects
    ]
    return Screen(
        (Words("subscription.topics"),),
        (*buttons, Button(Words("subscription.back"), "subscription:list=")),
    )


def _name_subject(subject: str) -> Words | str:
    if subject in set(Topic):
        return Words(f"feedback.topic.options.{subject}")
    return name_unit(subject)
