"""Office documents without metadata: the archive is written anew, member by member."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from typing import TYPE_CHECKING, Any

from bot.evidence.content_types import ARCHIVE_ERRORS
from bot.evidence.errors import ActiveContent, NotCheckable, NotCleanable, UnreadableMedia

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    CleanEmbedded = Callable[[bytes], bytes]

_MAX_MEMBERS = 5000
_MAX_BYTES = 150 * 1024 * 1024  # of all members, unpacked
_MAX_MARKS = 3_000_000  # of "<" in a part of XML: each element takes about 100 bytes of memory
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP archive can hold
# Members that hold nothing but metadata, signatures and settings of a person's computer.
_DROPPED = re.compile(
    r"(?i)(docProps/|customXml/|_xmlsignatures/|META-INF/(?!manifest\.xml)|Thumbnails/"
    r"|Configurations2/|layout-cache|Basic/|Scripts/|.*/printerSettings/|\[trash\]/)"
)
# Members that hold macros, and the names and types that say so.
_ACTIVE_MEMBERS = re.compile(
    r"(?i)(.*vbaproject.*|.*vbadata\.xml|xl/(?:macrosheets|dialogsheets)/.*|xl/workbook\.bin"
    r"|.*/activex/.*\.bin|basic/[^/]+/(?!script-l[bc]\.xml).+|scripts/.+)$"
)
_MACRO_TYPE = re.compile(rb"(?i)macroenabled|vbaproject|macrosheet")
_FIELD_THAT_RUNS = re.compile(r"(?i)dde(?:auto)?\b")
_XML = re.compile(r"(?i).*\.(xml|rels|vml|rdf)$")
_EMPTY_META = (
    b'<?xml version="1.0" encoding="UTF-8"?><office:document-meta '
    b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"/>'
)
# Local names of attributes and elements that hold people, times, or computers.
_PERSONAL_ATTRIBUTES = frozenset(
    {"author", "initials", "userName", "userId", "providerId", "lastModifiedBy", "date", "dT"}
    | {"dateUtc", "displayName", "lastEdited", "lastSavedBy", "reservedBy", "dataOriginator"}
)
_PEOPLE_ELEMENTS = frozenset({"cmAuthor", "author", "person", "userInfo"})
_PERSONAL_ELEMENTS = frozenset(
    {"author", "creator", "creator-initials", "initial-creator", "lastModifiedBy"}
    | {"author-name", "author-initials", "editing-cycles", "printed-by", "print-date"}
    | {"sender-firstname", "sender-lastname", "sender-initials", "sender-email", "sender-company"}
    | {"sender-phone-private", "sender-phone-work", "sender-street", "sender-title"}
)
_TIME_OF_A_REMARK = "{http://purl.org/dc/elements/1.1/}date"
_REMOVED_ELEMENTS = frozenset({"absPath", "attachedTemplate", "rsids", "fileSharing"})
_SETTINGS_OF_A_COMPUTER = re.compile(r"(?i)printer|database|path|server|url|redlineprotection")
_PATH_OF_A_COMPUTER = re.compile(r"(?i)^\s*(?:file:|[a-z]:\\|\\\\|/users/|/home/)")
_ON_THE_WEB = re.compile(r"(?i)^(?:https?|mailto|tel):")


def clean_office_document(content: bytes, clean_embedded: CleanEmbedded) -> bytes:
    """Return an office document without author, dates, comments' authors and computer names.

    `clean_embedded` returns a picture or another embedded file without metadata, or raises
    NotCleanable: then the embedded file becomes empty. Raises NotCleanable, and ActiveContent for
    macros and for fields, links and listeners that start a program.
    """
    written = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as source,
            zipfile.ZipFile(written, "w") as target,
        ):
            members = _read_members(source)
            if any(_ACTIVE_MEMBERS.match(name) for name in members):
                raise ActiveContent("a document with macros")
            if _MACRO_TYPE.search(members.get("[Content_Types].xml", b"")):
                raise ActiveContent("a document of a type with macros")
            dropped = {name for name in members if _DROPPED.match(name)}
            for name, member in members.items():
                if name in dropped:
                    continue
                stored = name == "mimetype"  # it must be readable without unpacking
                info = zipfile.ZipInfo(name, _LONG_AGO)
                info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                target.writestr(info, _clean_member(name, member, dropped, clean_embedded))
    except ARCHIVE_ERRORS as error:
        raise NotCleanable("an archive that cannot be read") from error
    return written.getvalue()


def _read_members(source: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the members by name, unpacked. Raises NotCleanable for an archive that is too big."""
    infos = [info for info in source.infolist() if not info.is_dir()]
    if len(infos) > _MAX_MEMBERS:
        raise NotCleanable("too many members")
    members, left = {}, _MAX_BYTES
    for info in infos:
        with source.open(info) as opened:  # the sizes in the archive's directory may be wrong
            member = opened.read(left + 1)
        left -= len(member)
        if left < 0:
            raise NotCleanable("too large when it is unpacked")
        members[info.filename] = member
    return members


def _clean_member(
    name: str, member: bytes, dropped: Collection[str], clean_embedded: CleanEmbedded
) -> bytes:
    if name == "mimetype":
        return member[:200]
    if name.rpartition("/")[2] == "meta.xml":
        return _EMPTY_META
    if _XML.match(name):
        return _clean_xml(name, member, dropped)
    try:
        return clean_embedded(member)
    except (NotCleanable, NotCheckable, UnreadableMedia):
        return b""


def _clean_xml(name: str, member: bytes, dropped: Collection[str]) -> bytes:
    """Return a part without comments, people, times, and references to what is dropped."""
    from lxml import etree

    if member.count(b"<") > _MAX_MARKS:
        raise NotCleanable("a part with too many elements")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True, huge_tree=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(member, parser)
    except etree.XMLSyntaxError as error:
        raise NotCleanable("a part that is no XML") from error
    _refuse_what_runs(root)
    for element in list(root.iter(etree.Element)):
        _clean_element(element, name, dropped)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _refuse_what_runs(root: Any) -> None:
    """Raise ActiveContent for a field, a link or a listener that starts a program.

    The words of one field may be in many elements, so they are joined.
    """
    fields = []
    for element in root.iter("{*}instrText", "{*}fldSimple", "{*}ddeLink", "{*}event-listener"):
        local = element.tag.rpartition("}")[2]
        if local in {"ddeLink", "event-listener"}:
            raise ActiveContent("a document with a link or a listener that starts a program")
        fields += [element.text or "", *element.values()]
    if _FIELD_THAT_RUNS.search("".join(fields)):
        raise ActiveContent("a document with a field that starts a program")


def _clean_element(element: Any, name: str, dropped: Collection[str]) -> None:
    local = element.tag.rpartition("}")[2]
    if local in _REMOVED_ELEMENTS or _refers_to_dropped(element, local, name, dropped):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
        return
    if local in _PERSONAL_ELEMENTS and len(element) == 0:
        element.text = ""
    if element.tag == _TIME_OF_A_REMARK:
        element.text = "2000-01-01T00:00:00"
    if local == "config-item" and _SETTINGS_OF_A_COMPUTER.search(" ".join(element.values())):
        element.text = ""
    for key, value in element.items():
        _clean_attribute(element, local, key, value)


def _clean_attribute(element: Any, local: str, key: str, value: str) -> None:
    attribute = key.rpartition("}")[2]
    is_name = local in _PEOPLE_ELEMENTS and attribute in {"name", "email"}
    is_printer = local == "pageSetup" and attribute == "id"
    if attribute.startswith("rsid") or is_printer:
        del element.attrib[key]
    elif attribute in _PERSONAL_ATTRIBUTES or is_name:
        _blank(element, key, attribute)
    elif _PATH_OF_A_COMPUTER.match(value):
        element.set(key, "about:blank")


def _blank(element: Any, key: str, attribute: str) -> None:
    """Empty an attribute; a time becomes one that says nothing, because it must be a time."""
    if attribute in {"date", "dT", "dateUtc"}:
        element.set(key, "2000-01-01T00:00:00Z")
    else:
        element.set(key, "")


def _refers_to_dropped(element: Any, local: str, name: str, dropped: Collection[str]) -> bool:
    """Return True for a relationship, a type or a manifest entry of a member that is dropped."""
    if local == "Relationship":
        target = element.get("Target", "")
        if element.get("TargetMode") == "External":
            # Anything but a link is fetched when the document is opened.
            if not _ON_THE_WEB.match(target) or not element.get("Type", "").endswith("/hyperlink"):
                element.set("Target", "about:blank")
            return "attachedTemplate" in element.get("Type", "")
        folder = posixpath.dirname(posixpath.dirname(name))
        path = target if target.startswith("/") else posixpath.join("/", folder, target)
        return posixpath.normpath(path).lstrip("/") in dropped
    if local == "Override":
        return element.get("PartName", "").lstrip("/") in dropped
    if local == "file-entry":
        path = next((v for k, v in element.items() if k.endswith("full-path")), "")
        return path in dropped or bool(_DROPPED.match(path))
    return False
