"""PDF files without metadata: pikepdf writes a new file with only what the pages need."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from bot.evidence.errors import ActiveContent, NotCheckable, NotCleanable, UnreadableMedia
from bot.evidence.jpeg_segments import strip_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pikepdf import Pdf

    CleanEmbedded = Callable[[bytes], bytes]

_KEPT_IN_TRAILER = frozenset({"/Root", "/Size"})
_KEPT_IN_CATALOG = frozenset(
    {"/Type", "/Pages", "/PageLabels", "/Names", "/Dests", "/Outlines", "/AcroForm", "/Lang"}
    | {"/StructTreeRoot", "/MarkInfo", "/PageLayout", "/PageMode", "/OCProperties", "/Version"}
)
_KEPT_NAMES = frozenset({"/Dests", "/EmbeddedFiles"})
# Keys that hold metadata, or an action that runs when the file is opened, in any dictionary.
_DROPPED = ("/Metadata", "/PieceInfo", "/LastModified", "/CreatorInfo", "/Thumb", "/AA", "/XFA")
_ACTIONS_THAT_RUN = frozenset({"/JavaScript", "/Launch"})
_KEPT_IN_ACTION = frozenset({"/Type", "/S", "/D", "/N", "/URI"})
_KEPT_ACTIONS = frozenset({"/GoTo", "/Named"})
_ON_THE_WEB = ("http://", "https://", "mailto:", "tel:")
_MAX_OBJECTS = 100_000
_DROPPED_IN_ANNOTATION = ("/T", "/M", "/CreationDate", "/NM")
_PLAIN_FILTERS = frozenset(
    {"/FlateDecode", "/LZWDecode", "/ASCII85Decode", "/ASCIIHexDecode", "/RunLengthDecode"}
)
_DEVICE_SPACES = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}
_BOXES_OF_JPEG2000 = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c"})


def clean_pdf(content: bytes, clean_embedded: CleanEmbedded) -> bytes:
    """Return a PDF file without author, dates, XMP, signatures, and metadata of its pictures.

    `clean_embedded` returns an embedded file without metadata, or raises NotCleanable: then the
    embedded file is left out. Raises NotCleanable, for example for a file with a password, and
    ActiveContent for scripts and actions that start a program.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content)) as opened:
            if len(opened.objects) > _MAX_OBJECTS:
                raise NotCleanable("a PDF file with too many objects")
            for item in opened.objects:
                _refuse_what_runs(item)
            _keep_only(opened.trailer, _KEPT_IN_TRAILER)
            _keep_only(opened.Root, _KEPT_IN_CATALOG)
            if "/Names" in opened.Root:
                _keep_only(opened.Root.Names, _KEPT_NAMES)
                _rename_embedded_files(opened)
            for item in opened.objects:
                _clean_item(item, clean_embedded)
            return _save(opened)
    except (pikepdf.PdfError, pikepdf.PasswordError, pikepdf.DataDecodingError) as error:
        raise NotCleanable("a PDF file that cannot be read") from error
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise NotCleanable("a PDF file with an unusual structure") from error


def _save(opened: Pdf) -> bytes:
    """Return the file, with one revision, without the objects that nothing refers to."""
    import pikepdf

    written = io.BytesIO()
    opened.save(
        written,
        deterministic_id=True,
        encryption=False,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )
    return written.getvalue()


def _rename_embedded_files(opened: Pdf) -> None:
    """Number the embedded files: the tree that lists them holds their names once more."""
    import pikepdf

    names = opened.Root.Names
    if "/EmbeddedFiles" in names:
        files = list(pikepdf.NameTree(names.EmbeddedFiles).values())
        listed = [each for n, file in enumerate(files) for each in (f"{n:05}", file)]
        names.EmbeddedFiles = pikepdf.Dictionary(Names=pikepdf.Array(listed))


def _keep_only(dictionary: Any, keys: frozenset[str]) -> None:
    for key in set(dictionary.keys()) - keys:
        del dictionary[key]


def _refuse_what_runs(item: Any) -> None:
    """Raise ActiveContent if an indirect object has a script or an action that starts a program."""
    import pikepdf

    for each in _walk(item):
        if isinstance(each, pikepdf.Array):
            continue
        if "/JS" in each or "/JavaScript" in each or str(each.get("/S", "")) in _ACTIONS_THAT_RUN:
            raise ActiveContent("a PDF file with a script or an action that starts a program")


def _is_kept_action(action: Any) -> bool:
    """Return True for an action that goes to a page, or opens an address that people know."""
    kind = str(action.get("/S", ""))
    if kind == "/URI":
        return str(action.get("/URI", "")).casefold().startswith(_ON_THE_WEB)
    return kind in _KEPT_ACTIONS


def _clean_item(item: Any, clean_embedded: CleanEmbedded) -> None:
    """Clean an indirect object with everything that stands directly in it."""
    import pikepdf

    for each in _walk(item):
        if isinstance(each, pikepdf.Array):
            _replace_colour_profile(each)
            continue
        _clean_dictionary(each)
        if isinstance(each, pikepdf.Stream):
            _clean_stream(each, clean_embedded)


def _walk(item: Any) -> Iterator[Any]:
    """Yield a dictionary, stream or array, and all of them that stand directly in it."""
    import pikepdf

    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        yield item
        children = [item[key] for key in list(item.keys())]
    elif isinstance(item, pikepdf.Array):
        yield item
        children = list(item)
    else:
        return
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            yield from _walk(child)


def _clean_dictionary(each: Any) -> None:
    import pikepdf

    for key in _DROPPED:
        if key in each:
            del each[key]
    if "/A" in each and isinstance(each["/A"], pikepdf.Dictionary):
        if _is_kept_action(each["/A"]):
            _keep_only(each["/A"], _KEPT_IN_ACTION)
        else:
            del each["/A"]
    is_annotation = "/Rect" in each or each.get("/Type") == "/Annot"
    if is_annotation and each.get("/Subtype") != "/Widget":
        for key in _DROPPED_IN_ANNOTATION:
            if key in each:
                del each[key]
    if each.get("/FT") == "/Sig" and "/V" in each:
        del each["/V"]
    if "/EF" in each:
        _clean_file_specification(each)


def _clean_file_specification(each: Any) -> None:
    """Give an embedded file a name that tells nothing, and drop its description and other forms."""
    extension = str(each.get("/UF", each.get("/F", ""))).rpartition(".")[2]
    name = f"file.{extension}" if extension.isalnum() and len(extension) <= 5 else "file"
    stream = each["/EF"].get("/F", each["/EF"].get("/UF"))
    _keep_only(each, frozenset({"/Type", "/EF"}))
    _keep_only(each["/EF"], frozenset({"/F"}))
    if stream is not None:
        each["/EF"]["/F"] = stream
    each["/F"] = each["/UF"] = name


def _clean_stream(each: Any, clean_embedded: CleanEmbedded) -> None:
    if "/Params" in each or each.get("/Type") == "/EmbeddedFile":
        try:
            cleaned = clean_embedded(each.read_bytes())
        except (NotCleanable, NotCheckable, UnreadableMedia):
            cleaned = b""
        _keep_only(each, frozenset({"/Type", "/Length", "/Filter", "/DecodeParms"}))
        each.write(cleaned)
        return
    filters = _list_filters(each)
    if "/DCTDecode" in filters:
        each.write(strip_jpeg(_read_coded(each, filters)), filter=_name("/DCTDecode"))
    elif "/JPXDecode" in filters:
        each.write(_strip_jpeg2000(_read_coded(each, filters)), filter=_name("/JPXDecode"))


def _list_filters(stream: Any) -> list[str]:
    import pikepdf

    filters = stream.get("/Filter", [])
    return [str(each) for each in (filters if isinstance(filters, pikepdf.Array) else [filters])]


def _read_coded(stream: Any, filters: list[str]) -> bytes:
    """Return the coded picture of a stream, without the filters around it. Raises NotCleanable."""
    if len(filters) == 1:
        return bytes(stream.read_raw_bytes())
    if not _PLAIN_FILTERS.issuperset(filters[:-1]):
        raise NotCleanable("a picture with unusual filters")
    import pikepdf

    with pikepdf.new() as other:
        around = pikepdf.Array([_name(each) for each in filters[:-1]])
        copy = pikepdf.Stream(other, stream.read_raw_bytes(), {"/Filter": around})
        return copy.read_bytes()


def _name(text: str) -> Any:
    import pikepdf

    return pikepdf.Name(text)


def _replace_colour_profile(array: Any) -> None:
    """Replace a colour profile, which may name its author, by the plain colours of the device."""
    if len(array) == 2 and str(array[0]) == "/ICCBased":
        components = int(array[1].get("/N", 3))
        array[0] = _name(_DEVICE_SPACES.get(components, "/DeviceRGB"))
        del array[1]


def _strip_jpeg2000(content: bytes) -> bytes:
    """Return a JPEG 2000 picture with only the boxes that are needed to show it."""
    if content[:4] == b"\xff\x4f\xff\x51":
        return content  # a bare code stream
    kept, position = [], 0
    while position + 8 <= len(content):
        size = int.from_bytes(content[position : position + 4], "big")
        end = len(content) if size == 0 else position + size
        if size == 1 or (size and size < 8) or end > len(content):
            raise NotCleanable("an unusual JPEG 2000 picture")
        if content[position + 4 : position + 8] in _BOXES_OF_JPEG2000:
            kept.append(content[position:end])
        position = end
    return b"".join(kept)
