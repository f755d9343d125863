"""Kind 22: what was erased is still sent, counted, or shown as an empty field."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from bot.casework.screens import show_case_list
from bot.channels.telegram.reply import DirectReply
from bot.core.shown_files import ShownFile
from bot.privacy import data_requests, retention
from bot.reports.export import (
    ExportFormat,
    iterate_submission_records,
    list_submission_columns,
    write_records,
)
from bot.texts import load_texts
from storage import submissions
from storage.models import Attachment, Kind
from storage.statements import fetch_all, table

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

WORDS = load_texts("vi")
FILES = ("photo", "document", "voice", "video", "location", "album")
SECRET = "Quán karaoke của ông Bảy"


async def submit(town: Town, act: str) -> tuple[Person, str]:
    """Let a resident submit a text with one file or place; return the resident and the code."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says(SECRET)
    if act == "location":
        await ann.does(act, 20.85, 106.68)
    elif act == "album":
        await ann.does(act, [{"type": "photo"}, {"type": "photo"}])
    else:
        await ann.does(act)
    return ann, await ann.finishes()


async def erase(town: Town, ann: Person, code: str, way: str) -> None:
    """Erase a submission in one of three ways. Its files are not deleted before the next job."""
    if way == "retention":
        submission = await town.get_submission(code)
        async with town.work() as work:
            await submissions.update_submission(
                work.connection, submission, closed_at=town.now, warned_at=town.now
            )
        town.advance(days=2)
        periods = retention.RetentionPeriods({Kind.REPORT: timedelta(days=1)}, timedelta())
        await retention.apply_retention(
            town.app.database, periods, town.now, policy=town.app.policy
        )
        return
    async with town.work() as work:
        if way == "consent":
            await data_requests.withdraw_consent(work, ann.id)
        else:
            await data_requests.erase_person(work, ann.id)


def list_sent_files(officer: Person) -> list[dict[str, Any]]:
    """Return the messages that show a file or a place."""
    kinds = {"photo", "document", "voice", "video", "audio", "location"}
    return [message for message in officer.messages if kinds & message.keys()]


@pytest.mark.parametrize("act", FILES)
@pytest.mark.parametrize(
    ("way", "words"), [("request", "request"), ("consent", "request"), ("retention", "retention")]
)
async def test_an_officer_reads_that_everything_was_erased_and_gets_no_file(
    town: Town, act: str, way: str, words: str
) -> None:
    """Whatever the file is, and for whatever reason the submission was erased."""
    officer = await town.officer("Binh")
    ann, code = await submit(town, act)
    await officer.taps("alert.open")
    assert list_sent_files(officer)
    await erase(town, ann, code, way)
    refused_before = list(town.refused_statuses)
    await officer.says(f"/case {code}")
    assert list_sent_files(officer) == []  # those that were shown before are deleted too
    assert town.refused_statuses == refused_before
    page = officer.sees
    assert page.count(WORDS[f"erased.{words}"]) >= 4  # state, topic, contact, files, text
    assert SECRET not in page
    assert "Tệp kèm: 1" not in page
    assert "Tệp kèm: 2" not in page
    # The topics stand below theirs.
    lines = [line for line in page.splitlines() if line != "Chủ đề:"]
    assert not any(line.endswith(":") for line in lines)
    assert officer.buttons == []


async def test_a_page_that_was_opened_before_the_erasure_gets_no_file(town: Town) -> None:
    """The file is deleted between the reading of the case and the sending: nothing is sent."""
    officer = await town.officer("Binh")
    ann, code = await submit(town, "document")
    async with town.app.database.reading() as connection:
        rows = await fetch_all(connection, Attachment, select(table(Attachment)))
    await erase(town, ann, code, "request")
    await town.app.evidence.delete_erased_files()
    before = len(list_sent_files(officer))
    shown = tuple(ShownFile(1, row.type, row.served, "1.jpg") for row in rows)
    reply = DirectReply(screen=None, language="vi", files=shown)
    town.app.replies.enqueue_reply(officer.id, reply)
    await town.app.replies.wait_until_sent()
    assert len(list_sent_files(officer)) == before
    assert officer.is_told("case.files.unsent")


@pytest.mark.parametrize("way", ["request", "consent", "retention"])
async def test_an_export_says_that_a_submission_was_erased_and_why(town: Town, way: str) -> None:
    """Its files have no id and no name, in every format."""
    ann, code = await submit(town, "document")
    await erase(town, ann, code, way)
    (record,) = await town.export_submissions(with_identity=True)
    assert record["erased_at"] is not None
    assert record["erased_because"] == ("retention" if way == "retention" else "request")
    assert record["attachments"] == [{"type": "document", "state": "erased"}]
    columns, out = list_submission_columns(with_identity=False), io.BytesIO()
    async with town.app.database.reading() as connection:
        records = iterate_submission_records(connection, None, None)
        await write_records(records, columns, ExportFormat.XLSX, out)
    head, row = load_workbook(out)["export"].iter_rows(values_only=True)
    cells = dict(zip(head, row, strict=True))
    assert (cells["code"], cells["erased_because"]) == (code, record["erased_because"])


@pytest.mark.parametrize(
    ("way", "words"), [("request", "request"), ("consent", "request"), ("retention", "retention")]
)
async def test_a_list_of_cases_marks_erased_ones(town: Town, way: str, words: str) -> None:
    """A person who knows the code still finds the case in a list."""
    ann, code = await submit(town, "photo")
    await erase(town, ann, code, way)
    submission = await town.get_submission(code)
    screen = show_case_list([submission], "unit", town.app.policy.zone)
    renderer = town.app._renderer
    markup = renderer.render(screen, "vi").markup
    assert WORDS[f"erased.{words}"] in str(markup)
