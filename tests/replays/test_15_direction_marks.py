"""Kind 15: direction marks reverse what an officer reads."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from bot.core.visible_text import remove_direction_marks
from bot.reports.export import ExportFormat
from tests.replays.test_16_exports import HANOI, read_sheet, write
from tests.town.casework import open_case

if TYPE_CHECKING:
    from tests.town.town import Town

MARKS = [chr(n) for n in range(0x2FFFF) if unicodedata.bidirectional(chr(n)) in {
    "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}]  # fmt: skip
MARKS += ["\u061c", "\u200e", "\u200f"]
TEXTS = [
    ("Tệp ảnh\u202egpj.exe bị gửi", "Tệp ảnhgpj.exe bị gửi"),
    ("Biển số \u202e12345\u202c", "Biển số 12345"),
    ("\u2067Đèn hỏng\u2069", "Đèn hỏng"),
    ("Số nhà \u200f12\u200e ngõ 5", "Số nhà 12 ngõ 5"),
    ("Nợ \u061c500\u2066 triệu", "Nợ 500 triệu"),
    ("a\u202db\u202ac\u202bd\u2068e", "abcde"),
]


@pytest.mark.parametrize("mark", MARKS)
def test_every_direction_mark_is_removed(mark: str) -> None:
    """All that Unicode has; other characters stay, those of an emoji too."""
    assert remove_direction_marks(f"Đèn {mark}hỏng 👨\u200d👩") == "Đèn hỏng 👨\u200d👩"


@pytest.mark.parametrize(("written", "shown"), TEXTS)
async def test_officers_read_a_text_in_the_order_of_writing(
    town: Town, written: str, shown: str
) -> None:
    """In the case and in an addition; what is stored stays as it was written."""
    officer, ann = await town.officer("Bình"), town.resident("Ann")
    code = await ann.gives(written)
    await ann.taps("receipt.show")
    await ann.taps("mine.addition")
    await ann.says(f"Thêm: {written}")
    await ann.taps("addition.details.options.done")
    await open_case(officer, code)
    assert f"Thêm: {shown}" in officer.sees
    assert officer.count_heard(shown) > 0
    assert not any(mark in text for text in officer.heard for mark in MARKS)
    assert (await town.get_submission(code)).text == written


@pytest.mark.parametrize(("written", "shown"), TEXTS)
async def test_files_for_people_have_no_direction_marks(written: str, shown: str) -> None:
    """Those for programs have the text as it was written."""
    assert (await read_sheet(text=written)).cell(2, 8).value == shown
    assert shown in (await write(ExportFormat.CSV, HANOI, text=written)).decode()
    assert written in (await write(ExportFormat.CSV, None, text=written)).decode()
