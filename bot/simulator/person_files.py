"""Files of people: photos, videos, voice messages, documents and albums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.simulator.api_types import ControlError, SentUpdates, UploadedFile
from bot.simulator.markup import complete_entities
from bot.simulator.media import build_media
from bot.simulator.person_messages import PersonMessages
from bot.simulator.sample_files import make_sample_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.simulator.api_types import Json

_ALBUM_KINDS = ("photo", "video", "document")
_DETAILS = ("duration", "width", "height")


class PersonFiles(PersonMessages):
    """Actions of people that send files. See `PersonActions` for the arguments."""

    def send_photo(self, user_id: int, content: bytes | None = None, **fields: Any) -> SentUpdates:
        """Send a photo; see `send_file` for the other arguments."""
        return self.send_file(user_id, "photo", content, **fields)

    def send_video(self, user_id: int, content: bytes | None = None, **fields: Any) -> SentUpdates:
        """Send a video; see `send_file` for the other arguments."""
        return self.send_file(user_id, "video", content, **fields)

    def send_voice(self, user_id: int, content: bytes | None = None, **fields: Any) -> SentUpdates:
        """Send a voice message; see `send_file` for the other arguments."""
        return self.send_file(user_id, "voice", content, **fields)

    def send_document(
        self, user_id: int, content: bytes | None = None, **fields: Any
    ) -> SentUpdates:
        """Send a document; see `send_file` for the other arguments."""
        return self.send_file(user_id, "document", content, **fields)

    def send_file(
        self,
        user_id: int,
        kind: str,
        content: bytes | None = None,
        *,
        chat_id: int | None = None,
        reply_to: int | None = None,
        message_thread_id: int | None = None,
        bot: str | None = None,
        **item: Any,
    ) -> SentUpdates:
        """Send a file of a kind; without content a sample file.

        The other arguments are file_name, mime_type, caption, duration, width and height.
        """
        self._check_presence(user_id, chat_id, bot)
        media = self._build_file(kind, {"content": content, **item})
        return self._send(user_id, media, chat_id, reply_to, message_thread_id, bot)

    def send_album(
        self,
        user_id: int,
        items: Sequence[Json],
        *,
        chat_id: int | None = None,
        bot: str | None = None,
    ) -> SentUpdates:
        """Send 2 to 10 files as an album. Items have a `type` and the fields of `send_file`."""
        self._check_presence(user_id, chat_id, bot)
        kinds = {item.get("type") for item in items}
        if not 2 <= len(items) <= 10:
            raise ControlError("an album has 2 to 10 items", 400)
        if not kinds <= set(_ALBUM_KINDS) or ("document" in kinds and len(kinds) > 1):
            raise ControlError("an album is of photos and videos, or of documents", 400)
        contents = [
            self._build_file(item["type"], {key: item[key] for key in item if key != "type"})
            for item in items
        ]
        group = {"media_group_id": str(13_000_000_000_000_000 + self._state.next_number())}
        results = [
            self._send(user_id, {**group, **content}, chat_id, None, None, bot)
            for content in contents
        ]
        return SentUpdates(
            results[-1].update_id,
            results[-1].message_id,
            update_ids=tuple(result.update_id for result in results),
        )

    def _build_file(self, kind: str, item: Json) -> Json:
        """Store a file; return the fields of its message."""
        sample = make_sample_file(kind)
        content = item.get("content")
        upload = UploadedFile(
            item.get("file_name") or sample.file_name,
            sample.content if content is None else content,
            item.get("mime_type") or (sample.mime_type if content is None else None),
        )
        details = {key: item[key] for key in _DETAILS if item.get(key) is not None}
        media = build_media(kind, self._state.files.add_file(kind, upload), details)
        caption, entities = complete_entities(item.get("caption") or "", [])
        if caption:
            media["caption"] = caption
        if entities:
            media["caption_entities"] = entities
        return media
