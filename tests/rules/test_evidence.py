"""What is taken as evidence, and what a copy that is shown no longer says."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.evidence import rules
from bot.evidence.cleaning import CannotClean, clean_file
from bot.simulator.samples import sample


def box(name: bytes, content: bytes) -> bytes:
    """A box of a movie."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def archive(*names: str, mimetype: str | None = None) -> bytes:
    """A ZIP archive of files with these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        if mimetype:
            opened.writestr("mimetype", mimetype)
        for name in names:
            opened.writestr(name, "x")
    return made.getvalue()


def picture(form: str, **options: object) -> bytes:
    """A picture of two colours: the left half is red, and it is wider than high."""
    made = io.BytesIO()
    drawn = Image.new("RGB", (40, 20), "blue")
    drawn.paste("red", (0, 0, 20, 20))
    drawn.save(made, form, **options)
    return made.getvalue()


def with_place(form: str) -> bytes:
    """A picture that says where it was taken, by whose phone, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SECRETPHONE", 6  # maker; turned by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (20.0, 51.0, 17.0)
    return picture(form, exif=exif)


MOVIE = (
    box(b"ftyp", b"isom\0\0\2\0isomiso2")
    + box(
        b"moov",
        box(b"mvhd", b"\1" * 20)
        + box(b"udta", box(b"\xa9xyz", b"\0\x11\x15\xc7+20.8561+106.6822/"))
        + box(b"trak", box(b"tkhd", b"\2" * 12) + box(b"meta", b"SECRETPHONE")),
    )
    + box(b"mdat", b"frames that are played")
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("WEBP"), "image/webp"),
        (picture("GIF"), "image/gif"),
        (MOVIE, "video/mp4"),
        (box(b"ftyp", b"qt  \0\0\0\0qt  "), "video/quicktime"),
        (box(b"ftyp", b"M4A \0\0\0\0M4A "), "audio/mp4"),
        (box(b"ftyp", b"heic\0\0\0\0mif1"), "image/heif"),
        (sample("voice").content, "audio/ogg"),
        (b"%PDF-1.7\n", "application/pdf"),
        ("Nội dung đơn: mất trộm.".encode(), "text/plain"),
        (archive("[Content_Types].xml", "word/document.xml"), rules._OFFICE["word/"]),
        (
            archive("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
    ],
)
def test_what_people_send_as_evidence_is_taken(content: bytes, expected: str) -> None:
    """Its type is read from its content."""
    assert rules.detect_content_type(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\0" + bytes(100),
        b"\x7fELF\x02\x01" + bytes(100),
        b"#!/bin/sh\nrm -rf /",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b'\xef\xbb\xbf <svg onload="alert(1)">',
        archive("AndroidManifest.xml", "classes.dex"),
        archive("a.txt"),
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        archive(mimetype="application/x-evil"),
        b"PK\x03\x04" + b"torn",
        b"words \0 and a zero byte",
    ],
)
def test_programs_pages_and_archives_are_refused(content: bytes) -> None:
    """Whatever they are called."""
    assert rules.detect_content_type(content) is None


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_loses_its_place_and_keeps_its_sense(form: str) -> None:
    """GPS and maker are gone; the picture stands upright, as its maker saw it."""
    content = with_place(form)
    assert b"SECRETPHONE" in content
    shown = clean_file(content, f"image/{form.lower()}")
    assert b"SECRETPHONE" not in shown
    with Image.open(io.BytesIO(shown)) as opened:
        assert not opened.getexif()
        assert opened.size == (20, 40)
        red, green, blue = opened.convert("RGB").getpixel((10, 5))  # type: ignore[misc]
        assert red > 200
        assert green < 60
        assert blue < 60


def test_a_movie_loses_its_place_and_still_plays() -> None:
    """What describes it is emptied; everything else is where it was, byte by byte."""
    shown = clean_file(MOVIE, "video/mp4")
    assert b"20.8561" not in shown
    assert b"SECRETPHONE" not in shown
    assert len(shown) == len(MOVIE)
    assert shown.index(b"frames that are played") == MOVIE.index(b"frames that are played")
    assert shown.count(b"free") == 2


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\xff\xd8\xff" + bytes(50), "image/jpeg"),
        (picture("PNG")[:60], "image/png"),
        (MOVIE[:50], "video/mp4"),
        (struct.pack(">I4s", 4, b"moov"), "video/mp4"),
        # A picture of 65,500 by 65,500 points, in a few bytes.
        (picture("GIF")[:6] + bytes(20), "image/png"),
    ],
)
def test_what_is_torn_or_a_trap_cannot_be_cleaned(content: bytes, content_type: str) -> None:
    """It is refused by itself, and nothing hangs or breaks."""
    with pytest.raises(CannotClean):
        clean_file(content, content_type)


@given(content=st.binary(max_size=300))
def test_cleaning_never_hangs_or_breaks(content: bytes) -> None:
    """Whatever bytes come as a movie: a copy of the same length, or a refusal."""
    with contextlib.suppress(CannotClean):
        assert len(clean_file(content, "video/mp4")) == len(content)


def test_other_types_are_shown_as_they_are() -> None:
    """A document's own properties are not looked into."""
    assert clean_file(b"%PDF-1.7", "application/pdf") == b"%PDF-1.7"


def test_pauses_grow_to_two_hours() -> None:
    """Twelve attempts take most of a day."""
    pauses = [rules.compute_pause(attempt) for attempt in range(1, rules.MOST_ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=10)
    assert pauses[-1] == timedelta(hours=2)


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damage", [0x00, 0x55, 0xFF])
def test_a_broken_archive_is_no_document(packing: int, damage: int) -> None:
    """Whatever cannot be unpacked of it: it is refused, not stumbled over."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as opened:
        opened.writestr("mimetype", "application/vnd.oasis.opendocument.text" * 3)
    content = bytearray(made.getvalue())
    begin = 30 + len("mimetype")
    content[begin : begin + 20] = bytes([damage]) * 20
    assert rules.detect_content_type(bytes(content)) is None
