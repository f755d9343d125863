"""A reply to one update, and a reply that is being sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from bot.core.requests import Pin, Upload
    from bot.core.screen import Screen
    from bot.core.shown_files import ShownFile
    from storage.database import Unavailable


@dataclass(frozen=True, slots=True)
class DirectReply:
    """A reply to one update.

    - `screen`: the message to send, or None.
    - `edits`: the id of the message to edit instead of sending a new one.
    - `closes`: the id of a message that loses its buttons first.
    - `pause`: seconds to wait before sending. If another reply to the chat is enqueued meanwhile,
      this one is dropped. Used while the files of an album arrive.
    - `files`: files of a submission to send after the screen.
    - `query_id`: the callback query (the press of a button) to answer.
    - `update_id`: the number of the update with that press.
    - `notice`: the text to show above the chat when the callback query is answered.
    - `upload`: a new file to send, with the screen as its caption.
    - `pin`: a place to send as a map.
    - `about`: what a reply to the sent message is about: see `storage.models.MessageSubject`.
    """

    screen: Screen | None
    language: str
    edits: int | None = None
    closes: int | None = None
    pause: float = 0.0
    files: tuple[ShownFile, ...] = ()
    query_id: str | None = None
    update_id: int | None = None
    notice: str | None = None
    upload: Upload | None = None
    pin: Pin | None = None
    about: tuple[str, str] | None = None

    def needs_request(self) -> bool:
        """Return True if there is something to send to Telegram."""
        what = (self.screen, self.query_id, self.closes, self.upload, self.pin)
        return bool(self.files) or any(each is not None for each in what)


@dataclass(slots=True, eq=False)
class PendingReply:
    """A reply that was enqueued.

    - `finished`: done when the reply was sent or dropped, or is stored in the outbox. Its result is
      None, or the error if the reply could be neither sent nor stored.
    - `dedup_key`: the key of its row in the outbox, "" while it has none.
    - `needs_row`: True if only the outbox can send it now.
    """

    chat_id: int
    reply: DirectReply
    finished: asyncio.Future[Unavailable | None]
    dedup_key: str = ""
    needs_row: bool = False
