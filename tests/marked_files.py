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
import pillow_heif
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, GEOB, PRIV, TIT2, TPE1, TXXX
from mutagen.mp3 import MP3
from mutagen.ogg import OggPage
from mutagen.wave import WAVE
from PIL import Image, PngImagePlugin, TiffImagePlugin

if TYPE_CHECKING:
    from collections.abc import Callable

MARKER = "NGUYENVANANH7391"
PLACE = (20.0, 51.0, 17.0)  # degrees, minutes, seconds: the latitude and longitude in EXIF
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


def _make_exif() -> Image.Exif:
    exif = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298):  # description, maker, artist…
        exif[tag] = MARKER
    exif.get_ifd(0x8769)[0x9286] = MARKER.encode()  # the comment of the user
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4], gps[27] = "N", PLACE, "E", PLACE, MARKER.encode()
    return exif


def make_picture(form: str, *, frames: int = 1) -> bytes:
    """Return a picture with the marker in all of EXIF, XMP, comments and its end that it can have.

    `form` is the name that Pillow gives to the format, such as "JPEG".
    """
    images = [Image.new("RGB", (32, 24), colour) for colour in ("green", "red", "blue")[:frames]]
    more: dict[str, Any] = {"exif": _make_exif(), "xmp": f"<x>{MARKER}</x>".encode()}
    if frames > 1:
        more |= {"save_all": True, "append_images": images[1:], "duration": 100}
    if form == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", MARKER)
        texts.add_text("Comment", MARKER, zip=True)
        texts.add_itxt("XML:com.adobe.xmp", MARKER, zip=True)
        more = {"exif": more["exif"], "pnginfo": texts} | {
            key: more[key] for key in ("save_all", "append_images", "duration") if key in more
        }
    elif form == "JPEG":
        more["comment"] = MARKER
        more["icc_profile"] = MARKER.encode() * 4
    elif form == "GIF":
        more = {**more, "comment": MARKER.encode()}
        more.pop("exif"), more.pop("xmp")
    elif form == "TIFF":
        info = TiffImagePlugin.ImageFileDirectory_v2()
        for tag in (270, 271, 305, 315, 33432):
            info[tag] = MARKER
        info[700] = MARKER.encode()
        more = {"tiffinfo": info}
    content = io.BytesIO()
    if form == "HEIF":
        pillow_heif.register_heif_opener()
    images[0].save(content, form, **more)
    after_end = MARKER.encode() if form in {"JPEG", "PNG", "GIF"} else b""
    return content.getvalue() + after_end


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


_CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    f"<dc:creator>{MARKER}</dc:creator><cp:lastModifiedBy>{MARKER}</cp:lastModifiedBy>"
    "</cp:coreProperties>"
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_OFFICE_PARTS = {
    "word": {
        "word/document.xml": f'<w:document {_W}><w:body><w:p w:rsidR="00AA"><w:ins w:id="1" '
        f'w:author="{MARKER}" w:date="2026-01-01T00:00:00Z"><w:r><w:t>Đơn</w:t></w:r></w:ins></w:p>'
        f"<!-- {MARKER} --></w:body></w:document>",
        "word/comments.xml": f'<w:comments {_W}><w:comment w:id="1" w:author="{MARKER}" '
        f'w:initials="{MARKER}"/></w:comments>',
        "word/_rels/settings.xml.rels": f'<Relationships {_R}><Relationship Id="rId1" '
        f'Type="x/attachedTemplate" Target="file:///C:/Users/{MARKER}/a.dot" '
        'TargetMode="External"/></Relationships>',
    },
    "xl": {
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
        f'main" xmlns:x="x"><x:absPath url="C:\\Users\\{MARKER}"/>'
        f'<fileSharing userName="{MARKER}"/>'
        "</workbook>",
        "xl/comments1.xml": f"<comments><authors><author>{MARKER}</author></authors></comments>",
        "xl/persons/person.xml": f'<personList><person displayName="{MARKER}" userId="{MARKER}"/>'
        "</personList>",
        "xl/printerSettings/printerSettings1.bin": MARKER,
    },
    "ppt": {
        "ppt/presentation.xml": "<presentation/>",
        "ppt/commentAuthors.xml": f'<cmAuthorLst><cmAuthor name="{MARKER}" initials="{MARKER}"/>'
        "</cmAuthorLst>",
        "ppt/slides/slide1.xml": f'<sld><pic descr="C:\\Users\\{MARKER}\\a.jpg"/></sld>',
    },
}


_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def make_office(folder: str) -> bytes:
    """Return a Word, Excel or PowerPoint document by its folder: "word", "xl" or "ppt"."""
    rels = "".join(
        f'<Relationship Id="r{n}" Type="t" Target="{target}"/>'
        for n, target in enumerate(("docProps/core.xml", f"{folder}/document.xml"))
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types><Override PartName="/docProps/core.xml"/></Types>',
        "_rels/.rels": f"<Relationships {_R}>{rels}</Relationships>",
        "docProps/core.xml": _CORE,
        "docProps/app.xml": f"<Properties><Company>{MARKER}</Company></Properties>",
        "docProps/custom.xml": f"<Properties><property>{MARKER}</property></Properties>",
        "docProps/thumbnail.jpeg": make_picture("JPEG"),
        "customXml/item1.xml": f"<a>{MARKER}</a>",
        f"{folder}/media/image1.jpeg": make_picture("JPEG"),
        f"{folder}/media/image2.png": make_picture("PNG"),
        f"{folder}/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + MARKER.encode(),
        **_OFFICE_PARTS[folder],
    }
    return _make_archive(parts)


def make_open_document(kind: str = "text") -> bytes:
    """Return an OpenDocument file with the marker in its properties, notes and picture.

    `kind` is the end of its media type: "text" or "spreadsheet".
    """
    space = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:office="o" xmlns:config="c"'
    return _make_archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "meta.xml": f"<office:meta {space}><dc:creator>{MARKER}</dc:creator></office:meta>",
            "content.xml": f"<office:body {space}><office:annotation><dc:creator>{MARKER}"
            "</dc:creator><dc:date>2026-01-01</dc:date></office:annotation></office:body>",
            "settings.xml": f"<office:settings {space}>"
            f'<config:config-item config:name="PrinterName">{MARKER}</config:config-item>'
            "</office:settings>",
            "Pictures/1.jpg": make_picture("JPEG"),
            "Thumbnails/thumbnail.png": make_picture("PNG"),
            "META-INF/documentsignatures.xml": f"<a>{MARKER}</a>",
            "META-INF/manifest.xml": '<m><file-entry full-path="Thumbnails/thumbnail.png"/></m>',
        }
    )


def _make_archive(parts: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = MARKER.encode()
        for name, part in parts.items():
            info = zipfile.ZipInfo(name)
            info.comment = MARKER.encode()
            archive.writestr(info, part, zipfile.ZIP_DEFLATED)
    return content.getvalue()


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
