"""Attack 5: a file of an unnamed resident says who sent it: by its content, its name, or its id."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any, cast

import pikepdf
import pytest
from PIL import Image

from bot.casework.attachments import show_file
from bot.privacy.encryption import Unreadable
from storage.models import Attachment, EvidenceState, Submission
from tests.attacks.hostile_files import make_ole, make_word
from tests.marked_documents import make_office
from tests.marked_files import MARKED_FILES, find_markers, make_pdf
from tests.marked_pictures import MARKER, make_picture
from tests.stories.test_evidence import list_attachments

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

FAILURES = {
    "gone": FileNotFoundError(2, "No such file"),
    "disk": OSError(5, "Input/output error"),
    "other key": Unreadable("another key"),
    "client": RuntimeError("EndpointConnectionError"),
    "library": ValueError("nobody thought of this"),
}


async def submit(person: Person, content: bytes, name: str, act: str = "document") -> str:
    """Submit an unnamed opinion with a file whose name has the marker; return the code."""
    await person.begins()
    await person.does(act, content=content, file_name=f"{MARKER} {name}", caption="Xem tệp")
    return await person.finishes(identity="unnamed")


async def open_case(town: Town, officer: Person, code: str) -> list[dict[str, Any]]:
    """Let an officer open a case; return the messages. Raise AssertionError for a marker."""
    before = len(officer.messages)
    await officer.says(f"/case {code}")
    messages = officer.messages[before:]
    assert MARKER not in repr(messages)
    for message in messages:
        for kind in ("document", "video", "audio", "voice", "animation"):
            if kind in message:
                assert find_markers(town.read_file(message[kind])) == []
        for size in message.get("photo", ()):
            assert find_markers(town.read_file(size)) == []
    return messages


def make_document_in_document() -> bytes:
    """Return a document with documents, a picture and an old document in it."""
    outer = io.BytesIO(make_office("word"))
    with zipfile.ZipFile(outer, "a") as archive:
        archive.writestr("word/embeddings/a.xlsx", make_office("xl"))
        archive.writestr("word/embeddings/b.pdf", make_pdf())
        archive.writestr("word/embeddings/c.doc", make_word(text=MARKER.encode()))
        archive.writestr("word/media/image9.heic", make_picture("HEIF"))
        archive.writestr("word/media/image8.emf", b"\x01\0\0\0" + MARKER.encode())
    return outer.getvalue()


def make_pdf_in_pdf() -> bytes:
    """Return a PDF with a PDF and a document attached."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf())) as opened:
        for name, content in {"a.pdf": make_pdf(), "b.docx": make_office("word")}.items():
            file_name = f"{MARKER}{name}"
            opened.attachments[file_name] = pikepdf.AttachedFileSpec(
                opened, content, filename=file_name
            )
        opened.save(written)
    return written.getvalue()


def make_thumbnail() -> bytes:
    """Return a photo with a thumbnail in its EXIF, as cameras write it."""
    small, exif, content = io.BytesIO(), Image.Exif(), io.BytesIO()
    Image.new("RGB", (16, 12)).save(small, "JPEG", comment=MARKER)
    exif[0x010F] = MARKER
    exif.get_ifd(0x8769)[0x9286] = MARKER.encode()  # the comment of the user
    Image.new("RGB", (64, 48)).save(
        content, "JPEG", exif=exif.tobytes() + small.getvalue(), xmp=MARKER.encode()
    )
    return content.getvalue()


NESTED = {
    "trong.docx": make_document_in_document,
    "trong.pdf": make_pdf_in_pdf,
    "anh-nho.jpg": make_thumbnail,
}


@pytest.mark.parametrize("name", [*MARKED_FILES, *NESTED])
async def test_no_file_says_who_sent_it(town: Town, name: str) -> None:
    """The copy has a neutral name, and no marker in any part of it."""
    officer = await town.officer("Binh")
    content = {**MARKED_FILES, **NESTED}[name]()
    assert find_markers(content)
    code = await submit(town.resident("Ann"), content, name)
    messages = await open_case(town, officer, code)
    (sent,) = [m["document"] for m in messages if "document" in m]
    extension = {"heic": "jpg", "avif": "jpg", "opus": "ogg"}.get(name[-4:], name.split(".")[-1])
    assert sent["file_name"] == f"1.{extension}"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cu.doc", make_word(text=MARKER.encode())),
        ("cu.xls", make_ole({"Workbook": bytes(8), "\x05SummaryInformation": MARKER.encode()})),
        ("doi-ten.docx", make_word(text=MARKER.encode())),
        ("nen.zip", b"PK\x03\x04" + MARKER.encode()),
        ("nhac.mid", b"MThd\0\0\0\6" + MARKER.encode()),
        ("phim.avi", b"RIFF\0\0\0\0AVI " + MARKER.encode()),
        ("anh.cr2", b"II*\0" + MARKER.encode() * 9),
        ("anh.bmp", b"BM\0\0" + MARKER.encode() * 9),
    ],
)
async def test_what_cannot_be_cleaned_is_withheld_and_the_resident_is_told(
    town: Town, name: str, content: bytes
) -> None:
    """Before it is sent, if its name says what it is, or else afterwards."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    await ann.does("document", content=content, file_name=f"{MARKER} {name}", caption="Xem tệp")
    await ann.reaches("feedback.review")
    await ann.corrects(identity="unnamed")
    warned = ann.is_told("warning.withheld")
    await ann.taps("feedback.review.options.submit")
    messages = await open_case(town, officer, ann.code)
    assert not any("document" in message for message in messages)
    (row,) = await list_attachments(town)
    note = "withheld" if row.state is EvidenceState.STORED else row.state.value
    assert officer.was_told(f"case.files.{note}")
    assert warned != ann.was_told(f"files.given_up.{note}")
    assert warned == (name in {"cu.doc", "cu.xls"})


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("act", ["photo", "video", "voice", "document"])
async def test_the_original_is_never_sent_when_the_store_fails(
    town: Town, act: str, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the store fails: the officer reads which file did not come."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does(act, caption="Xem tệp")
    code = await ann.finishes(identity="unnamed")
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.STORED

    def fail(*_given: object, **_more: object) -> bytes:
        raise failure

    monkeypatch.setattr(town.app.store._files, "cat_file", fail)
    messages = await open_case(town, officer, code)
    assert row.file_id not in repr(messages)
    assert not any(act in message for message in messages)
    assert officer.is_told("case.files.unsent")


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_the_original_is_never_sent_when_nothing_could_be_stored(
    town: Town, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo of an unnamed resident waits, although Telegram has it."""
    officer = await town.officer("Binh")

    def fail(*_given: object, **_more: object) -> None:
        raise failure

    monkeypatch.setattr(town.app.store._files, "pipe_file", fail)
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Xem tệp")
    code = await ann.finishes(identity="unnamed")
    for _ in range(3):
        messages = await open_case(town, officer, code)
        assert not any("photo" in message for message in messages)
        assert officer.was_told("case.files.waiting")
        town.advance(hours=7)
        await town.settle()


@pytest.mark.parametrize("kind", ["photo", "voice", "video_note", "video", "document", "animation"])
@pytest.mark.parametrize("state", [each for each in EvidenceState if each != "place"])
@pytest.mark.parametrize("served", [None, "served/00000/1"])
def test_what_is_shown_of_an_unnamed_resident_leads_to_no_original(
    kind: str, state: EvidenceState, served: str | None
) -> None:
    """In no state and of no type of message."""
    make_file, make_case = cast("Any", Attachment), cast("Any", Submission)
    file = make_file(
        id=1, submission_id=1, position=0, type=kind, file_id="telegram-id", file_name="Ann.docx",
        file_unique_id="u", state=state, original="originals/00000/1", served=served,
    )  # fmt: skip
    shown = show_file(make_case(code="HP-AAAA-2222", confidential=True), file)
    if shown is not None:
        assert (state, shown.stored) == (EvidenceState.STORED, "served/00000/1")
        assert "telegram-id" not in repr(shown)
        assert "original" not in repr(shown)
        assert "Ann" not in repr(shown)


async def test_a_resident_who_becomes_unnamed_is_protected_at_once(town: Town) -> None:
    """An original that officers saw of a named resident is withheld afterwards."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    content = make_word(text=b"x")
    await ann.does("document", content=content, file_name="don.doc", caption="Xem tệp")
    code = await ann.finishes(identity="channel")
    assert any("document" in each for each in await open_case(town, officer, code))
    async with town.app.database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE submission SET confidential = true")
    assert not any("document" in each for each in await open_case(town, officer, code))
