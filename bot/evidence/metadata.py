"""Check files, and remove metadata (author, device, place) from the copies for officers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.evidence.active_content import check_claims, is_program
from bot.evidence.content_types import detect_content_type, is_office_document
from bot.evidence.errors import ActiveContent, NotCheckable, NotCleanable, UnreadableMedia
from bot.evidence.movies import MOVIE_TYPES, clean_movie
from bot.evidence.office_documents import clean_office_document
from bot.evidence.old_office import OLD_OFFICE_TYPES, OLE_SIGNATURE, check_old_document
from bot.evidence.pdf import clean_pdf
from bot.evidence.pictures import PICTURE_TYPES, clean_picture
from bot.evidence.sounds import SOUND_TYPES, clean_sound
from bot.evidence.webm import clean_webm

_MAX_DEPTH = 3  # of files embedded in files
MAX_COPY_BYTES = 48 * 1024 * 1024  # a bot can send 50 MB: https://core.telegram.org/bots/faq


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The detected type of a file without danger, and its copy without metadata.

    `copy` is None for a document of Office 97: no library removes its metadata.
    """

    content_type: str
    copy: bytes | None


def check_file(content: bytes, extension: str) -> CheckedFile:
    """Return type and copy of a file; `extension` is the one that the sender gave, without dot.

    Raises UnreadableMedia for what is no file of an accepted type, ActiveContent for what can run,
    NotCheckable for a password, damage or a limit.
    """
    if is_program(content):
        raise ActiveContent("a program")
    content_type = detect_content_type(content)
    if content_type is None:
        raise UnreadableMedia("of a type that is not taken")
    check_claims(content, content_type, extension)
    if content_type in OLD_OFFICE_TYPES:
        check_old_document(content)
        return CheckedFile(content_type, None)
    try:
        copy = remove_metadata(content, content_type)
    except NotCleanable as error:
        raise NotCheckable(str(error)) from error
    if len(copy) > MAX_COPY_BYTES:
        raise NotCheckable("a copy that is too large")
    return CheckedFile("image/jpeg" if content_type == "image/heif" else content_type, copy)


def remove_metadata(content: bytes, content_type: str, *, depth: int = 0) -> bytes:
    """Return a file without its metadata; HEIC pictures become JPEG.

    `depth` is 0, or the number of files around an embedded one. Raises UnreadableMedia for a
    broken picture or movie, ActiveContent for a document that can run something, NotCleanable if
    the metadata cannot be removed.
    """
    if content_type in PICTURE_TYPES:
        return clean_picture(content, content_type)
    if content_type in SOUND_TYPES:
        return clean_sound(content, content_type)
    if content_type in MOVIE_TYPES:
        return clean_movie(content)
    if content_type == "video/webm":
        return clean_webm(content)
    clean_embedded = partial(_clean_embedded, depth=depth + 1)
    if content_type == "application/pdf":
        return clean_pdf(content, clean_embedded)
    if is_office_document(content_type):
        return clean_office_document(content, clean_embedded)
    if content_type == "text/plain":
        return content
    raise NotCleanable(f"metadata of {content_type} cannot be removed")


def _clean_embedded(content: bytes, *, depth: int) -> bytes:
    if is_program(content):
        raise ActiveContent("a program inside a document")
    if content.startswith(OLE_SIGNATURE):
        check_old_document(content, depth=depth)
    content_type = detect_content_type(content)
    if content_type is None or depth > _MAX_DEPTH:
        raise NotCleanable("an unknown file inside another one")
    return remove_metadata(content, content_type, depth=depth)
