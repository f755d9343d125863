"""Sixty first messages by somebody who had never seen the bot, each walked to its end."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bot.areas.units import map_units
from bot.texts import load_texts

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

MESSAGES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "first_messages.jsonl")
    .read_text("utf-8")
    .splitlines()
]
AGREE, SKIP = "feedback.consent.options.agree", "feedback.area.options.skip"


def choose_tap(person: Person, message: dict[str, Any]) -> str:
    """Return what a new resident presses at the open question, who corrects nothing."""
    if person.is_offered("urgent.report.options.now"):
        return f"urgent.report.options.{'now' if message['danger'] else 'not_urgent'}"
    if person.is_asked("feedback.consent"):
        return AGREE
    if person.is_asked("feedback.area"):
        unit = map_units().get(message["unit"] or "")
        name = "" if unit is None else unit.words.params["name"]
        return next((label for label in person.buttons if name and str(name) in label), SKIP)
    if person.is_asked("feedback.identity"):
        return "feedback.identity.options.channel"
    if person.is_asked("feedback.offer"):
        return "feedback.offer.options.yes"
    assert person.is_asked("feedback.review"), person.sees
    return "feedback.review.options.submit"


async def walk(person: Person, message: dict[str, Any]) -> int:
    """Send the message and answer what is asked, up to the receipt; return the number of taps."""
    await person.says(message["text"])
    for taps in range(1, 8):
        label = choose_tap(person, message)
        await person.taps(label)
        if label == "urgent.report.options.now":
            await person.says(load_texts("vi")["urgent.place.options.skip"])
        if person.was_told("receipt.text") or person.was_told("receipt.urgent"):
            return taps
    raise AssertionError(person.sees)


async def test_most_reach_their_receipt_without_a_correction(town: Town) -> None:
    """The right kind, topic and unit; every text is stored as it was written; few taps."""
    taps, right = [], 0
    for number, message in enumerate(MESSAGES):
        taps.append(await walk(town.resident(f"R{number}"), message))
        record = (await town.export_submissions())[-1]
        assert record["text"] == message["text"]
        right += (
            record["kind"] == message["kind"]
            and not set(record["topics"]).isdisjoint(message["topics"])
            and record["unit_code"] == (message["unit"] or "31")
        )
    assert len(taps) == 60
    assert right >= 0.8 * len(MESSAGES)
    assert median(taps) <= 3
