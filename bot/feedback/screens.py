"""What residents are shown besides questions: the start, their own submissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import named, police
from bot.screen import Button, Param, Screen, Words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from bot.feedback.service import Mine
    from storage.models import Submission

PAGE = 5  # submissions on one page of the list
_EXCERPT = 1500  # characters of a submission's text


def start(*, has_draft: bool) -> Screen:
    """The welcome, the emergency numbers, and what can be done here."""
    return Screen(
        (Words("start.text"), Words("start.emergency")),
        (
            Button(Words("start.resume" if has_draft else "start.feedback"), "feedback:begin"),
            Button(Words("start.mine"), "mine:list="),
            Button(Words("start.help"), "help:"),
            Button(Words("start.settings"), "settings:"),
        ),
    )


def help_() -> Screen:
    """The commands, the other channels, and what nobody here ever asks for."""
    keys = ("help.text", "start.emergency", "help.official", "help.caution")
    return Screen(
        tuple(Words(key) for key in keys),
        (Button(Words("start.feedback"), "feedback:begin"),),
    )


def languages() -> Screen:
    """The choice of a language, readable in each."""
    return Screen(
        (Words("settings.text"),),
        tuple(Button(Words(f"settings.{code}"), f"settings:{code}") for code in ("vi", "en")),
    )


def mine_list(submissions: Sequence[Submission]) -> Screen:
    """One's submissions, newest first; give one more than a page to have a button to the older."""
    if not submissions:
        return Screen((Words("mine.none"),))
    shown = submissions[:PAGE]
    buttons = [
        Button(
            Words("mine.item", {"code": each.code, "state": Words(f"state.{each.state}")}),
            f"mine:show={each.code}",
        )
        for each in shown
    ]
    if len(submissions) > PAGE:
        buttons.append(Button(Words("mine.older"), f"mine:before={shown[-1].id}"))
    return Screen((Words("mine.list"),), tuple(buttons))


def mine_one(mine: Mine, zone: ZoneInfo) -> Screen:
    """One submission with what has happened to it."""
    submission = mine.submission
    text = submission.text
    words = Words(
        "mine.one",
        {
            **about(submission, zone),
            "unit": police(submission.handled_by),
            "files": mine.files,
            "text": text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rstrip()}…",
        },
    )
    entries = [
        Words("mine.entry", {"at": entry.at, "what": Words(f"mine.events.{entry.action}")})
        for entry in mine.timeline
    ]
    return Screen(
        (words, Words("mine.timeline"), *entries),
        (Button(Words("mine.back"), "mine:list="),),
    )


def about(submission: Submission, zone: ZoneInfo) -> dict[str, Param]:
    """What identifies a submission to everybody who may see it."""
    return {
        "code": submission.code,
        "state": Words(f"state.{submission.state}"),
        "kind": Words(f"feedback.kind.options.{submission.kind}"),
        "topic": tuple(Words(f"feedback.topic.options.{topic}") for topic in submission.topics),
        "area": named(submission.unit_code),
        "due": submission.due_at.astimezone(zone).date(),
    }
