"""Small files that need much memory or time when they are opened."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pikepdf
from PIL import Image

from tests.attacks.hostile_files import make_office, make_open_document, make_pdf

if TYPE_CHECKING:
    from collections.abc import Callable


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def make_png(width: int, height: int, colours: int = 2, *, frames: int = 1) -> bytes:
    """Return a PNG of one colour; its rows are packed without holding them in memory.

    `colours` is the type of PNG: 0 is grey, 2 RGB, 6 RGB with alpha. With `frames` it says that it
    is an animation.
    """
    packer, row = zlib.compressobj(9), bytes(1 + width * {0: 1, 2: 3, 6: 4}[colours])
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    moves = _chunk(b"acTL", struct.pack(">II", frames, 0)) if frames > 1 else b""
    return b"\x89PNG\r\n\x1a\n" + head + moves + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def make_gif(width: int, height: int, frames: int) -> bytes:
    """Return a GIF of a few pixels that says that it is larger, with empty frames."""
    content = io.BytesIO()
    Image.new("P", (1, 1)).save(content, "GIF")
    frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    start = content.getvalue()
    head = start[:6] + struct.pack("<HH", width, height) + start[10:13]
    palette = start[13 : 13 + 3 * 2 ** ((start[10] & 7) + 1)] if start[10] & 0x80 else b""
    return head + palette + frame * frames + b";"


def make_tiff_with_large_second_page() -> bytes:
    """Return a TIFF whose first page is small, and whose second page is huge."""
    content = io.BytesIO()
    small, large = Image.new("1", (10, 10)), Image.new("1", (20_000, 10_000))
    small.save(content, "TIFF", save_all=True, append_images=[large], compression="group4")
    return content.getvalue()


def make_jpeg_header(width: int, height: int) -> bytes:
    """Return a small JPEG that says that it has other sizes."""
    content = io.BytesIO()
    Image.new("RGB", (16, 16)).save(content, "JPEG")
    found = content.getvalue()
    at = found.index(b"\xff\xc0") + 5
    return found[:at] + struct.pack(">HH", height, width) + found[at + 4 :]


def make_zip_bomb(folder: str, megabytes: int) -> bytes:
    """Return an office document whose text is so large when it is unpacked."""
    content = io.BytesIO(make_office(folder, {}))
    with (
        zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{folder}/a.xml", "w", force_zip64=True) as member,
    ):
        member.write(b"<a>")
        for _ in range(megabytes):
            member.write(b"<b/>" * 262_144)
        member.write(b"</a>")
    return content.getvalue()


def make_many_members() -> bytes:
    """Return an office document with very many members."""
    return make_office("word", {f"word/{n}.xml": "<a/>" for n in range(20_000)})


def make_nested(depth: int) -> bytes:
    """Return office documents inside each other."""
    content = make_office("word", {})
    for _ in range(depth):
        content = make_office("word", {"word/embeddings/a.docx": content * 2})
    return content


def make_deep_xml() -> bytes:
    """Return a document whose elements are inside each other very deeply."""
    return make_open_document({"content.xml": "<a>" * 400_000 + "</a>" * 400_000})


def _pack_often(opened: pikepdf.Pdf) -> None:
    packed = bytes(100 * 1024 * 1024)
    for _ in range(3):
        packed = zlib.compress(packed, 9)
    filters = pikepdf.Array([pikepdf.Name.FlateDecode] * 3 + [pikepdf.Name.DCTDecode])
    stream = pikepdf.Stream(opened, packed)
    stream.Filter, stream.Subtype = filters, pikepdf.Name.Image
    opened.Root.Pages.Bomb = opened.make_indirect(stream)


def _fill(opened: pikepdf.Pdf) -> None:
    opened.Root.Pages.Many = pikepdf.Array(
        [opened.make_indirect(pikepdf.Dictionary(A=n)) for n in range(101_000)]
    )


# By name; each function makes the file. None of them is larger than 20 MB.
BOMBS: dict[str, Callable[[], bytes]] = {
    "anh-mau.png": lambda: make_png(10_000, 6_000),
    "anh-xam.png": lambda: make_png(30_000, 5_000, 0),
    "anh-trong.png": lambda: make_png(12_000, 3_000, 6),
    "dong.png": lambda: make_png(2_000, 2_000, 6, frames=50_000),
    "lon.gif": lambda: make_gif(65_000, 65_000, 1),
    "nhieu.gif": lambda: make_gif(3_000, 3_000, 3_000),
    "trang.tif": make_tiff_with_large_second_page,
    "dau.jpg": lambda: make_jpeg_header(65_000, 65_000),
    "nang.docx": lambda: make_zip_bomb("word", 400),
    "vua.docx": lambda: make_zip_bomb("word", 120),
    "nhieu.docx": make_many_members,
    "sau.odt": make_deep_xml,
    "nen.pdf": lambda: make_pdf(_pack_often),
    "nhieu.pdf": lambda: make_pdf(_fill),
}
