"""Photos, videos, voices and documents as parts of messages."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from bot.simulator.api_types import UploadedFile, bad_request
from bot.simulator.files import read_picture_size

if TYPE_CHECKING:
    from bot.simulator.api_types import Json
    from bot.simulator.files import StoredFile
    from bot.simulator.state import SimulatorState

_LARGEST_UPLOAD = 50 * 1024 * 1024
_LARGEST_PHOTO = 10 * 1024 * 1024
_TIMED = frozenset({"video", "voice", "audio", "animation", "video_note"})
_PICTURED = frozenset({"video", "animation", "sticker"})
_NAMED = frozenset({"video", "audio", "animation", "document"})
_MIME = {
    "video": "video/mp4",
    "voice": "audio/ogg",
    "audio": "audio/mpeg",
    "animation": "video/mp4",
}


def resolve_file(world: SimulatorState, kind: str, given: Any) -> StoredFile:
    """The file that a bot named or uploaded."""
    if isinstance(given, UploadedFile):
        if not given.content:
            raise bad_request("file must be non-empty")
        limit = _LARGEST_PHOTO if kind == "photo" else _LARGEST_UPLOAD
        if len(given.content) > limit:
            raise bad_request(f"file of size {len(given.content)} bytes is too big for a {kind}")
        return world.files.store(kind, given)
    if given.startswith("attach://"):
        raise bad_request(f'file "{given.removeprefix("attach://")}" is not attached')
    if given.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    file = world.files.get(given)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind and not (kind == "document" or file.kind == "document"):
        raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return file


def build_media(kind: str, file: StoredFile, details: Json) -> Json:
    """The message's part that shows a file; `details` may name duration, width, height, ..."""
    base = file.as_json()
    if kind == "photo":
        width, height = read_picture_size(file.content)
        return {"photo": _sizes(base, width, height)}
    shown: Json = dict(base)
    if kind in _NAMED:
        shown["file_name"] = file.name
    mime_type = file.mime_type or _MIME.get(kind) or mimetypes.guess_type(file.name)[0]
    if kind not in ("video_note", "sticker") and mime_type:
        shown["mime_type"] = mime_type
    if kind in _TIMED:
        shown["duration"] = details.get("duration", 1)
    if kind in _PICTURED:
        shown["width"] = details.get("width", 320)
        shown["height"] = details.get("height", 240)
    if kind == "video_note":
        shown["length"] = details.get("length", 240)
    if kind == "sticker":
        shown.update(type="regular", is_animated=False, is_video=False)
    shown.update({key: details[key] for key in ("performer", "title") if key in details})
    # Telegram sends an animation as a document too, for clients that do not know animations.
    return {kind: shown, "document": _plain(shown)} if kind == "animation" else {kind: shown}


def _plain(shown: Json) -> Json:
    return {
        key: value for key, value in shown.items() if key not in ("duration", "width", "height")
    }


def _sizes(base: Json, width: int, height: int) -> list[Json]:
    """Telegram keeps a photo in several sizes; the file itself is the largest."""
    small = max(1, width // 4), max(1, height // 4)
    return [
        {**base, "width": small[0], "height": small[1]},
        {**base, "width": width, "height": height},
    ]
