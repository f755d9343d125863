"""Office documents with the marker in every metadata field, and in the pictures within."""

from __future__ import annotations

import io
import zipfile

from tests.marked_pictures import MARKER, make_picture

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
