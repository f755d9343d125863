"""Remove metadata (author, device, place) from the copies of files that are shown to officers."""

from __future__ import annotations

from functools import partial

from bot.evidence.content_types import detect_content_type, is_office_document
from bot.evidence.errors import NotCleanable
from bot.evidence.movies import MOVIE_TYPES, clean_movie
from bot.evidence.office_documents import clean_office_document
from bot.evidence.pdf import clean_pdf
from bot.evidence.pictures import PICTURE_TYPES, clean_picture
from bot.evidence.sounds import SOUND_TYPES, clean_sound
from bot.evidence.webm import clean_webm

_MAX_DEPTH = 3  # of files embedded in files


def remove_metadata(content: bytes, content_type: str, *, depth: int = 0) -> bytes:
    """Return a file without its metadata; HEIC pictures become JPEG.

    `depth` is 0, or the number of files around an embedded one. Raises UnreadableMedia for a
    broken picture or movie, NotCleanable if the metadata cannot be removed.
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
    content_type = detect_content_type(content)
    if content_type is None or depth > _MAX_DEPTH:
        raise NotCleanable("an unknown file inside another one")
    return remove_metadata(content, content_type, depth=depth)
