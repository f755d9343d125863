"""Accepted types of files, and copies without metadata."""

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

from bot.evidence import content_types, fetcher
from bot.evidence.errors import ActiveContent, NotCleanable, UnreadableMedia
from bot.evidence.metadata import check_file, remove_metadata
from bot.simulator.sample_files import make_sample_file

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def make_box(name: bytes, content: bytes) -> bytes:
    """Return a box of a movie."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def make_archive(*names: str, mimetype: str | None = None) -> bytes:
    """Return a ZIP archive with files of these names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        if mimetype:
            opened.writestr("mimetype", mimetype)
        for name in names:
            opened.writestr(name, "x")
    return content.getvalue()


def make_picture(form: str, **options: object) -> bytes:
    """Return a picture, wider than high, with a red left half and a blue right half."""
    content = io.BytesIO()
    image = Image.new("RGB", (40, 20), "blue")
    image.paste("red", (0, 0, 20, 20))
    image.save(content, form, **options)
    return content.getvalue()


def make_picture_with_metadata(form: str) -> bytes:
    """Return a picture with a GPS position, the maker of the phone, and a rotation."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SECRETPHONE", 6  # maker, rotation by 90 degrees
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (20.0, 51.0, 17.0)
    return make_picture(form, exif=exif)


MOVIE = (
    make_box(b"ftyp", b"isom\0\0\2\0isomiso2")
    + make_box(
        b"moov",
        make_box(b"mvhd", b"\1" * 20)
        + make_box(b"udta", make_box(b"\xa9xyz", b"\0\x11\x15\xc7+20.8561+106.6822/"))
        + make_box(b"trak", make_box(b"tkhd", b"\2" * 12) + make_box(b"meta", b"SECRETPHONE")),
    )
    + make_box(b"mdat", b"frames that are played")
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (make_picture("JPEG"), "image/jpeg"),
        (make_picture("PNG"), "image/png"),
        (make_picture("WEBP"), "image/webp"),
        (make_picture("GIF"), "image/gif"),
        (MOVIE, "video/mp4"),
        (make_box(b"ftyp", b"qt  \0\0\0\0qt  "), "video/quicktime"),
        (make_box(b"ftyp", b"M4A \0\0\0\0M4A "), "audio/mp4"),
        (make_box(b"ftyp", b"heic\0\0\0\0mif1"), "image/heif"),
        (make_sample_file("voice").content, "audio/ogg"),
        (b"%PDF-1.7\n", "application/pdf"),
        ("Nội dung đơn: mất trộm.".encode(), "text/plain"),
        (
            make_archive("[Content_Types].xml", "word/document.xml"),
            content_types._OFFICE_FOLDERS["word/"],
        ),
        (
            make_archive("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
    ],
)
def test_usual_types_of_evidence_are_accepted(content: bytes, expected: str) -> None:
    """The type is detected from the content."""
    assert content_types.detect_content_type(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\0" + bytes(100),
        b"\x7fELF\x02\x01" + bytes(100),
        b"#!/bin/sh\nrm -rf /",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b'\xef\xbb\xbf <svg onload="alert(1)">',
        make_archive("AndroidManifest.xml", "classes.dex"),
        make_archive("a.txt"),
        make_archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        make_archive(mimetype="application/x-evil"),
        b"PK\x03\x04" + b"torn",
        b"words \0 and a zero byte",
    ],
)
def test_programs_web_pages_and_archives_are_refused(content: bytes) -> None:
    """They have no accepted type, or can run something."""
    with pytest.raises((UnreadableMedia, ActiveContent)):
        check_file(content, "")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_loses_its_metadata_and_stands_upright(form: str) -> None:
    """Position and maker are removed; the rotation is applied to the pixels."""
    content = make_picture_with_metadata(form)
    assert b"SECRETPHONE" in content
    cleaned = remove_metadata(content, f"image/{form.lower()}")
    assert b"SECRETPHONE" not in cleaned
    with Image.open(io.BytesIO(cleaned)) as opened:
        assert not opened.getexif()
        assert opened.size == (20, 40)
        red, green, blue = opened.convert("RGB").getpixel((10, 5))  # type: ignore[misc]
        assert red > 200
        assert green < 60
        assert blue < 60


def test_a_movie_loses_its_metadata_and_keeps_all_offsets() -> None:
    """Metadata boxes are emptied. All other bytes stay at their offsets."""
    cleaned = remove_metadata(MOVIE, "video/mp4")
    assert b"20.8561" not in cleaned
    assert b"SECRETPHONE" not in cleaned
    assert len(cleaned) == len(MOVIE)
    assert cleaned.index(b"frames that are played") == MOVIE.index(b"frames that are played")
    assert cleaned.count(b"free") == 2


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\xff\xd8\xff" + bytes(50), "image/jpeg"),
        (make_picture("PNG")[:60], "image/png"),
        (MOVIE[:50], "video/mp4"),
        (struct.pack(">I4s", 4, b"moov"), "video/mp4"),
        # A picture that declares 65,500 by 65,500 pixels in a few bytes.
        (make_picture("GIF")[:6] + bytes(20), "image/png"),
    ],
)
def test_broken_and_oversized_media_raise_unreadable_media(
    content: bytes, content_type: str
) -> None:
    """No other error is raised, and the function returns in time."""
    with pytest.raises(UnreadableMedia):
        remove_metadata(content, content_type)


@given(content=st.binary(max_size=300))
def test_any_bytes_as_a_movie_give_a_copy_or_unreadable_media(content: bytes) -> None:
    """The copy has the same length."""
    with contextlib.suppress(UnreadableMedia):
        assert len(remove_metadata(content, "video/mp4")) == len(content)


def test_plain_text_is_returned_unchanged_and_old_documents_are_not_cleaned() -> None:
    """A text has no metadata. No library removes those of the old formats of Office."""
    assert remove_metadata(b"Xin chao", "text/plain") == b"Xin chao"
    with pytest.raises(NotCleanable):
        remove_metadata(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword")


def test_retry_delays_grow_to_two_hours() -> None:
    """The first is 10 seconds."""
    delays = [fetcher.compute_retry_delay(attempt) for attempt in range(1, 20)]
    assert delays == sorted(delays)
    assert delays[0] == timedelta(seconds=10)
    assert delays[-1] == timedelta(hours=2)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damage", [0x00, 0x55, 0xFF])
def test_a_broken_archive_has_no_accepted_type(compression: int, damage: int) -> None:
    """Errors of every compression method are handled."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as opened:
        opened.writestr("mimetype", "application/vnd.oasis.opendocument.text" * 3)
    broken = bytearray(content.getvalue())
    start = 30 + len("mimetype")
    broken[start : start + 20] = bytes([damage]) * 20
    assert content_types.detect_content_type(bytes(broken)) is None
