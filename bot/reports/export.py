"""Exports: submissions, forums and the audit log as JSON lines, CSV or a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import sys
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson

from bot.reports.cell_text import escape_for_xlsx, guard_for_csv, make_cell_text
from bot.reports.presentation import TEXT_COLUMNS, Presentation, get_width
from storage import attendance, audit, forum_sessions, forums, submissions
from storage.models import Submission
from storage.statements import list_columns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import BinaryIO

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.privacy.pseudonyms import Pseudonyms
    from storage.models import Attachment
    from storage.submissions import ExportedSubmission


class ExportFormat(StrEnum):
    """The file formats of an export."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


ExportRecord = dict[str, Any]

# Columns of a submission that are not exported: internal, or only for officers of the case.
SUBMISSION_COLUMNS_NOT_EXPORTED = frozenset(
    {"acknowledge_by", "alerted_at", "assignee_id", "closed_at", "escalation"}
    | {
        "extensions",
        "folded",
        "former_lane",
        "hides_personal",
        "id",
        "merged_into",
        "paused_at",
        "phone",
    }
    | {"rating", "rating_reason", "reopened_at", "resident_id", "sources", "transferred_to"}
    | {"urgent", "version", "warned_at"}
)
_SUBMISSION = (*list_columns(Submission, without=SUBMISSION_COLUMNS_NOT_EXPORTED), "attachments")
_IDENTITY = ("chat_id", "phone")  # columns that only an export with identity has
# The columns of the audit log and of its chain that are exported.
_AUDIT = (
    "id",
    "at",
    "action",
    "actor_role",
    "actor_id",
    "submission_id",
    "details",
    "number",
    "digest",
)


def list_submission_columns(*, with_identity: bool) -> tuple[str, ...]:
    """Return the column names of an export of submissions, in order.

    If `with_identity`, they include the chat id and phone number of the resident.
    """
    return (*_SUBMISSION, *_IDENTITY) if with_identity else _SUBMISSION


async def iterate_submission_records(
    connection: AsyncConnection,
    since: datetime | None,
    until: datetime | None,
    *,
    identity: Pseudonyms | None = None,
) -> AsyncIterator[ExportRecord]:
    """Yield a record for each submission created in [since, until), oldest first.

    With `identity`, which decrypts them, a record has the chat id and phone number of the resident,
    unless the submission is confidential. `since` and `until` may be None for no limit.
    """
    async for exported in submissions.iterate_submissions(connection, since, until):
        record = _make_submission_record(exported)
        if identity is not None:
            named = not exported.submission.confidential
            phone = exported.submission.phone
            named = named and exported.encrypted_chat_id is not None
            record["chat_id"] = (
                identity.decrypt_chat_id(exported.encrypted_chat_id or "") if named else None
            )
            record["phone"] = identity.cipher.decrypt_text(phone) if named and phone else None
        yield record


def _make_submission_record(exported: ExportedSubmission) -> ExportRecord:
    submission = exported.submission
    record: ExportRecord = {
        name: _convert_time(getattr(submission, name))
        for name in _SUBMISSION
        if name != "attachments"
    }
    record["attachments"] = [_make_file_record(submission, file) for file in exported.attachments]
    return record


def _make_file_record(submission: Submission, file: Attachment) -> ExportRecord:
    """Return a file as it is exported.

    Whoever has the id of a file and the token of the bot gets the original, and people name files
    after themselves. So neither is exported of a confidential or erased submission.
    """
    record: ExportRecord = {"type": file.type, "state": file.state.value}
    if submission.erased_at is not None:
        return record
    if not submission.confidential:
        record |= {"file_id": file.file_id, "file_name": file.file_name}
        record |= {"title": file.title, "address": file.address}
    return {**record, "mime_type": file.mime_type, "size": file.size, "album": file.album}


async def iterate_audit_records(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> AsyncIterator[ExportRecord]:
    """Yield a record for each audit entry in [since, until), oldest first."""
    async for entry in audit.iterate_entries(connection, since, until):
        yield {name: _convert_time(getattr(entry, name)) for name in _AUDIT}


AUDIT_COLUMNS = _AUDIT

# The columns of the table of forums that are exported.
_FORUM = (
    "code",
    "title",
    "host_unit",
    "area",
    "venue",
    "starts_at",
    "capacity",
    "head",
    "agenda",
    "invited",
    "opinions_until",
    "state",
    "created_at",
    "published_at",
    "reported_at",
    "minutes",
)
_HALL = ("answered", "left", "transferred")  # the exported fields of SessionCounts
# Added to the columns of the table: `registered` and `attended` are numbers of people, `opinions`
# numbers of submissions by state. `hall` are numbers of opinions by outcome (answered,
# left, transferred), `promises` the commitments.
FORUM_COLUMNS = (*_FORUM, "registered", "attended", "opinions", "hall", "promises")


async def iterate_forum_records(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> AsyncIterator[ExportRecord]:
    """Yield a record for each forum that starts in [since, until), oldest first.

    It contains numbers of people, and no names.
    """
    async for forum in forums.iterate_forums(connection):
        if (since and forum.starts_at < since) or (until and forum.starts_at >= until):
            continue
        number = forum.id
        record: ExportRecord = {name: _convert_time(getattr(forum, name)) for name in _FORUM}
        record["registered"] = await attendance.count_places_taken(connection, number)
        record["attended"] = await attendance.count_attended(connection, number)
        record["opinions"] = await forums.count_submissions_by_state(connection, forum.code)
        counts = await forum_sessions.count_outcomes(connection, number, forum.code)
        record["hall"] = {name: getattr(counts, name) for name in _HALL}
        record["promises"] = [
            {
                "text": each.text,
                "owner": each.owner,
                "due_on": each.due_on.isoformat(),
                "kept_at": _convert_time(each.kept_at),
            }
            for each in await attendance.list_commitments(connection, number)
        ]
        yield record


async def write_records(
    records: AsyncIterator[ExportRecord],
    columns: tuple[str, ...],
    file_format: ExportFormat,
    out: BinaryIO,
    *,
    presentation: Presentation | None = None,
    excel: bool = False,
) -> int:
    """Write records to `out` in a file format. Return the number of records.

    CSV and XLSX have the `columns`, in this order. JSON lines have all fields of the records. With
    a `presentation`, CSV and XLSX have titles, labels and local times for people; without one, keys
    and times in UTC for programs. `excel` separates CSV by semicolons, as Excel expects in Vietnam.
    """
    match file_format:
        case ExportFormat.JSONL:
            return await _write_jsonl(records, out)
        case ExportFormat.CSV:
            delimiter = ";" if excel else ","
            return await _write_csv(records, columns, out, presentation, delimiter)
        case ExportFormat.XLSX:
            return await _write_xlsx(records, columns, out, presentation)


async def _write_jsonl(records: AsyncIterator[ExportRecord], out: BinaryIO) -> int:
    count = 0
    async for record in records:
        out.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        count += 1
    return count


async def _write_csv(
    records: AsyncIterator[ExportRecord],
    columns: tuple[str, ...],
    out: BinaryIO,
    presentation: Presentation | None,
    delimiter: str,
) -> int:
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(_list_titles(columns, presentation))
    count = 0
    async for record in records:
        cells = [_make_cell(record[name], name, presentation) for name in columns]
        writer.writerow([_write_text(cell) for cell in cells])
        count += 1
    text.detach()
    return count


def _write_text(value: Any) -> Any:
    """Return the value of a CSV cell: a time as people write it, a telephone number with spaces.

    A spreadsheet would read digits alone as a number, and leave out the zero before them.
    """
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, str) and _LOCAL_NUMBER.fullmatch(value):
        return f"{value[:4]} {value[4:7]} {value[7:]}"
    return guard_for_csv(value) if isinstance(value, str) else value


async def _write_xlsx(
    records: AsyncIterator[ExportRecord],
    columns: tuple[str, ...],
    out: BinaryIO,
    presentation: Presentation | None,
) -> int:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(presentation.sheet_name if presentation else "export")
    sheet.freeze_panes = "A2"
    for number, name in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = get_width(name)
    sheet.append(_list_titles(columns, presentation))
    count = 0
    async for record in records:
        row = []
        for name in columns:
            value = _make_cell(record[name], name, presentation)
            cell = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                cell.value = escape_for_xlsx(value)
                cell.data_type = "s"  # openpyxl guesses formulas and errors from the text
            if isinstance(value, datetime):
                cell.number_format = "dd/mm/yyyy hh:mm"
            elif name in TEXT_COLUMNS:
                cell.number_format = "@"
            row.append(cell)
        sheet.append(row)
        count += 1
    book.save(out)
    return count


_LOCAL_NUMBER = re.compile(r"0\d{9,10}")  # a telephone number without its country code


def _list_titles(columns: tuple[str, ...], presentation: Presentation | None) -> list[str]:
    return [presentation.get_title(name) if presentation else name for name in columns]


def _make_cell(stored: Any, name: str, presentation: Presentation | None) -> Any:
    if presentation is not None:
        value = presentation.show_value(name, stored)
    elif isinstance(stored, list | dict):
        value = orjson.dumps(stored).decode()
    else:
        value = stored
    return make_cell_text(value) if isinstance(value, str) else value


def _convert_time(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def get_standard_output() -> BinaryIO:
    """Return the binary standard output."""
    return sys.stdout.buffer
