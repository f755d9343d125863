"""Build the fields of messages for photos, videos, voice messages, documents and others."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from bot.simulator.api_types import UploadedFile, bad_request
from bot.simulator.files import read_picture_size

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.files import StoredFile
    from bot.simulator.state import SimulatorState

_MAX_UPLOAD_BYTES = 50 * 1024 * 1024  # of one file that a bot sends
_MAX_PHOTO_BYTES = 10 * 1024 * 1024  # of one photo that a bot sends
_KINDS_WITH_DURATION = frozenset({"video", "voice", "audio", "animation", "video_note"})
_KINDS_WITH_SIZE = frozenset({"video", "animation", "sticker"})
_KINDS_WITH_NAME = frozenset({"video", "audio", "animation", "document"})
_MIME_TYPES = {
    "video": "video/mp4",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "animation": "video/mp4",
}


def resolve_file(state: SimulatorState, kind: str, source: Any) -> StoredFile:
    """Return the file that a bot uploaded or named by its id. Raises ApiError.

    `source` is an UploadedFile or a string.
    """
    if isinstance(source, UploadedFile):
        if not source.content:
            raise bad_request("file must be non-empty")
        limit = _MAX_PHOTO_BYTES if kind == "photo" else _MAX_UPLOAD_BYTES
        if len(source.content) > limit:
            raise bad_request(f"file of size {len(source.content)} bytes is too big for a {kind}")
        return state.files.add_file(kind, source)
    if source.startswith("attach://"):
        raise bad_request(f'file "{source.removeprefix("attach://")}" is not attached')
    if source.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    file = state.files.get_file(source)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind and not (kind == "document" or file.kind == "document"):
        raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return file


def build_media(kind: str, file: StoredFile, details: Json) -> Json:
    """Return the fields of a message for a file.

    `details` may contain duration, width, height, length, performer and title.
    """
    base = file.as_json()
    if kind == "photo":
        width, height = read_picture_size(file.content)
        return {"photo": _build_photo_sizes(base, width, height)}
    media: Json = dict(base)
    if kind in _KINDS_WITH_NAME:
        media["file_name"] = file.name
    mime_type = file.mime_type or _MIME_TYPES.get(kind) or mimetypes.guess_type(file.name)[0]
    if kind not in ("video_note", "sticker") and mime_type:
        media["mime_type"] = mime_type
    if kind in _KINDS_WITH_DURATION:
        media["duration"] = details.get("duration", 1)
    if kind in _KINDS_WITH_SIZE:
        media["width"] = details.get("width", 320)
        media["height"] = details.get("height", 240)
    if kind == "video_note":
        media["length"] = details.get("length", 240)
    if kind == "sticker":
        media.update(type="regular", is_animated=False, is_video=False)
    media.update({key: details[key] for key in ("performer", "title") if key in details})
    # Telegram sends an animation as a document too, for clients that do not know animations.
    return (
        {kind: media, "document": _remove_media_details(media)}
        if kind == "animation"
        else {kind: media}
    )


def _remove_media_details(media: Json) -> Json:
    return {
        key: value for key, value in media.items() if key not in ("duration", "width", "height")
    }


def _build_photo_sizes(base: Json, width: int, height: int) -> list[Json]:
    """Return the sizes of a photo, smallest first. The largest is the file itself."""
    small = max(1, width // 4), max(1, height // 4)
    return [
        {**base, "width": small[0], "height": small[1]},
        {**base, "width": width, "height": height},
    ]
