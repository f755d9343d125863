"""The rights of residents to know, correct and erase their data, and the retention periods."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from sqlalchemy import MetaData, select, update

from bot.privacy import data_requests, key_rotation, retention
from bot.privacy.encryption import make_key
from bot.privacy.failed_updates import open_failed_update, store_failed_update
from bot.privacy.pseudonyms import Pseudonyms
from bot.runtime import jobs
from bot.runtime.builders import make_retention_periods
from bot.runtime.settings import RetentionSettings
from storage import erasure, failed_updates, submissions
from storage.models import (
    Attachment,
    Audit,
    ErasureReason,
    FailedUpdate,
    Outbox,
    Resident,
    State,
    Submission,
)
from storage.statements import table
from tests.replays.test_15_bytes import make_update, post
from tests.town.casework import set_state
from tests.town.settings import KEY

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

SECRET = "Hàng xóm Kẻ Gây Rối đổ rác ở ngõ Thảo Nguyên zqxylofonik"
PHONE = "0912 345 678"
VENUE = {
    "location": {"latitude": 20.8561, "longitude": 106.6822},
    "title": "Quán Hoa Phượng",
    "address": "Ngõ Bàng Lăng, Hải Phòng",
}


async def dump_database(town: Town) -> str:
    """Return all rows of all tables as one text."""
    async with town.app.database.reading() as connection:
        tables = MetaData()
        await connection.run_sync(lambda sync: tables.reflect(sync))
        rows = [(await connection.execute(select(each))).all() for each in tables.sorted_tables]
    return repr(rows)


async def submit_everything(town: Town, ann: Person) -> str:
    """Submit an opinion with text, file, venue, phone number and an addition; return its code."""
    await ann.begins()
    await ann.does("document", content=SECRET.encode(), file_name="don.txt", caption=SECRET)
    await post(town, make_update(ann, text=None, venue=VENUE, location=VENUE["location"]))
    await ann.reaches("feedback.review")
    await ann.corrects(identity="phone")
    await ann.says(PHONE)
    await ann.taps("feedback.review.options.submit")
    code = ann.code
    await ann.taps("receipt.show")
    await ann.taps("mine.addition")
    await ann.says(f"Bổ sung: {SECRET}")
    await ann.taps("addition.details.options.done")
    return code


async def test_erased_data_is_found_nowhere(town: Town, database_url: str) -> None:
    """Not in the tables, the word index, the files, the outbox, or the database file's bytes."""
    ann = town.resident("Ann")
    code = await submit_everything(town, ann)
    assert len(await town.search_submissions("zqxylo")) == 1
    stored = await dump_database(town)
    traces = ("Thảo Nguyên", "thao nguyen", "don.txt", "Hoa Phượng", "Bàng Lăng", "20.8561")
    assert [trace for trace in traces if trace not in stored] == []
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    assert ann.was_told("mydata.done.erase")
    await town.settle()
    await jobs.fetch_evidence(town.app.job_context)
    found = await dump_database(town)
    for trace in (*traces, "106.6822", "912345678", str(ann.id)):
        assert trace not in found, trace
    assert await town.count_rows(Attachment) == 0
    assert await town.count_rows(Resident) == 0
    assert await town.count_rows(Outbox) == 0  # a receipt would lead from the code to the chat
    assert not town.app.store._files.find(town.app.store._root)
    (record,) = await town.export_submissions(with_identity=True)
    assert (record["code"], record["text"], record["phone"]) == (code, "", None)
    assert record["state"] == State.WITHDRAWN
    assert not await town.search_submissions("zqxylo")
    if database_url.startswith("sqlite"):
        await town.app.database.optimise()
        file = Path(database_url.removeprefix("sqlite+aiosqlite:///"))
        raw = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
        assert SECRET.encode() not in raw
        assert b"lofonik" not in raw


async def test_the_outbox_keeps_no_message_of_an_erased_opinion(town: Town) -> None:
    """The messages of another opinion, which is being handled, stay."""
    ann = town.resident("Ann")
    stays, goes = await ann.gives(SECRET), await ann.gives("Ý kiến thứ hai")
    async with town.app.database.transaction() as connection:
        only = update(table(Submission)).where(table(Submission).c.code == stays)
        await connection.execute(only.values(state=State.IN_PROGRESS))
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    async with town.app.database.reading() as connection:
        rows = (await connection.execute(select(table(Outbox)))).all()
    assert any(stays in str(row) for row in rows)
    assert not any(goes in str(row) for row in rows)


async def test_the_data_copy_is_complete(town: Town) -> None:
    """It holds the text, the phone number, the files, and every access by role and time."""
    officer = await town.officer("Binh")
    ann, ben = town.resident("Ann"), town.resident("Ben")
    code = await submit_everything(town, ann)
    await ben.gives("Ý kiến của người khác")
    await officer.taps("alert.open", of=code)
    await ann.says("/dulieu")
    await ann.taps("mydata.copy")
    file = ann.messages[-1]["document"]
    copy = orjson.loads(town.read_file(file))
    (opinion,) = copy["opinions"]
    assert (opinion["code"], opinion["text"], opinion["phone"]) == (code, SECRET, "+84912345678")
    assert [each["text"] for each in opinion["added"]] == [f"Bổ sung: {SECRET}"]
    assert [each["name"] for each in opinion["files"]] == ["don.txt", None]
    assert ("case.opened", "officer") in {(e["what"], e["by"]) for e in opinion["timeline"]}
    assert copy["telegram_id"] == ann.id
    assert copy["consent"]["version"]


async def test_the_data_copy_is_named_after_the_day_in_the_city(town: Town) -> None:
    """After midnight in the city it is still the day before in UTC."""
    ann = town.resident("Ann")
    town.advance(hours=16)
    await ann.says("/mydata")
    await ann.taps("mydata.copy")
    assert ann.messages[-1]["document"]["file_name"] == "2026-11-26.json"


async def test_an_opinion_being_handled_is_not_erased(town: Town) -> None:
    """The resident is told the reason, and the request is audited."""
    ann = town.resident("Ann")
    code = await ann.gives(SECRET)
    await set_state(town, State.IN_PROGRESS)
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    assert code in ann.sees
    assert "đang được cán bộ xác minh" in ann.sees
    (record,) = await town.export_submissions()
    assert record["text"] == SECRET
    assert await town.count_rows(Outbox) > 0
    async with town.app.database.reading() as connection:
        actions = (await connection.execute(select(table(Audit).c.action))).scalars().all()
    assert "data.erasure_asked" in actions


@pytest.mark.parametrize("kind", ["crime_report", "complaint", "denunciation"])
async def test_a_formal_opinion_is_kept_as_the_law_requires(town: Town, kind: str) -> None:
    """The resident is told that the law requires it."""
    ann = town.resident("Ann")
    await ann.gives(SECRET, kind=kind)
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    assert "pháp luật quy định" in ann.sees


async def test_consent_is_asked_for_again_after_its_withdrawal(town: Town) -> None:
    """No draft begins without a new consent."""
    ann = town.resident("Ann")
    await ann.gives(SECRET)
    await ann.says("/mydata")
    await ann.taps("mydata.withdraw")
    await ann.taps("mydata.yes.withdraw")
    assert ann.was_told("mydata.done.withdraw")
    await ann.says("/gopy")
    assert ann.is_asked("feedback.consent")


async def test_a_phone_number_is_corrected_everywhere(town: Town) -> None:
    """In every opinion that has one."""
    ann = town.resident("Ann")
    await submit_everything(town, ann)
    await ann.says("/mydata")
    await ann.taps("mydata.correct")
    await ann.says("0988 777 666")
    (record,) = await town.export_submissions(with_identity=True)
    assert record["phone"] == "+84988777666"


async def test_the_data_of_another_person_is_neither_shown_nor_erased(town: Town) -> None:
    """A person without opinions has nothing to erase."""
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await ann.gives(SECRET)
    await ben.says("/mydata")
    assert "0 ý kiến" in ben.sees
    async with town.work() as work:
        assert (await data_requests.erase_person(work, ben.id)).erased_count == 0
    (record,) = await town.export_submissions()
    assert record["text"] == SECRET


async def test_failed_updates_are_erased_too(town: Town) -> None:
    """The raw update may hold the person's text."""
    ann = town.resident("Ann")
    await ann.gives(SECRET)
    async with town.work() as work:
        raw = f'{{"message": {{"chat": {{"id": {ann.id}}}}}}}'
        await store_failed_update(
            work.connection, work.policy.pseudonyms, 1, raw, ValueError("x"), town.now
        )
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    assert await town.count_rows(FailedUpdate) == 0


async def test_only_failed_updates_of_the_person_are_erased(town: Town) -> None:
    """Not those of a chat whose id contains theirs, nor those whose text mentions their id."""
    ann = town.resident("Ann")
    await ann.gives(SECRET)
    kept_updates = [
        {"message": {"chat": {"id": ann.id * 100 + 67}, "text": "x"}},
        {"message": {"chat": {"id": ann.id + 1}, "text": f"call {ann.id}", "date": ann.id}},
    ]
    erased_updates = [
        json.dumps({"callback_query": {"from": {"id": ann.id}, "data": "x"}}),
        str({"message": {"chat": {"id": ann.id, "first_name": "Ann's"}}}),  # as 0007 stored it
    ]
    pseudonyms = town.app.policy.pseudonyms
    async with town.app.database.transaction() as connection:
        for raw in [*map(json.dumps, kept_updates), *erased_updates, "not JSON at all"]:
            await store_failed_update(connection, pseudonyms, 1, raw, ValueError("x"), town.now)
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    async with town.app.database.reading() as connection:
        rows = await failed_updates.list_failed_updates(connection)
    left = [open_failed_update(pseudonyms, each)["update"] for each in rows]
    assert sorted(left) == sorted([*map(json.dumps, kept_updates), "not JSON at all"])


async def test_a_failed_update_is_stored_with_the_pseudonym_of_its_sender(town: Town) -> None:
    """It is erased by the pseudonym, also after a rotation. Nothing can be read without the key."""
    ann, ben = town.resident("Ann"), town.resident("Ben")
    pseudonyms = town.app.policy.pseudonyms
    for person in (ann, ben):
        raw = {"message": {"from": {"id": person.id}, "chat": {"id": -7}}}  # without a number
        await town.app.update_handler.handle_update(raw)
    rows = table(FailedUpdate)
    async with town.app.database.transaction() as connection:
        stored = (await connection.execute(select(rows.c.alias).order_by(rows.c.id))).scalars()
        aliases = [pseudonyms.list_chat_keys(each.id)[0] for each in (ann, ben)]
        assert stored.all() == aliases
        await failed_updates.delete_failed_updates_of(connection, aliases[:1])
        (left,) = await failed_updates.list_failed_updates(connection)
    assert str(ben.id) not in str(left)
    assert str(ben.id) in open_failed_update(pseudonyms, left)["update"]
    assert (left.error, left.at.minute, left.at.second) == ("ValueError", 0, 0)
    key = make_key()
    await key_rotation.rotate_keys(town.app.database, Pseudonyms([key, KEY]))
    async with town.app.database.transaction() as connection:
        (left,) = await failed_updates.list_failed_updates(connection)
        assert str(ben.id) in open_failed_update(Pseudonyms([key]), left)["update"]
        own = Pseudonyms([key]).list_chat_keys(ben.id)
        await failed_updates.delete_failed_updates_of(connection, own)
        assert await failed_updates.count_failed_updates(connection) == 0


async def test_a_closed_opinion_is_erased_after_a_warning(town: Town) -> None:
    """The warning comes a month before. An open opinion is never erased."""
    ann = town.resident("Ann")
    policy, terms = town.app.policy, make_retention_periods(RetentionSettings())
    await ann.gives(SECRET)
    town.advance(days=4000)
    assert await retention.apply_retention(town.app.database, terms, town.now, policy=policy) == 0
    await set_state(town, State.CLOSED, closed_at=town.now)
    town.advance(days=710)
    assert await retention.apply_retention(town.app.database, terms, town.now, policy=policy) == 0
    await town.settle()
    assert ann.was_told("retention.warning")
    town.advance(days=25)
    assert await retention.apply_retention(town.app.database, terms, town.now, policy=policy) == 0
    town.advance(days=6)
    assert await retention.apply_retention(town.app.database, terms, town.now, policy=policy) == 1
    (record,) = await town.export_submissions()
    assert (record["text"], record["state"]) == ("", State.CLOSED)
    assert "Thảo Nguyên" not in await dump_database(town)


async def test_retention_warns_first_even_years_too_late(town: Town) -> None:
    """If the bot did not run for years, the warning still comes a month before."""
    ann = town.resident("Ann")
    policy, terms = town.app.policy, make_retention_periods(RetentionSettings())
    await ann.gives(SECRET)
    await set_state(town, State.CLOSED, closed_at=town.now)
    town.advance(days=3000)
    assert await retention.apply_retention(town.app.database, terms, town.now, policy=policy) == 0
    town.advance(days=29)
    assert await retention.apply_retention(town.app.database, terms, town.now, policy=policy) == 0
    town.now += timedelta(days=2)
    assert await retention.apply_retention(town.app.database, terms, town.now, policy=policy) == 1


async def test_an_unnamed_opinion_cannot_be_linked_to_its_resident(town: Town) -> None:
    """No row links it to the resident's chat or to their named opinion."""
    ann = town.resident("Ann")
    await ann.gives("Có tên", identity="channel")
    await ann.gives("Không tên", identity="unnamed")
    async with town.app.database.reading() as connection:
        rows = (await connection.execute(select(table(Submission)))).all()
        people = (await connection.execute(select(table(Resident)))).all()
    assert rows[0].resident_id != rows[1].resident_id
    assert len({person.sealed for person in people}) == 2
    assert str(ann.id) not in repr([rows, people])
    assert not any(isinstance(value, datetime) for person in people for value in person)
    await ann.says("/mine")
    assert all(row.code in " ".join(ann.buttons) for row in rows)


async def test_an_opinion_accepted_meanwhile_is_not_erased(town: Town) -> None:
    """An update between the reading and the erasing makes the erasing fail."""
    code = await town.resident("Ann").gives(SECRET)
    async with town.app.database.transaction() as connection:
        read = await submissions.find_submission(connection, code)
        assert read is not None
        assert await submissions.update_submission(connection, read, state=State.IN_PROGRESS)
        assert not await erasure.erase_submission(
            connection, read, town.now, state=State.WITHDRAWN, reason=ErasureReason.REQUEST
        )
    (record,) = await town.export_submissions()
    assert (record["text"], record["state"]) == (SECRET, State.IN_PROGRESS)


async def test_the_venue_of_an_erased_opinion_is_erased_with_it(town: Town) -> None:
    """At once: not only when its row is deleted by the job that deletes files."""
    ann = town.resident("Ann")
    code = await submit_everything(town, ann)
    async with town.app.database.transaction() as connection:
        submission = await submissions.find_submission(connection, code)
        assert submission is not None
        places = await submissions.list_attachments(connection, submission.id)
        assert ("Quán Hoa Phượng", "Ngõ Bàng Lăng, Hải Phòng") in [
            (each.title, each.address) for each in places
        ]
        assert await erasure.erase_submission(
            connection,
            submission,
            town.now,
            state=State.WITHDRAWN,
            reason=ErasureReason.RETENTION,
        )
    async with town.app.database.reading() as connection:
        rows = table(Attachment)
        columns = (rows.c.title, rows.c.address, rows.c.latitude, rows.c.longitude)
        left = (await connection.execute(select(*columns))).all()
    assert left == [(None,) * 4] * 2
