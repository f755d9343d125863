"""Attack 16: words of a resident become a formula in the spreadsheet of an officer."""

from __future__ import annotations

import asyncio
import csv
import io
import unicodedata
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bot.reports.export import ExportFormat, write_records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.town import Town

COLUMNS = ("code", "text", "area")
FORMULA = "=HYPERLINK(1;2)"
HIDDEN = [
    *(
        f"{mark}{FORMULA}"
        for mark in "\x00\x01\x08\x0b\x1f\x7f\ufffe\uffff\ud800\u200b\u2063\u00a0"
    ),
    "\x01\uffff\x02@SUM(A1)",
    "\x01\t=1",
    "\uff1d1+1",
    "\ufe661+1",
    "\u22121+1",
    "#N/A",
    "_x003D_1+1",
    f"a;{FORMULA};b",
    f'a";{FORMULA};b',
    f'a;""{FORMULA}',
    f"a,{FORMULA},b",
    f"a\t{FORMULA}",
    f"a\n{FORMULA}",
    f"a\r\n\x01{FORMULA}",
    f"{'x' * 40_000}{FORMULA}",
]
# Characters that matter for the format of a file, and any others.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n;,\"'|_x0041# \x01\uffff\u200b\ufeff\uff1d\uff0b\ufe63\u2212"),
        st.characters(),
    ),
    max_size=30,
)


def write(form: ExportFormat, text: str, *, excel: bool = False) -> bytes:
    """Return an export of one record with a text in each column."""

    async def one() -> AsyncIterator[dict[str, Any]]:
        yield dict.fromkeys(COLUMNS, text)

    out = io.BytesIO()
    asyncio.run(write_records(one(), COLUMNS, form, out, excel=excel))
    return out.getvalue()


def list_cell_types(content: bytes) -> list[tuple[str | None, list[str]]]:
    """Return the type of every cell of an XLSX file, and the names of the elements in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [
        (cell.get("t"), [etree.QName(child).localname for child in cell])
        for cell in sheet.iter("{*}c")
    ]


def is_formula(cell: str) -> bool:
    """Return True if the first visible character of a cell starts a formula in some program."""
    visible = (c for c in cell if unicodedata.category(c)[0] not in "CZ")
    return unicodedata.normalize("NFKC", next(visible, ""))[:1] in tuple("=+-@\u2212")


def list_csv_cells(content: bytes, delimiter: str) -> list[str]:
    """Return the cells that a program finds which expects this delimiter."""
    text = content.decode("utf-8-sig")
    return [
        c for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for c in row
    ]


@pytest.mark.parametrize("text", HIDDEN)
def test_no_hidden_sign_makes_a_formula(text: str) -> None:
    """In a spreadsheet file every cell is a text; in CSV none starts with a sign."""
    assert set(map(repr, list_cell_types(write(ExportFormat.XLSX, text)))) == {
        repr(("inlineStr", ["is"]))
    }
    for excel in (False, True):
        for delimiter in ",;\t|":
            content = write(ExportFormat.CSV, text, excel=excel)
            cells = list_csv_cells(content, delimiter)
            assert [cell for cell in cells if is_formula(cell)] == []


@given(text=TEXTS)
def test_no_text_at_all_makes_a_formula_in_a_spreadsheet(text: str) -> None:
    """The file can be read, and every cell of it is a text that starts with no sign."""
    content = write(ExportFormat.XLSX, text)
    assert {kind for kind, _inside in list_cell_types(content)} <= {"inlineStr", None}
    assert not any("f" in inside for _kind, inside in list_cell_types(content))
    cells = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0][2]
    assert not any(is_formula(str(cell.value or "")) for cell in cells)


@given(text=TEXTS, excel=st.booleans(), delimiter=st.sampled_from(",;\t"))
def test_no_text_at_all_makes_a_formula_in_csv(text: str, excel: bool, delimiter: str) -> None:
    """Whichever delimiter the program expects."""
    cells = list_csv_cells(write(ExportFormat.CSV, text, excel=excel), delimiter)
    assert [cell for cell in cells if is_formula(cell)] == []


@given(text=st.text(st.sampled_from("abcđ _x0041_=\n;"), max_size=20).map("a".__add__))
def test_a_harmless_text_is_the_same_in_the_spreadsheet(text: str) -> None:
    """Excel reads "_x0041_" as a letter, unless it is escaped, as openpyxl reads it back."""
    content = write(ExportFormat.XLSX, text)
    cell = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].cell(2, 2)
    assert str(cell.value).replace("_x005F_", "_") == text


async def test_an_officers_file_has_no_formula_of_a_resident(town: Town) -> None:
    """The words of an opinion, from the chat to the spreadsheet."""
    officer = await town.officer("Binh")
    await town.resident("Ann").gives(f"\u200b\x01{FORMULA}")
    await officer.says("/export")
    content = town.read_file(officer.messages[-1]["document"])
    assert not any("f" in inside for _kind, inside in list_cell_types(content))
    rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    assert any("HYPERLINK" in str(value) for row in rows for value in row)
