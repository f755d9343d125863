"""Files of many types with a marker in every metadata field that a library can write.

`find_markers` looks for the marker as an attacker would: in the bytes, in members of archives, in
streams of PDF files, and in the text of UTF-16.
"""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import pikepdf
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, GEOB, PRIV, TIT2, TPE1, TXXX
from mutagen.mp3 import MP3
from mutagen.ogg import OggPage
from mutagen.wave import WAVE

from tests.marked_documents import make_office, make_open_document
from tests.marked_pictures import MARKER, make_picture

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKS = (MARKER.encode(), MARKER.encode("utf-16-le"), MARKER.encode("utf-16-be"))


def find_markers(content: bytes) -> list[str]:
    """Return where the marker is found: in the bytes, or in parts that are packed in them."""
    found = ["bytes"] if _has_mark(content) else []
    if content[:2] == b"PK":
        found += _find_in_archive(content)
    if content[:5] == b"%PDF-":
        found += _find_in_pdf(content)
    for start in range(len(content) - 2):
        if content[start : start + 2] in {b"x\x9c", b"x\xda"}:
            try:
                unpacked = zlib.decompressobj().decompress(content[start:])
            except zlib.error:
                continue
            found += ["packed bytes"] if _has_mark(unpacked) else []
    return found


def _has_mark(content: bytes) -> bool:
    return any(mark in content for mark in _MARKS)


def _find_in_archive(content: bytes) -> list[str]:
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            found += [f"{name}: {each}" for each in find_markers(archive.read(name))]
            found += ["a name"] if MARKER in name else []
    return found


def _find_in_pdf(content: bytes) -> list[str]:
    found = []
    with pikepdf.open(io.BytesIO(content)) as opened:
        for item in opened.objects:
            found += ["an object"] if MARKER in repr(item) else []
            if isinstance(item, pikepdf.Stream):
                found += find_markers(item.read_raw_bytes())
                with contextlib.suppress(pikepdf.PdfError):
                    found += find_markers(item.read_bytes())
        found += ["trailer"] if MARKER in repr(opened.trailer) else []
    return found


def make_mp3() -> bytes:
    """Return an MP3 file with ID3v2, ID3v1, an APE tag and bytes between the tags."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    content = io.BytesIO(frame * 12)
    tagged = MP3(content)
    tagged.add_tags()
    tags: Any = tagged.tags
    for each in (
        TIT2(text=MARKER),
        TPE1(text=MARKER),
        COMM(lang="vie", text=MARKER),
        TXXX(desc="Location", text=MARKER),
        PRIV(owner=MARKER, data=MARKER.encode()),
        GEOB(mime="text/plain", filename=MARKER, data=MARKER.encode()),
        APIC(mime="image/jpeg", type=3, data=make_picture("JPEG")),
    ):
        tags.add(each)
    content.seek(0)
    tagged.save(content, v1=2)
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)
    return content.getvalue() + b"LYRICSBEGIN" + MARKER.encode() + b"LYRICS200" + ape


def make_flac() -> bytes:
    """Return a FLAC file with comments, a picture, an application block and ID3v1 at its end."""
    stream_info = struct.pack(">HH", 4096, 4096) + bytes(6) + b"\x0a\xc4\x42\xf0" + bytes(20)
    application = b"\x02" + (4 + 16).to_bytes(3, "big") + b"test" + MARKER.encode()
    blocks = b"\x00" + (34).to_bytes(3, "big") + stream_info + application
    padding = b"\x81\0\0\x04" + bytes(4)
    content = io.BytesIO(b"fLaC" + blocks + padding + b"\xff\xf8\xc9\x18" + bytes(200))
    tagged = FLAC(content)
    tagged["artist"] = tagged["comment"] = tagged["location"] = MARKER
    picture = Picture()
    picture.data, picture.desc, picture.mime = make_picture("JPEG"), MARKER, "image/jpeg"
    tagged.add_picture(picture)
    content.seek(0)
    tagged.save(content)
    return content.getvalue() + b"TAG" + MARKER.encode().ljust(125, b"\0")


def make_wav() -> bytes:
    """Return a WAV file with ID3, INFO and broadcast chunks."""
    samples = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    samples += struct.pack("<4sI", b"data", 100) + bytes(100)
    for name in (b"bext", b"iXML", b"LIST"):
        samples += struct.pack("<4sI", name, 16) + MARKER.encode()
    content = io.BytesIO(b"RIFF" + struct.pack("<I", 4 + len(samples)) + b"WAVE" + samples)
    tagged = WAVE(content)
    tagged.add_tags()
    tags: Any = tagged.tags
    tags.add(TPE1(text=MARKER))
    content.seek(0)
    tagged.save(content)
    return content.getvalue()


def make_opus() -> bytes:
    """Return an Opus voice message with comments, and a second stream that is no sound."""
    comment = MARKER.encode()
    tags = b"OpusTags" + struct.pack("<I", len(comment)) + comment + struct.pack("<I", 1)
    tags += struct.pack("<I", len(comment) + 7) + b"ARTIST=" + comment
    head = b"OpusHead\x01\x01" + struct.pack("<HIHB", 0, 48000, 0, 0)
    parts = []
    for serial, packets in ((1, [head, tags, b"\xf8\xff\xfe" * 20]), (2, [b"fishead\0" + comment])):
        for number, packet in enumerate(packets):
            page: Any = OggPage()
            page.serial, page.sequence, page.packets = serial, number, [packet]
            page.first, page.last = number == 0, number == len(packets) - 1
            page.position = 960 if number == 2 else 0
            parts.append(page.write())
    return b"".join(parts)


def make_pdf() -> bytes:
    """Return a PDF with Info, XMP, an attachment, a photo, notes, and private data."""
    opened: Any = pikepdf.new()
    page = opened.add_blank_page(page_size=(200, 200))
    for key in ("/Author", "/Creator", "/Title", "/Keywords", "/Company"):
        opened.docinfo[key] = MARKER
    with opened.open_metadata() as xmp:
        xmp["dc:creator"], xmp["pdf:Producer"] = [MARKER], MARKER
    opened.Root.PieceInfo = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=MARKER))
    opened.Root.OutputIntents = pikepdf.Array([pikepdf.Dictionary(Info=MARKER)])
    photo = pikepdf.Stream(opened, make_picture("JPEG"))
    photo.Type, photo.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    photo.Width, photo.Height, photo.BitsPerComponent = 32, 24, 8
    profile = pikepdf.Stream(opened, MARKER.encode(), {"/N": 3})
    photo.ColorSpace = pikepdf.Array([pikepdf.Name.ICCBased, profile])
    photo.Filter = pikepdf.Name.DCTDecode
    photo.Metadata = pikepdf.Stream(opened, MARKER.encode())
    packed = pikepdf.Stream(opened, zlib.compress(make_picture("JPEG")))
    packed.Subtype, packed.Width, packed.Height = pikepdf.Name.Image, 32, 24
    packed.Filter = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode])
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=photo, B=packed))
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], T=MARKER, M=MARKER,
        Contents="Xem chỗ này",
    )  # fmt: skip
    page.Annots = pikepdf.Array([opened.make_indirect(note)])
    opened.attachments[f"{MARKER}.jpg"] = pikepdf.AttachedFileSpec(
        opened, make_picture("JPEG"), description=MARKER, filename=f"{MARKER}.jpg"
    )
    written = io.BytesIO()
    opened.save(written)
    return written.getvalue()


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def make_mp4(brand: bytes = b"isom") -> bytes:
    """Return a movie with one picture track, and a track of positions that is not played."""
    mark, frame = MARKER.encode(), b"a frame that is played"
    head = _box(b"ftyp", brand, b"\0\0\2\0", brand)

    def make_track(handler: bytes, offset: int, size: int) -> bytes:
        encoder = mark.ljust(32, b"\0")
        entry = _box(b"avc1", bytes(42), encoder, bytes(4)) if handler == b"vide" else b""
        tables = (
            _box(b"stsd", bytes(4), struct.pack(">I", bool(entry)), entry),
            _box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, 1, 1)),
            _box(b"stsz", bytes(4), struct.pack(">III", 0, 1, size)),
            _box(b"stco", bytes(4), struct.pack(">II", 1, offset)),
        )
        return _box(
            b"trak",
            _box(b"tkhd", bytes(84)),
            _box(b"udta", _box(b"name", mark)),
            _box(
                b"mdia",
                _box(b"mdhd", bytes(24)),
                _box(b"hdlr", bytes(8), handler, bytes(12), mark),
                _box(b"minf", _box(b"stbl", *tables)),
            ),
        )

    def make_moov(start: int) -> bytes:
        return _box(
            b"moov",
            _box(b"mvhd", bytes(100)),
            _box(b"udta", _box(b"\xa9xyz", b"\0\x11\x15\xc7+20.8561+106.6822/" + mark)),
            _box(b"meta", bytes(4), mark),
            make_track(b"vide", start, len(frame)),
            make_track(b"meta", start + len(frame), len(mark)),
        )

    size = len(make_moov(0))
    rest = _box(b"uuid", bytes(16), mark) + _box(b"free", mark) + _box(b"skip", mark)
    return head + make_moov(len(head) + size + 8) + _box(b"mdat", frame, mark, mark) + rest


def _element(number: int, content: bytes) -> bytes:
    size = (1 << 56 | len(content)).to_bytes(8, "big")
    return number.to_bytes((number.bit_length() + 7) // 8, "big") + size + content


def make_webm() -> bytes:
    """Return a WebM movie with title, tags, an attachment, and the name of a track."""
    mark = MARKER.encode()
    info = _element(0x2AD7B1, b"\x0f\x42\x40") + _element(0x7BA9, mark) + _element(0x4D80, mark)
    track = _element(0xD7, b"\1") + _element(0x536E, mark) + _element(0x86, b"V_VP8")
    return _element(0x1A45DFA3, _element(0x4282, b"webm")) + _element(
        0x18538067,
        _element(0x1549A966, info)
        + _element(0x1654AE6B, _element(0xAE, track))
        + _element(0x1F43B675, _element(0xE7, b"\0") + _element(0xA3, b"\x81\0\0\x80frame"))
        + _element(0x1254C367, _element(0x7373, mark))
        + _element(0x1941A469, mark)
        + _element(0xEC, mark),
    )


# By file name; each function makes the file.
MARKED_FILES: dict[str, Callable[[], bytes]] = {
    "anh.jpg": lambda: make_picture("JPEG"),
    "anh.png": lambda: make_picture("PNG"),
    "anh.webp": lambda: make_picture("WEBP"),
    "anh.gif": lambda: make_picture("GIF"),
    "anh.tif": lambda: make_picture("TIFF"),
    "anh.heic": lambda: make_picture("HEIF"),
    "anh.avif": lambda: make_picture("AVIF"),
    "dong.gif": lambda: make_picture("GIF", frames=3),
    "dong.png": lambda: make_picture("PNG", frames=3),
    "don.pdf": make_pdf,
    "don.docx": lambda: make_office("word"),
    "bang.xlsx": lambda: make_office("xl"),
    "trinh.pptx": lambda: make_office("ppt"),
    "don.odt": make_open_document,
    "bang.ods": lambda: make_open_document("spreadsheet"),
    "ghi.mp3": make_mp3,
    "ghi.flac": make_flac,
    "ghi.wav": make_wav,
    "ghi.opus": make_opus,
    "ghi.m4a": lambda: make_mp4(b"M4A "),
    "phim.mp4": make_mp4,
    "phim.mov": lambda: make_mp4(b"qt  "),
    "phim.webm": make_webm,
}
