"""Texts of residents come back from the export as they were written."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.models import Kind

if TYPE_CHECKING:
    from tests.town.town import Town

MESSAGES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "messages.jsonl")
    .read_text("utf-8")
    .split("\n")
    if line
]

HARD = [
    unicodedata.normalize("NFD", "Đường Lạch Tray ngập nước, xe cộ không đi được, nguy hiểm lắm."),
    "🚨👮🏽‍♂️👨‍👩‍👧‍👦🇻🇳 tắc đường",
    "a" * 4096,
    "ồ" * 4096,
    "😀" * 2048,  # 4,096 of Telegram's units
    "dòng một\n\n  dòng hai\tcột",
    "<b>không phải thẻ</b> & {ten} %s \\n 'nháy' \"kép\"",
    "=HYPERLINK('x')",
    "العربية עברית \u202e ngược",
]


async def test_every_message_comes_back_unchanged(town: Town) -> None:
    """80 labelled messages of every kind:

    short, long, without diacritics, abusive; nothing is filtered.
    """
    written = {}
    for number, message in enumerate(MESSAGES):
        if number % 8 == 0:  # a short chat is quicker to read
            ann = town.resident("Ann")
        code = await ann.gives(message["text"], kind=message["kind"])
        written[code] = (Kind(message["kind"]), unicodedata.normalize("NFC", message["text"]))
    records = await town.export_submissions()
    assert {r["code"]: (r["kind"], r["text"]) for r in records} == written
    assert len(written) == len(MESSAGES) == 80


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
async def test_hard_texts_come_back_and_can_be_read(town: Town, text: str) -> None:
    """Decomposed letters, emoji, full length, markup: stored as NFC and shown to the officer.

    Direction marks are stored, but not shown.
    """
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.gives(text)
    (record,) = await town.export_submissions()
    composed = unicodedata.normalize("NFC", text)
    assert record["text"] == composed
    await officer.taps("alert.open")
    shown = "".join(officer.heard)
    visible = composed.replace("\u202e", "")
    assert "".join(visible.split()) in "".join(shown.split())
