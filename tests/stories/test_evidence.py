"""Files become evidence: fetched, cleaned, stored and shown; a failing file affects no other."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from sqlalchemy import select

from bot.evidence.fetcher import make_file_names
from storage import evidence
from storage.models import Attachment, EvidenceState
from storage.statements import table
from tests.faults.test_interrupted_turns import lose_connection
from tests.marked_files import MARKED_FILES
from tests.transport.rows import add_fault
from tests.transport.test_webhook import lock_conversation

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

FILES = table(Attachment)


async def list_attachments(town: Town) -> list[Any]:
    """Return the rows of all attachments, oldest first."""
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(FILES).order_by(FILES.c.id))).all())


async def submit(person: Person) -> None:
    """Finish the opinion and submit it."""
    await person.finishes()


async def submit_with_file(person: Person, act: str, **options: Any) -> None:
    """Submit an opinion with a file and a caption."""
    await person.begins()
    await person.does(act, caption="Xe đậu kín vỉa hè", **options)
    await submit(person)


async def check_stored_later(town: Town) -> None:
    """Check that the only attachment waits now, and is stored 11 seconds later."""
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.WAITING
    town.advance(seconds=11)
    await town.settle()
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.STORED


def make_photo() -> bytes:
    """Return a JPEG whose metadata names a telephone and a place."""
    exif = Image.Exif()
    exif[0x010F] = "SECRETPHONE"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


async def test_a_file_is_stored_encrypted_and_shown_without_metadata(town: Town) -> None:
    """The original stays encrypted; the officer sees a copy without the metadata."""
    officer = await town.officer("Binh")
    content = make_photo()
    await submit_with_file(town.resident("Ann"), "document", content=content, file_name="anh.jpg")
    (row,) = await list_attachments(town)
    assert (row.state, row.content_type) == (EvidenceState.STORED, "image/jpeg")
    store = town.app.store
    assert await store.read_file(row.original) == content
    assert b"SECRETPHONE" not in await store.read_file(row.served)
    assert b"SECRETPHONE" not in store._files.cat_file(store._build_path(row.original))
    await officer.taps("alert.open")
    sent = next(m for m in reversed(officer.messages) if "document" in m)
    assert sent["document"]["file_name"] == "1.jpg"
    assert b"SECRETPHONE" not in town.read_file(sent["document"])


@pytest.mark.parametrize(
    ("kind", "more"), [("5xx", {}), ("html", {}), ("429", {"retry_after": 3}), ("drop", {})]
)
async def test_a_file_that_cannot_be_fetched_now_is_fetched_later(
    town: Town, kind: str, more: dict[str, Any]
) -> None:
    """The text is received at once."""
    ann = town.resident("Ann")
    add_fault(town, kind, method="getFile", **more)
    await submit_with_file(ann, "photo")
    assert ann.code
    await check_stored_later(town)


async def test_fault_27_a_deleted_file_fails_alone_and_the_resident_is_told(town: Town) -> None:
    """The other files and the text are stored; the notice says which file failed."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Xe đậu kín vỉa hè")
    await ann.does("voice")
    town.simulator.state.files._by_id.pop(ann.messages[-2]["voice"]["file_id"])
    await submit(ann)
    first, second = await list_attachments(town)
    assert (first.state, second.state) == (EvidenceState.STORED, EvidenceState.WAITING)
    town.advance(days=1)
    await town.settle()
    first, second = await list_attachments(town)
    assert (first.state, second.state) == (EvidenceState.STORED, EvidenceState.FAILED)
    assert ann.was_told("files.given_up.failed")
    assert ann.has_heard("tệp thứ 2 (ghi âm)")
    (record,) = await town.export_submissions()
    assert record["text"] == "Xe đậu kín vỉa hè"


async def test_a_forbidden_file_is_refused_by_its_content(town: Town) -> None:
    """Its name and media type do not count; officers are not shown it."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    evil = b"MZ\x90\0" + bytes(100)
    await submit_with_file(
        ann, "document", content=evil, file_name="anh.jpg", mime_type="image/jpeg"
    )
    (row,) = await list_attachments(town)
    assert (row.state, row.original) == (EvidenceState.DANGEROUS, None)
    assert ann.was_told("files.given_up.dangerous")
    await officer.taps("alert.open")
    assert not any("document" in message for message in officer.messages)
    assert officer.was_told("case.files.dangerous")


async def test_fault_27_a_file_without_a_type_or_name_is_stored(town: Town) -> None:
    """Telegram does not always name the type of a document."""
    content = MARKED_FILES["don.pdf"]()
    await submit_with_file(town.resident("Ann"), "document", content=content, mime_type=None)
    (row,) = await list_attachments(town)
    assert (row.state, row.content_type) == (EvidenceState.STORED, "application/pdf")


async def test_fault_27_a_file_over_the_limit_keeps_its_caption(town: Town) -> None:
    """The resident is told at once what to do; the caption is part of the text."""
    ann = town.resident("Ann")
    await ann.begins()
    large = bytes(20 * 1024 * 1024 + 1)
    await ann.does("document", content=large, caption="Video quay từ nhà tôi")
    assert ann.is_told("feedback.details.rejected.too-large")
    assert "lớn hơn 20 MB" in ann.sees
    await submit(ann)
    (record,) = await town.export_submissions()
    assert record["text"] == "Video quay từ nhà tôi"
    assert [file["state"] for file in record["attachments"]] == ["too_large"]


async def test_a_file_waits_while_the_store_is_full(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is fetched again later."""

    def full(*_given: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(town.app.store._files, "pipe_file", full)
        await submit_with_file(town.resident("Ann"), "photo")
    await check_stored_later(town)


async def test_the_lease_of_a_vanished_fetcher_ends(town: Town) -> None:
    """Another fetcher takes over; a late result of the first is ignored."""
    add_fault(town, "5xx", method="getFile")
    await submit_with_file(town.resident("Ann"), "photo")
    async with town.app.database.transaction() as connection:
        await connection.execute(
            FILES.update().values(
                state=EvidenceState.FETCHING,
                owner="vanished",
                next_at=town.now + timedelta(minutes=5),
            )
        )
    await town.settle()
    (stale,) = await list_attachments(town)
    assert stale.state is EvidenceState.FETCHING
    town.advance(minutes=6)
    async with town.app.database.transaction() as connection:
        (claimed,) = await evidence.claim_attachments(
            connection, owner="other", now=town.now, lease=timedelta(minutes=5), max_rows=4
        )
        assert not await evidence.finish_attachment(connection, stale, EvidenceState.FAILED)
        assert await evidence.finish_attachment(
            connection, claimed, EvidenceState.WAITING, next_at=town.now
        )
    await town.settle()
    (row,) = await list_attachments(town)
    assert (row.state, row.owner, row.attempt) == (EvidenceState.STORED, None, 3)
    assert (row.original, row.served) == make_file_names(row.id)


async def test_fault_26_an_album_split_between_replicas_is_one_submission(twin_town: Town) -> None:
    """All its files are in the submission, in order."""
    ann = twin_town.resident("Ann")
    await ann.begins()
    world = twin_town.simulator
    world.people.send_album(
        ann.id, [{"type": "photo", "caption": "Ngõ 5"}, *[{"type": "photo"}] * 3]
    )
    waiting = world.state.get_account(next(iter(world.state.accounts))).updates
    for number, update in enumerate(waiting.list_updates()):
        replica = twin_town.replica(number % 2)
        assert await twin_town.post(replica, update.body) == 200
        await replica.settle()
        waiting.confirm_update(update.id)
    await submit(ann)
    kept = await list_attachments(twin_town)
    assert len(kept) == 4
    (album,) = {row.album for row in kept}
    assert album


async def test_fault_26_two_files_of_an_album_at_once_are_both_kept(twin_town: Town) -> None:
    """Two replicas wait for the lock of the chat's row; neither overwrites the other's file."""
    ann = twin_town.resident("Ann")
    await ann.begins()
    photo = {"type": "photo", "caption": "Ngõ 5"}
    twin_town.simulator.people.send_album(ann.id, [photo, {"type": "video"}])
    files = twin_town.simulator.state.get_account().updates.list_updates()
    async with lock_conversation(twin_town, ann, 2):
        posts = asyncio.gather(
            *(twin_town.post(*each) for each in zip(twin_town.replicas, (u.body for u in files)))  # noqa: B905
        )
    assert await posts == [200, 200]
    twin_town.simulator.state.get_account().updates.clear()  # acknowledged: they never come again
    await submit(ann)
    kept = await list_attachments(twin_town)
    assert sorted(row.type for row in kept) == ["photo", "video"]
    assert len({row.submission_id for row in kept}) == 1


async def test_fault_26_a_crash_between_two_files_of_an_album_loses_and_repeats_none(
    town: Town,
) -> None:
    """The second file is not committed; Telegram sends both again, then the rest."""
    ann = town.resident("Ann")
    await ann.begins()
    album: list[Any] = [{"type": "photo", "caption": "Ngõ 5"}, {"type": "video"}]
    album.append({"type": "photo", "content": make_photo()})
    town.simulator.people.send_album(ann.id, album)
    waiting = town.simulator.state.get_account().updates
    first, second, _third = waiting.list_updates()
    assert await town.post(town.replica(0), first.body) == 200
    with lose_connection(town, at=None):
        assert await town.post(town.replica(0), second.body) == 503
    await town.deliver()  # all three: nothing was confirmed before the crash
    await submit(ann)
    kept = await list_attachments(town)
    assert [row.position for row in kept] == [0, 1, 2]
    assert len({row.file_unique_id for row in kept}) == 3
    (album,) = {row.album for row in kept}
    assert album
    assert len({row.submission_id for row in kept}) == 1
    (record,) = await town.export_submissions()
    assert record["text"] == "Ngõ 5"


async def test_fault_26_a_late_file_of_an_album_joins_it_at_a_later_question(town: Town) -> None:
    """It is stored, and the open question stays open."""
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.send_album(
        ann.id, [{"type": "photo", "caption": "Ngõ 5"}, {"type": "photo"}]
    )
    account = town.simulator.state.get_account(next(iter(town.simulator.state.accounts)))
    first, second = account.updates.list_updates()
    assert await town.post(town.replica(0), first.body) == 200
    account.updates.confirm_update(first.id)
    account.updates.confirm_update(second.id)
    await town.settle()
    assert await town.post(town.replica(0), second.body) == 200
    await town.settle()
    assert ann.is_asked("feedback.area")
    await ann.taps("feedback.area.options.skip")
    await ann.taps("feedback.review.options.submit")
    assert len(await list_attachments(town)) == 2


async def test_a_location_sent_with_the_text_is_evidence(town: Town) -> None:
    """The officer sees it on a map."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà lớn ở đây")
    await ann.does("location", 20.85, 106.68)
    await submit(ann)
    (row,) = await list_attachments(town)
    assert (row.state, row.latitude, row.longitude) == (EvidenceState.PLACE, 20.85, 106.68)
    await officer.taps("alert.open")
    assert any("location" in message for message in officer.messages)


async def test_only_cleaned_copies_of_an_unnamed_residents_files_are_shown(town: Town) -> None:
    """Metadata might name the resident, so a document is not shown before it was cleaned."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    add_fault(town, "5xx", method="getFile")
    await ann.begins()
    await ann.does("document", content=make_photo(), file_name="anh.jpg", caption="Ngõ 5")
    await ann.finishes(identity="unnamed")
    await officer.taps("alert.open")
    assert not any("document" in message for message in officer.messages)
    town.advance(seconds=11)
    await town.settle()
    await officer.taps("alert.open")
    assert any("document" in message for message in officer.messages)


async def test_an_unexpected_error_affects_one_file_only(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other files are stored; the failing one is given up after several attempts."""
    fetch, requested = town.app.evidence._fetch_file, []

    async def broken(file_id: str) -> bytes:
        requested.append(file_id)
        if file_id == requested[0]:
            raise RuntimeError("nobody thought of this")
        return await fetch(file_id)

    monkeypatch.setattr(town.app.evidence, "_fetch_file", broken)
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Ngõ 5")
    await ann.does("voice")
    await submit(ann)
    first, second = await list_attachments(town)
    assert (first.state, second.state) == (EvidenceState.WAITING, EvidenceState.STORED)
    for _ in range(20):
        town.advance(hours=3)
        await town.settle()
    assert (await list_attachments(town))[0].state is EvidenceState.FAILED
    assert ann.was_told("files.given_up.failed")
