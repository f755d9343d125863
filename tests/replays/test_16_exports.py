"""Kind 16: exports do not open right in Excel and LibreOffice by a double click."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from bot.reports import export
from bot.reports.export import ExportFormat, write_records
from bot.reports.presentation import Presentation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.town import Town

HANOI = Presentation(ZoneInfo("Asia/Ho_Chi_Minh"))
COLUMNS = ("code", "kind", "topics", "unit_code", "state", "phone", "created_at", "text")
RECORD: dict[str, Any] = {
    "code": "HP-7KQM-2XWD",
    "kind": "report",
    "topics": ["theft", "traffic_safety"],
    "unit_code": "11407",
    "state": "answered",
    "phone": "+84912345678",
    "created_at": datetime(2026, 11, 25, 18, 30, 7, 999, tzinfo=UTC).isoformat(),
    "text": "Đèn hỏng",
}
SHOWN = {
    "code": "HP-7KQM-2XWD",
    "kind": "Phản ánh tình hình",
    "topics": "Trộm cắp, cướp giật; An toàn giao thông",
    "unit_code": "Phường An Biên",
    "state": "đã trả lời",
    "phone": "0912345678",
    "text": "Đèn hỏng",
}
FORMULAS = [
    "=1+1",
    "+84 gọi lại",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1",
    "  =HYPERLINK('x')",
    "\u200b=1",
    "\uff1d1+1",
]


async def write(
    form: ExportFormat,
    presentation: Presentation | None = HANOI,
    *,
    excel: bool = False,
    **over: Any,
) -> bytes:
    """Return the export of one record."""

    async def one() -> AsyncIterator[dict[str, Any]]:
        yield {**RECORD, **over}

    out = io.BytesIO()
    await write_records(one(), COLUMNS, form, out, presentation=presentation, excel=excel)
    return out.getvalue()


async def read_sheet(**over: Any) -> Any:
    """Return the sheet of one record."""
    return openpyxl.load_workbook(io.BytesIO(await write(ExportFormat.XLSX, **over))).worksheets[0]


@pytest.mark.parametrize("name", list(SHOWN))
async def test_a_cell_has_a_label_and_its_column_a_title(name: str) -> None:
    """In Vietnamese; codes and telephone numbers are texts."""
    sheet = await read_sheet()
    cell = sheet.cell(2, COLUMNS.index(name) + 1)
    assert cell.value == SHOWN[name]
    assert sheet.cell(1, COLUMNS.index(name) + 1).value not in COLUMNS
    if name in {"code", "phone"}:
        assert (cell.data_type, cell.number_format) == ("s", "@")


async def test_a_time_is_a_local_date_whose_zone_is_named() -> None:
    """18:30 UTC is 1:30 of the next day."""
    sheet = await read_sheet()
    place = COLUMNS.index("created_at") + 1
    assert sheet.cell(2, place).value == datetime.fromisoformat("2026-11-26T01:30:07")
    assert sheet.cell(2, place).is_date
    assert sheet.cell(2, place).number_format == "dd/mm/yyyy hh:mm"
    assert sheet.cell(1, place).value == "Tiếp nhận lúc (giờ Việt Nam)"


async def test_the_header_stays_and_columns_are_wide_enough() -> None:
    """The first row is frozen; the text is the widest."""
    sheet = await read_sheet()
    assert sheet.freeze_panes == "A2"
    widths = [sheet.column_dimensions[letter].width for letter in "ABCDEFGH"]
    assert min(widths) >= 18
    assert max(widths) == widths[-1]


@pytest.mark.parametrize("words", FORMULAS)
@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.XLSX])
@pytest.mark.parametrize("presentation", [HANOI, None])
async def test_no_text_is_a_formula(
    words: str, form: ExportFormat, presentation: Presentation | None
) -> None:
    """In both formats, for people and for programs."""
    content = await write(form, presentation, text=words)
    if form is ExportFormat.CSV:
        (_head, row) = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        shown = row[-1]
    else:
        cell = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].cell(2, len(COLUMNS))
        assert cell.data_type == "s"
        shown = str(cell.value)
    assert shown.startswith("'")


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-25T17:00:00+00:00", "2026-11-26T00:00:00"),
        ("2026-12-31T17:59:59.999999+00:00", "2027-01-01T00:59:59"),
        ("2026-11-25T16:59:00+00:00", "2026-11-25T23:59:00"),
        ("2026-11-26T01:30:00+07:00", "2026-11-26T01:30:00"),
        ("2028-02-28T20:00:00+00:00", "2028-02-29T03:00:00"),
    ],
)
async def test_a_time_is_the_one_of_the_city(moment: str, shown: str) -> None:
    """Around midnight, at the end of a year, and with another offset."""
    cell = (await read_sheet(created_at=moment)).cell(2, COLUMNS.index("created_at") + 1)
    assert cell.value == datetime.fromisoformat(shown)
    assert cell.number_format == "dd/mm/yyyy hh:mm"


@pytest.mark.parametrize(
    ("column", "stored", "shown"),
    [
        ("unit_code", "31", "Thành phố Hải Phòng"),
        ("unit_code", "11413", "Phường Hải An"),
        ("topics", ["drugs"], "Ma túy"),
        ("topics", [], None),
        ("topics", ["patrol", "other"], "Tuần tra, kiểm soát; Việc khác"),
        ("phone", "+842253842345", "02253842345"),
        ("phone", "+12025550123", "'+12025550123"),
        ("phone", None, None),
        ("kind", "praise", "Lời khen, động viên"),
        ("state", "merged", "đã gộp với ý kiến cùng nội dung"),
        ("state", "unknown", "unknown"),
    ],
)
async def test_other_values_have_labels(column: str, stored: Any, shown: Any) -> None:
    """An unknown key is shown as it is, and nothing is an empty cell."""
    cell = (await read_sheet(**{column: stored})).cell(2, COLUMNS.index(column) + 1)
    assert cell.value == shown


@pytest.mark.parametrize("control", ["\x00", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe", "\uffff"])
async def test_a_spreadsheet_can_be_opened_whatever_a_text_holds(control: str) -> None:
    """Characters that its format forbids are left out; tabs and new lines stay."""
    sheet = await read_sheet(text=f"Đèn{control} hỏng\nở\tngõ 5")
    assert sheet.cell(2, len(COLUMNS)).value == "Đèn hỏng\nở\tngõ 5"


@pytest.mark.parametrize("text", ["a;b", "a,b", 'a"b', "a\nb", "Đồ Sơn"])
@pytest.mark.parametrize("excel", [True, False])
async def test_csv_for_excel_has_semicolons_and_a_byte_order_mark(text: str, excel: bool) -> None:
    """Every text comes back as it was."""
    content = await write(ExportFormat.CSV, excel=excel, text=text)
    assert content.startswith(b"\xef\xbb\xbf")
    delimiter = ";" if excel else ","
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    head, row = rows
    assert (len(head), row[-1]) == (len(COLUMNS), text)
    assert "26/11/2026 01:30" in row


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+84912345678", "0912 345 678"),
        ("+84391234567", "0391 234 567"),
        ("+842253842345", "0225 384 2345"),
        ("+842438222222", "0243 822 2222"),
        ("+84844666531", "0844 666 531"),
    ],
)
@pytest.mark.parametrize("excel", [True, False])
async def test_csv_keeps_the_zero_of_a_number(phone: str, shown: str, excel: bool) -> None:
    """LibreOffice and Excel read digits alone as a number, without the zero."""
    content = await write(ExportFormat.CSV, excel=excel, phone=phone)
    assert shown in content.decode()


async def test_raw_has_keys() -> None:
    """For programs: keys, codes and times in UTC."""
    content = await write(ExportFormat.CSV, None)
    head, row = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert tuple(head) == COLUMNS
    assert row[1] == "report"
    assert row[6].endswith("+00:00")


@pytest.mark.parametrize(
    "columns",
    [
        export.list_submission_columns(with_identity=True),
        export.FORUM_COLUMNS,
        export.AUDIT_COLUMNS,
    ],
)
def test_every_column_has_a_title(columns: tuple[str, ...]) -> None:
    """No key is shown to people."""
    assert [name for name in columns if HANOI.get_title(name) == name] == []


@pytest.mark.parametrize("kind", ["report", "praise", "complaint", "question", "proposal"])
async def test_the_file_of_an_officer_has_labels(town: Town, kind: str) -> None:
    """/export in the chat."""
    officer = await town.officer("Binh")
    code = await town.resident("Ann").gives("Đèn hỏng", kind=kind)
    await officer.says("/export")
    content = town.read_file(officer.messages[-1]["document"])
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    head, row = sheet.iter_rows(values_only=True)
    cells = dict(zip(head, row, strict=True))
    assert cells.get("Mã") == code
    assert cells.get("Loại ý kiến") not in {kind, None}
    assert any("(giờ Việt Nam)" in str(title) for title in head)
    assert sheet.title == "Ý kiến"


@pytest.mark.parametrize(
    ("zone", "named"),
    [
        ("Asia/Ho_Chi_Minh", "giờ Việt Nam"),
        ("Asia/Saigon", "giờ Việt Nam"),
        ("Asia/Tokyo", "UTC+09:00"),
        ("Asia/Kathmandu", "UTC+05:45"),
        ("UTC", "UTC+00:00"),
        ("America/Bogota", "UTC-05:00"),
        ("Europe/Prague", "UTC+01:00/UTC+02:00"),
    ],
)
@pytest.mark.parametrize("column", ["created_at", "opinions_until"])
def test_the_title_of_a_time_names_the_zone_in_words(zone: str, named: str, column: str) -> None:
    """Its offset from UTC for a zone without a Vietnamese name; both with summer time."""
    assert Presentation(ZoneInfo(zone)).get_title(column).endswith(f"({named})")


@pytest.mark.parametrize(
    ("column", "stored", "shown"),
    [
        ("handled_by", "11407", "Công an phường An Biên"),
        ("handled_by", "31", "Công an thành phố Hải Phòng"),
        ("host_unit", "11413", "Công an phường Hải An"),
        ("area", "11407", "Phường An Biên"),
        ("unit_code", "11407", "Phường An Biên"),
    ],
)
def test_a_unit_of_the_police_is_named_so(column: str, stored: str, shown: str) -> None:
    """The unit that handles or hosts is the police; where it happened is a ward."""
    assert HANOI.show_value(column, stored) == shown


@pytest.mark.parametrize(
    ("subject", "name"),
    [("submissions", "Ý kiến"), ("forums", "Diễn đàn"), ("audit", "Nhật ký")],
)
async def test_a_sheet_has_a_vietnamese_name(subject: str, name: str) -> None:
    """Raw exports for programs keep theirs."""
    for presentation, expected in (
        (Presentation(ZoneInfo("Asia/Ho_Chi_Minh"), subject=subject), name),
        (None, "export"),
    ):
        content = await write(ExportFormat.XLSX, presentation)
        assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == [expected]
