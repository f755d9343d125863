"""Documents of Office 97 to 2003, which are OLE compound files: their type, and what they can run.

https://learn.microsoft.com/openspecs/office_file_formats describes [MS-DOC], [MS-XLS], [MS-PPT].
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

from bot.evidence.errors import ActiveContent, NotCheckable

if TYPE_CHECKING:
    from collections.abc import Iterator

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The stream that every document of a type has.
_WORD, _SLIDES = "worddocument", "powerpoint document"
_BOOKS = ("workbook", "book")
_TYPES = {
    _WORD: "application/msword",
    **dict.fromkeys(_BOOKS, "application/vnd.ms-excel"),
    _SLIDES: "application/vnd.ms-powerpoint",
}
OLD_OFFICE_TYPES = frozenset(_TYPES.values())
# Storages and streams of macros; the stream of a file that is packed into a document.
_MACROS = frozenset({"macros", "vba", "_vba_project", "_vba_project_cur"})
_PACKED = "\x01ole10native"
_ENCRYPTED = frozenset({"encryptedpackage", "encryptioninfo", "encryptedsummary"})
_FIELDS_THAT_RUN = (b"DDEAUTO", "DDEAUTO".encode("utf-16-le"))
_WORD_ENCRYPTED, _WORD_FLAGS_AT = 0x0100, 10  # in the flags of the FIB
_SHEET, _PASSWORD, _WORKSHEET_KINDS = 0x85, 0x2F, frozenset({0, 2})  # [MS-XLS]: sheets, charts
_VBA_INFO = struct.pack("<HHI", 2, 0x400, 12)  # [MS-PPT]: the head of a VBAInfoAtom
_OLE_OBJECT = 0x1011  # [MS-PPT]: the type of an ExOleObjStg
_MAX_ENTRIES = 20_000  # of streams and storages
_MAX_OBJECT_BYTES = 50 * 1024 * 1024  # of an object that is packed in slides
_MAX_DEPTH = 3


def detect_old_document(content: bytes) -> str | None:
    """Return the type of a document; None for other compound files, such as an installer."""
    try:
        names = _list_names(content, storages=False)
    except NotCheckable:
        return None
    found = [_TYPES[path[0]] for path in names if len(path) == 1 and path[0] in _TYPES]
    return found[0] if len(set(found)) == 1 else None


def check_old_document(content: bytes, *, depth: int = 0) -> None:
    """Raise ActiveContent for macros and packed files, NotCheckable for a password or damage.

    Inside another document (`depth` > 0) a packed file is no error: it does not get into the copy.
    """
    names = _list_names(content, storages=True)
    parts = {part for path in names for part in path}
    if parts & _MACROS or (depth == 0 and _PACKED in parts):
        raise ActiveContent("an old document with macros or packed files")
    if parts & _ENCRYPTED:
        raise NotCheckable("a document with a password")
    for path in names:
        if len(path) == 1 and path[0] in _BOOKS:
            _check_book(_read_stream(content, path))
        elif path == (_SLIDES,):
            _check_slides(_read_stream(content, path), depth)
        elif path == (_WORD,):
            _check_word(_read_stream(content, path))
        elif len(path) == 1 and any(f in _read_stream(content, path) for f in _FIELDS_THAT_RUN):
            raise ActiveContent("a document with a field that starts a program")


def _list_names(content: bytes, *, storages: bool) -> list[tuple[str, ...]]:
    """Return the folded paths of all streams, with `storages` also theirs."""
    with _open(content) as opened:
        paths = _guard(opened.listdir, streams=True, storages=storages)
    if len(paths) > _MAX_ENTRIES:
        raise NotCheckable("too many streams")
    return [tuple(part.casefold() for part in path) for path in paths]


def _read_stream(content: bytes, path: tuple[str, ...]) -> bytes:
    with _open(content) as opened:
        stream = _guard(opened.openstream, list(path))
        return bytes(stream.read())


def _open(content: bytes) -> Any:
    import olefile

    return _guard(olefile.OleFileIO, io.BytesIO(content))


def _guard(function: Any, *given: Any, **more: Any) -> Any:
    """Call a function of olefile. Raises NotCheckable for all that damaged files make it raise."""
    try:
        return function(*given, **more)
    except (OSError, ValueError, TypeError, IndexError, struct.error, RecursionError) as error:
        raise NotCheckable("a damaged compound file") from error


def _check_word(stream: bytes) -> None:
    if len(stream) < _WORD_FLAGS_AT + 2:
        raise NotCheckable("a damaged document")
    (flags,) = struct.unpack_from("<H", stream, _WORD_FLAGS_AT)
    if flags & _WORD_ENCRYPTED:
        raise NotCheckable("a document with a password")
    if any(each in stream for each in _FIELDS_THAT_RUN):
        raise ActiveContent("a document with a field that starts a program")


def _check_book(stream: bytes) -> None:
    """Check the records of a workbook: sheets with macros of Excel 4, a password."""
    position = 0
    while position + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, position)
        if kind == _PASSWORD:
            raise NotCheckable("a workbook with a password")
        is_sheet = kind == _SHEET and position + 10 <= len(stream)
        if is_sheet and stream[position + 9] not in _WORKSHEET_KINDS:
            raise ActiveContent("a workbook with a sheet of macros")
        position += 4 + size


def _check_slides(stream: bytes, depth: int) -> None:
    """Check slides for macros, also in the objects that are packed in them."""
    at = stream.find(_VBA_INFO)
    while at != -1:
        if int.from_bytes(stream[at + 12 : at + 16], "little"):
            raise ActiveContent("slides with macros")
        at = stream.find(_VBA_INFO, at + 1)
    for packed in _list_objects(stream):
        if packed[:8] == OLE_SIGNATURE:
            if depth >= _MAX_DEPTH:
                raise NotCheckable("objects in objects")
            check_old_document(packed, depth=depth + 1)
            if any(_PACKED in path for path in _list_names(packed, storages=False)):
                raise ActiveContent("slides with packed files")


def _list_objects(stream: bytes) -> Iterator[bytes]:
    """Yield the objects in the records of slides, unpacked. Raises NotCheckable."""
    position = 0
    while position + 8 <= len(stream):
        version, kind, size = struct.unpack_from("<HHI", stream, position)
        content = stream[position + 8 : position + 8 + size]
        if kind == _OLE_OBJECT:
            yield _unpack(content[4:]) if version >> 4 else content
        position += 8 + size


def _unpack(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, _MAX_OBJECT_BYTES)
    except zlib.error as error:
        raise NotCheckable("a damaged object") from error
    if unpacker.unconsumed_tail:
        raise NotCheckable("a large object")
    return content
