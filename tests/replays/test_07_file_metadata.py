"""Kind 7: a file reaches officers with its author, its place, or its name."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pikepdf
import pytest
from PIL import Image

from bot.evidence import cleaning_process, pictures
from bot.evidence.cleaning_process import CleaningProcess
from bot.evidence.content_types import detect_content_type
from bot.evidence.errors import NotCheckable, NotCleanable
from bot.evidence.metadata import remove_metadata
from storage.models import EvidenceState
from tests.attacks.hostile_files import make_word
from tests.marked_files import MARKED_FILES, find_markers
from tests.marked_pictures import MARKER
from tests.stories.test_evidence import list_attachments

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

OLD_WORD = make_word(text=MARKER.encode("utf-16-le"))
LOCKED = "khoa.pdf"


def make_locked_pdf() -> bytes:
    """Return a PDF that opens with a password only."""
    content = io.BytesIO()
    with pikepdf.new() as opened:
        opened.docinfo["/Author"] = MARKER
        opened.save(content, encryption=pikepdf.Encryption(owner="a", user="b"))
    return content.getvalue()


async def submit(person: Person, content: bytes, name: str, identity: str) -> str:
    """Submit an opinion with a document; return the code."""
    await person.begins()
    await person.does("document", content=content, file_name=f"{MARKER} {name}", caption="Xem tệp")
    return await person.finishes(identity=identity)


async def open_case(town: Town, officer: Person, code: str) -> list[bytes]:
    """Let an officer open a case; return the files that the officer was sent, without markers.

    Raises AssertionError if one, or its name, has the marker.
    """
    before = len(officer.messages)
    await officer.says(f"/case {code}")
    contents = []
    for message in officer.messages[before:]:
        file = message.get("document")
        if file is not None:
            assert MARKER not in file.get("file_name", "")
            contents.append(town.read_file(file))
            assert find_markers(contents[-1]) == []
    return contents


@pytest.mark.parametrize("name", MARKED_FILES)
def test_no_marker_is_left_in_any_type_of_file(name: str) -> None:
    """The marker was in many fields. The copy is of the same type, but HEIC becomes JPEG."""
    content = MARKED_FILES[name]()
    assert find_markers(content)
    content_type = detect_content_type(content)
    assert content_type is not None
    cleaned = remove_metadata(content, content_type)
    assert find_markers(cleaned) == []
    expected = "image/jpeg" if content_type == "image/heif" else content_type
    assert detect_content_type(cleaned) == expected


@pytest.mark.parametrize("identity", ["channel", "unnamed"])
@pytest.mark.parametrize(
    "name", ["anh.heic", "don.pdf", "don.docx", "ghi.mp3", "phim.mp4", "bang.xlsx", "don.odt"]
)
async def test_an_officer_gets_a_copy_without_metadata_and_name(
    town: Town, name: str, identity: str
) -> None:
    """Of named and of unnamed residents. The stored original stays as it was."""
    officer = await town.officer("Binh")
    content = MARKED_FILES[name]()
    code = await submit(town.resident("Ann"), content, name, identity)
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.STORED
    assert await town.app.store.read_file(row.original) == content
    assert len(await open_case(town, officer, code)) == 1


async def test_an_old_document_is_not_shown_of_an_unnamed_resident(town: Town) -> None:
    """The officer reads why. Of a named resident the officer gets it, with a warning."""
    officer = await town.officer("Binh")
    code = await submit(town.resident("Ann"), OLD_WORD, "cu.doc", "unnamed")
    assert await open_case(town, officer, code) == []
    assert officer.was_told("case.files.withheld")
    assert not officer.was_told("case.files.unclean")
    code = await submit(town.resident("Chi"), OLD_WORD, "cu.doc", "channel")
    await officer.says(f"/case {code}")
    assert officer.was_told("case.files.unclean")
    sent = officer.messages[-1]["document"]
    assert MARKER not in sent["file_name"]
    assert town.read_file(sent) == OLD_WORD


@pytest.mark.parametrize("identity", ["channel", "unnamed"])
async def test_a_locked_document_is_shown_of_nobody(town: Town, identity: str) -> None:
    """Nobody knows what is in it. Officer and resident read why, and the original is kept."""
    officer, ann, content = await town.officer("Binh"), town.resident("Ann"), make_locked_pdf()
    code = await submit(ann, content, LOCKED, identity)
    assert await open_case(town, officer, code) == []
    assert officer.was_told("case.files.unchecked")
    assert ann.was_told("files.given_up.unchecked")
    (row,) = await list_attachments(town)
    assert await town.app.store.read_file(row.original) == content


@pytest.mark.parametrize("act", ["photo", "voice", "video", "document"])
async def test_an_unnamed_residents_file_is_never_sent_by_its_telegram_id(
    town: Town, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither before it is stored, nor while the store is not reachable."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    await ann.does(act, caption="Xem tệp")
    fetch = town.app.evidence._fetch_file

    async def fail(_file_id: str) -> bytes:
        raise TimeoutError

    monkeypatch.setattr(town.app.evidence, "_fetch_file", fail)
    await ann.finishes(identity="unnamed")
    await officer.taps("alert.open")
    assert act not in officer.messages[-1]
    assert officer.is_told("case.files.waiting")
    monkeypatch.setattr(town.app.evidence, "_fetch_file", fetch)
    town.advance(hours=3)
    await town.settle()
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.STORED

    def unreachable(*_given: object) -> bytes:
        raise OSError("the disk is gone")

    monkeypatch.setattr(town.app.store._files, "cat_file", unreachable)
    await officer.says(f"/case {ann.code}")
    assert not any(act in message for message in officer.messages)
    assert officer.is_told("case.files.unsent")


async def test_copies_of_earlier_releases_are_made_again_from_the_original(town: Town) -> None:
    """Telegram need not have the file any more."""
    officer = await town.officer("Binh")
    content = MARKED_FILES["don.pdf"]()
    code = await submit(town.resident("Ann"), content, "don.pdf", "unnamed")
    (row,) = await list_attachments(town)
    await town.app.store.put_file(row.served, content)  # as 0.1.0 did
    async with town.app.database.transaction() as connection:
        statement = "UPDATE attachment SET state = 'waiting', served = NULL"  # as migration 0010
        await connection.exec_driver_sql(statement)
    town.simulator.state.files._by_id.clear()
    town.advance(minutes=6)  # the lease of the first fetch is over
    await town.app.evidence.fetch_due()
    assert len(await open_case(town, officer, code)) == 1


def make_bomb_in_archive() -> bytes:
    """Return a Word document of a few kilobytes that is 400 MB when it is unpacked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as member:
            for _ in range(400):
                member.write(bytes(1024 * 1024))
    return content.getvalue()


def make_bomb_picture() -> bytes:
    """Return a PNG of a few bytes that says that it has 80 million pixels in colours."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 10_000, 8_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def make_broken_pdf() -> bytes:
    """Return a PDF whose cross references are cut off."""
    return MARKED_FILES["don.pdf"]()[:300]


def make_archive_with_entities() -> bytes:
    """Return a Word document whose XML defines entities that grow to a gigabyte."""
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    part = f'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{levels}]><x>&a8;</x>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", part)
    return content.getvalue()


def make_pdf_with_packed_photo() -> bytes:
    """Return a PDF whose picture is packed in a way that is not unpacked."""
    content = io.BytesIO()
    with pikepdf.new() as opened:
        photo = pikepdf.Stream(opened, zlib.compress(bytes(1024 * 1024)))
        photo.Filter = pikepdf.Array([pikepdf.Name.CCITTFaxDecode, pikepdf.Name.DCTDecode])
        page = opened.add_blank_page()
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=photo))
        opened.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    "make",
    [make_bomb_in_archive, make_bomb_picture, make_broken_pdf, make_pdf_with_packed_photo],
)
def test_a_file_over_a_limit_is_not_cleaned(make: object) -> None:
    """No memory is used for it, and no other error is raised."""
    content = make()  # type: ignore[operator]
    content_type = detect_content_type(content)
    assert content_type is not None
    with pytest.raises(NotCleanable):
        remove_metadata(content, content_type)


def test_entities_of_xml_are_not_expanded() -> None:
    """The copy is small, or the document is not cleaned at all."""
    content = make_archive_with_entities()
    try:
        cleaned = remove_metadata(content, detect_content_type(content) or "")
    except NotCleanable:
        return
    with zipfile.ZipFile(io.BytesIO(cleaned)) as archive:
        assert archive.getinfo("word/document.xml").file_size < 10_000


def test_a_file_that_takes_too_long_stops_only_its_process() -> None:
    """The next file is cleaned by a new process."""
    process = CleaningProcess(seconds=0.0)
    with pytest.raises(NotCheckable):
        process.check_file(MARKED_FILES["anh.jpg"](), "jpg")
    process._seconds = cleaning_process._MAX_SECONDS
    cleaned = process.check_file(MARKED_FILES["anh.jpg"](), "jpg").copy
    assert cleaned is not None
    assert find_markers(cleaned) == []
    process.close()


def test_an_animation_keeps_its_frames_and_a_document_its_text() -> None:
    """Cleaning removes nothing that an officer needs."""
    cleaned = remove_metadata(MARKED_FILES["dong.gif"](), "image/gif")
    with Image.open(io.BytesIO(cleaned)) as opened:
        assert getattr(opened, "n_frames", 1) == 3
    content = MARKED_FILES["don.docx"]()
    cleaned = remove_metadata(content, detect_content_type(content) or "")
    with zipfile.ZipFile(io.BytesIO(cleaned)) as archive:
        assert "Đơn" in archive.read("word/document.xml").decode()
        assert b"docProps" not in archive.read("_rels/.rels")
        assert b"docProps" not in archive.read("[Content_Types].xml")
    cleaned = remove_metadata(MARKED_FILES["don.pdf"](), "application/pdf")
    with pikepdf.open(io.BytesIO(cleaned)) as document:
        note = document.pages[0].Annots[0]
        assert str(note.Contents) == "Xem chỗ này"
        assert len(document.attachments) == 1
    assert b"a frame that is played" in remove_metadata(MARKED_FILES["phim.mp4"](), "video/mp4")
    assert {"image/heif", "image/tiff"} <= pictures.PICTURE_TYPES
