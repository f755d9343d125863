"""Files that run something when they are opened, or that claim to be of another type."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pikepdf
from PIL import Image

from tests.marked_files import MARKED_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVIL = "EVILPAYLOAD"  # a part of every hostile file that must not reach an officer
_SECTOR = 512
_NO_STREAM, _END_OF_CHAIN, _FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_MSI_CLASS = bytes.fromhex("8410 0c00 0000 0000 c000 0000 0000 0046")
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def make_ole(streams: Mapping[str, bytes], class_id: bytes = bytes(16)) -> bytes:
    """Return a compound file ([MS-CFB]) with streams by name; "a/b" is the stream b in storage a.

    Streams are padded to 4096 bytes, so that none of them is a small one.
    """
    tree: dict[str, list[str]] = {"": []}
    for path in streams:
        parts = path.split("/")
        for depth in range(len(parts)):
            parent, own = "/".join(parts[:depth]), "/".join(parts[: depth + 1])
            if own not in tree.setdefault(parent, []):
                tree[parent].append(own)
    order = [""]
    for path in order:
        order += tree.get(path, [])
    sectors: list[bytes] = []
    chains: list[int] = []

    def add(content: bytes) -> int:
        start = len(sectors)
        for at in range(0, len(content), _SECTOR):
            sectors.append(content[at : at + _SECTOR].ljust(_SECTOR, b"\0"))
            chains.append(len(sectors))
        chains[-1] = _END_OF_CHAIN
        return start

    starts = {path: add(content.ljust(4096, b"\0")) for path, content in streams.items()}
    entries = b""
    for path in order:
        children, parent = tree.get(path, []), path.rpartition("/")[0]
        siblings = tree[parent] if path else [""]
        after = siblings[siblings.index(path) + 1 :]
        name = (path.rpartition("/")[2] if path else "Root Entry").encode("utf-16-le") + b"\0\0"
        size = max(len(streams[path]), 4096) if path in streams else 0
        entries += name.ljust(64, b"\0") + struct.pack(
            "<HBBIII16sI8s8sIQ",
            len(name), 5 if not path else 2 if path in streams else 1, 1,
            _NO_STREAM, order.index(after[0]) if after else _NO_STREAM,
            order.index(children[0]) if children else _NO_STREAM,
            class_id if not path else bytes(16), 0, bytes(8), bytes(8),
            starts.get(path, 0 if path else _END_OF_CHAIN), size,
        )  # fmt: skip
    directory = add(entries.ljust(-(-len(entries) // _SECTOR) * _SECTOR, b"\0"))
    fat_size = -(-(len(sectors) + 4) // (_SECTOR // 4))
    fat_start = len(sectors)
    table = [*chains, *[_FAT_SECTOR] * fat_size]
    table += [_NO_STREAM] * (fat_size * _SECTOR // 4 - len(table))
    fat = struct.pack(f"<{len(table)}I", *table)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack(
        "<HHHHH6sIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, bytes(6), 0, fat_size, directory, 0, 4096,
        _END_OF_CHAIN, 0, _END_OF_CHAIN, 0,
    )  # fmt: skip
    places = [*range(fat_start, fat_start + fat_size)] + [_NO_STREAM] * (109 - fat_size)
    return header + struct.pack("<109I", *places) + b"".join(sectors) + fat


def make_word(**more: bytes) -> bytes:
    """Return a document of Word 97; `more` are further streams, with "__" for "/"."""
    head = struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0x0409, 0, 0)
    return make_ole({"WordDocument": head, **{k.replace("__", "/"): v for k, v in more.items()}})


def make_sheet(kind: int) -> bytes:
    """Return a workbook of Excel 97 with one sheet; kind 0 is a worksheet, 1 has Excel 4 macros."""
    name = EVIL.encode()
    sheet = struct.pack("<IBBBB", 0, 0, kind, len(name), 0) + name
    begin = struct.pack("<HHHH", 0x809, 4, 0x600, 5)
    return make_ole({"Workbook": begin + struct.pack("<HH", 0x85, len(sheet)) + sheet + bytes(8)})


def make_slides(*, has_macros: bool) -> bytes:
    """Return slides of PowerPoint 97 that say whether they have macros."""
    info = struct.pack("<HHIIII", 2, 0x400, 12, 1, has_macros, 2)
    return make_ole({"PowerPoint Document": info + EVIL.encode(), "Current User": b"x"})


def make_slides_with_hidden_object() -> bytes:
    """Return slides with a packed object that contains macros."""
    inner = make_ole({"VBA/dir": EVIL.encode()})
    packed = struct.pack("<I", len(inner)) + zlib.compress(inner)
    record = struct.pack("<HHI", 0x10, 0x1011, len(packed)) + packed
    return make_ole({"PowerPoint Document": record})


def make_office(folder: str, parts: Mapping[str, str | bytes]) -> bytes:
    """Return an office document; `parts` are added to its usual parts, or replace them."""
    main = {"word": "document", "xl": "workbook", "ppt": "presentation"}[folder]
    usual = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships {_PACKAGE}><Relationship Id="r" Type="t" '
        f'Target="{folder}/{main}.xml"/></Relationships>',
        f"{folder}/{main}.xml": f"<document {_W}><w:t>Đơn</w:t></document>",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**usual, **parts}.items():
            archive.writestr(name, part)
    return content.getvalue()


def _relate(kind: str, target: str) -> str:
    return (
        f'<Relationships {_PACKAGE}><Relationship Id="r1" Type="{_RELATIONSHIPS}/{kind}" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    )


def make_open_document(parts: Mapping[str, str]) -> bytes:
    """Return an OpenDocument text with further parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        for name, part in {"content.xml": "<a>Đơn</a>", **parts}.items():
            archive.writestr(name, part)
    return content.getvalue()


def make_pdf(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Return a PDF of one page after a change."""
    written = io.BytesIO()
    with pikepdf.new() as opened:
        opened.add_blank_page()
        change(opened)
        opened.save(written)
    return written.getvalue()


def _make_action(opened: pikepdf.Pdf, kind: str) -> pikepdf.Object:
    fields = {"/S": pikepdf.Name(kind)}
    if kind == "/JavaScript":
        return opened.make_indirect(pikepdf.Dictionary({**fields, "/JS": f"app.alert('{EVIL}')"}))
    return opened.make_indirect(pikepdf.Dictionary({**fields, "/F": f"cmd.exe /c {EVIL}"}))


def _open_action(kind: str) -> Callable[[pikepdf.Pdf], None]:
    def change(opened: pikepdf.Pdf) -> None:
        opened.Root.OpenAction = _make_action(opened, kind)

    return change


def _link_action(kind: str) -> Callable[[pikepdf.Pdf], None]:
    def change(opened: pikepdf.Pdf) -> None:
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 99, 99],
            A=_make_action(opened, kind),
        )  # fmt: skip
        opened.pages[0].obj.Annots = pikepdf.Array([opened.make_indirect(link)])

    return change


def _named_script(opened: pikepdf.Pdf) -> None:
    names = pikepdf.Array(["a", _make_action(opened, "/JavaScript")])
    tree = pikepdf.Dictionary(Names=names)
    opened.Root.Names = pikepdf.Dictionary(JavaScript=opened.make_indirect(tree))


def _attach_program(opened: pikepdf.Pdf) -> None:
    program = b"MZ\x90\0" + EVIL.encode() * 20
    opened.attachments["hoadon.exe"] = pikepdf.AttachedFileSpec(opened, program)


def make_photo() -> bytes:
    """Return a JPEG picture."""
    content = io.BytesIO()
    Image.new("RGB", (40, 20), "blue").save(content, "JPEG")
    return content.getvalue()


_ARCHIVE = make_office("word", {f"word/media/{EVIL}.xml": "<a/>"})
_MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"
_REMARK = EVIL.encode()

# Nobody gets to see these. By the name that the sender gives; each function makes the file.
REFUSED: dict[str, Callable[[], bytes]] = {
    "don.doc": lambda: make_word(Macros__VBA__dir=_REMARK, Macros__PROJECT=b"x"),
    "goi.doc": lambda: make_word(**{"ObjectPool___1__\x01Ole10Native": b"hoadon.exe" + _REMARK}),
    "dde.doc": lambda: make_word(text=b"\x13DDEAUTO c:\\cmd.exe " + _REMARK),
    "bang.xls": lambda: make_sheet(1),
    "vba.xls": lambda: make_ole({"Workbook": bytes(8), "_VBA_PROJECT_CUR/VBA/dir": _REMARK}),
    "trinh.ppt": lambda: make_slides(has_macros=True),
    "an.ppt": make_slides_with_hidden_object,
    "cai-dat.doc": lambda: make_ole({"!_Stream": _REMARK}, _MSI_CLASS),
    "thu.doc": lambda: make_ole({"__properties_version1.0": _REMARK}),
    "don.docx": lambda: make_office("word", {"word/vbaProject.bin": _REMARK}),
    "ten-khac.docx": lambda: make_office("word", {"word/x.bin": make_ole({"VBA/dir": _REMARK})}),
    "doi-ten.docx": lambda: make_office(
        "word",
        {"[Content_Types].xml": f'<Types><Override ContentType="{_MACRO_TYPE}"/>{EVIL}</Types>'},
    ),
    "dde.docx": lambda: make_office(
        "word",
        {
            "word/document.xml": f"<document {_W}><w:instrText>DDE</w:instrText>"
            f"<w:instrText>AUTO cmd {EVIL}</w:instrText></document>"
        },
    ),
    "dde2.docx": lambda: make_office(
        "word",
        {"word/document.xml": f'<d {_W}><w:fldSimple w:instr=" DDEAUTO cmd {EVIL}"/></d>'},
    ),
    "dde.xlsx": lambda: make_office(
        "xl",
        {
            "xl/externalLinks/externalLink1.xml": '<externalLink><ddeLink ddeService="cmd" '
            f'ddeTopic="/c {EVIL}"/></externalLink>'
        },
    ),
    "macro4.xlsx": lambda: make_office(
        "xl", {"xl/macrosheets/sheet1.xml": f"<macrosheet>{EVIL}</macrosheet>"}
    ),
    "nhi-phan.xlsx": lambda: make_office("xl", {"xl/workbook.bin": _REMARK}),
    "kem-exe.docx": lambda: make_office("word", {"word/embeddings/a.bin": b"MZ\x90\0" + _REMARK}),
    "activex.docx": lambda: make_office("word", {"word/activeX/activeX1.bin": _REMARK}),
    "don.odt": lambda: make_open_document({"Basic/Standard/Module1.xml": f"<a>{EVIL}</a>"}),
    "kich-ban.odt": lambda: make_open_document({"Scripts/python/a.py": f"import os # {EVIL}"}),
    "mo-ra.odt": lambda: make_open_document(
        {
            "content.xml": '<a xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" '
            'xmlns:xlink="http://www.w3.org/1999/xlink"><script:event-listener '
            f'xlink:href="vnd.sun.star.script:../../{EVIL}.py$x?language=Python"/></a>'
        }
    ),
    "mo.pdf": lambda: make_pdf(_open_action("/JavaScript")),
    "chay.pdf": lambda: make_pdf(_open_action("/Launch")),
    "bam.pdf": lambda: make_pdf(_link_action("/Launch")),
    "bam-js.pdf": lambda: make_pdf(_link_action("/JavaScript")),
    "ten.pdf": lambda: make_pdf(_named_script),
    "kem.pdf": lambda: make_pdf(_attach_program),
    "trang.hta": lambda: b"%PDF-1.4\n<script>" + _REMARK + b"</script>",
    "that.hta": lambda: make_pdf(lambda _opened: None) + _REMARK,
    "hai-mat.webp": lambda: b"MZ\x90\0....WEBP" + _REMARK,
    "hai-mat.wav": lambda: b"MZ\x90\0....WAVE" + _REMARK,
    "hai-mat.mp3": lambda: b"ID3\x04\0\0\0\0\0\0" + b"MZ" + _REMARK,
    "hai-mat.webm": lambda: b"\x1aE\xdf\xa3" + b"MZ" + _REMARK,
    "hai-mat.mp4": lambda: struct.pack(">I4s", 60, b"ftyp") + b"<script>" + _REMARK.ljust(44),
    "macro.vbs": lambda: b'CreateObject("WScript.Shell").Run "' + _REMARK + b'"',
    "doi-ten.txt": lambda: b'Set a = CreateObject("WScript.Shell")\na.Run "' + _REMARK + b'"',
    "js.txt": lambda: b'var a = new ActiveXObject("WScript.Shell"); a.Run("' + _REMARK + b'");',
    "lenh.bat": lambda: b"start " + _REMARK,
    "lenh.txt": lambda: b"@ECHO OFF\r\nstart " + _REMARK,
    "lenh2.txt": lambda: b"powershell -enc " + _REMARK,
    "so.txt": lambda: b"Windows Registry Editor Version 5.00\r\n" + _REMARK,
    "lien-ket.txt": lambda: b"[InternetShortcut]\r\nURL=file://x/" + _REMARK,
    "lien-ket2.txt": lambda: b"[Desktop Entry]\nExec=" + _REMARK,
    "bang.txt": lambda: b"ID;P\nC;X1;Y1;E" + _REMARK,
    "thu.txt": lambda: b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n" + _REMARK,
    "trang.txt": lambda: b"Xin chao <hta:application> <script>" + _REMARK + b"</script>",
    "lien-ket.lnk": lambda: b"L\0\0\0\x01\x14\x02\0" + _REMARK,
    "anh.jpg.exe": make_photo,
    "nen.zip": lambda: make_zip({"hoadon.exe": b"MZ" + _REMARK}),
    "nen.rar": lambda: b"Rar!\x1a\x07\x01\0" + _REMARK,
    "nen.7z": lambda: b"7z\xbc\xaf\x27\x1c" + _REMARK,
    "cai.apk": lambda: make_zip({"AndroidManifest.xml": b"x", "classes.dex": _REMARK}),
}

# Officers get a copy of these, without what does not belong to it.
DEFUSED: dict[str, Callable[[], bytes]] = {
    "anh.jpg": lambda: make_photo() + _ARCHIVE,
    "anh.gif": lambda: MARKED_FILES["anh.gif"]() + b"<script>" + _REMARK,
    "don.pdf": lambda: make_pdf(lambda _opened: None) + _ARCHIVE,
    "gui.pdf": lambda: make_pdf(_link_action("/SubmitForm")),
    "xa.docx": lambda: make_office(
        "word", {"word/_rels/document.xml.rels": _relate("oleObject", f"http://{EVIL}.vn/a")}
    ),
    "theo-doi.docx": lambda: make_office(
        "word", {"word/_rels/document.xml.rels": _relate("image", f"http://{EVIL}.vn/a.png")}
    ),
    "khung.docx": lambda: make_office(
        "word", {"word/_rels/webSettings.xml.rels": _relate("frame", f"http://{EVIL}.vn/a.rtf")}
    ),
    "lien-ket.docx": lambda: make_office(
        "word", {"word/_rels/document.xml.rels": _relate("hyperlink", f"smb://{EVIL}/a")}
    ),
}


def make_zip(parts: Mapping[str, bytes]) -> bytes:
    """Return an archive with files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()
