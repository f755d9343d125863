"""The update handler: parses and handles updates, and stores those that fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from telegram import Update

from bot.channels.telegram.json_text import parse_json
from bot.channels.telegram.raw_updates import read_raw_update
from bot.channels.telegram.reply import DirectReply
from bot.channels.telegram.update_context import UpdateContext, current_update
from bot.core.screen import Screen, Words
from bot.privacy.failed_updates import store_failed_update
from bot.texts import choose_language
from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from telegram.ext import Application, CallbackContext

    from bot.channels.telegram.direct_replies import DirectReplies
    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database

log = structlog.get_logger()

FAILED = Screen((Words("errors.failed"),))


class UpdateHandler:
    """Handles the updates that polling or the webhook receives."""

    def __init__(
        self,
        application: Application[Any, Any, Any, Any, Any, Any],
        database: Database,
        replies: DirectReplies,
        clock: Callable[[], datetime],
        language: str,
        pseudonyms: Pseudonyms,
    ) -> None:
        """Take the dependencies.

        `clock` returns the present time in UTC. `language` is the code of the default language.
        """
        self._application = application
        self._database = database
        self._replies = replies
        self._clock = clock
        self._language = language
        self._pseudonyms = pseudonyms
        application.add_error_handler(_record_failure)

    async def handle_update(
        self, raw: bytes | Mapping[str, Any], *, may_answer: bool = False
    ) -> UpdateContext:
        """Parse and handle an update. When this returns, its effects are committed.

        `may_answer` is True if the caller can put a Bot API method into its response. An update
        that cannot be parsed, or whose handler raises an exception, is stored as a FailedUpdate.
        Its sender gets an error message. It counts as handled, so that it does not block its chat.
        Before it is acknowledged, `secure_replies` must return.

        Raises Unavailable if the database cannot be used now. Then the update must not be
        acknowledged.
        """
        arrival = UpdateContext(self._clock(), may_answer)
        token = current_update.set(arrival)
        try:
            await self._application.process_update(self._parse_update(raw, arrival))
        except Exception as error:
            arrival.failure = error
        finally:
            current_update.reset(token)
        if arrival.failure is not None:
            await self._store_failure(raw, arrival, arrival.failure)
        return arrival

    async def secure_replies(self, arrivals: Iterable[UpdateContext]) -> None:
        """Return when the replies to some updates cannot be lost any more.

        Raises Unavailable if one was neither sent nor stored. Then no update is acknowledged.
        """
        replies = [reply for arrival in arrivals for reply in arrival.replies]
        if replies:
            await self._replies.secure_replies(replies)

    def confirm_answer(self, arrival: UpdateContext) -> None:
        """Record that the response with the answer to a pressed button was sent."""
        if arrival.answer is not None and arrival.update_id is not None:
            self._replies.answered.add(arrival.update_id)

    def _parse_update(self, raw: bytes | Mapping[str, Any], arrival: UpdateContext) -> Update:
        parsed = parse_json(raw) if isinstance(raw, bytes) else raw
        if not isinstance(parsed, dict):
            raise TypeError("an update is a JSON object")
        if type(parsed.get("update_id")) is not int:
            raise ValueError("an update has a number")
        arrival.update_id = parsed["update_id"]
        update = Update.de_json(_remove_unread_fields(parsed), self._application.bot)
        # The library does not check types.
        for party in (update.effective_chat, update.effective_user):
            if party is not None and type(party.id) is not int:
                raise ValueError("a chat and a user have a number")
        if update.effective_user is not None:
            arrival.language = choose_language(update.effective_user.language_code)
        if update.callback_query is not None:
            arrival.pressed_message = parsed["callback_query"].get("message") or {}
        return update

    async def _store_failure(
        self,
        raw: bytes | Mapping[str, Any],
        arrival: UpdateContext,
        failure: Exception,
    ) -> None:
        if isinstance(failure, Unavailable):
            raise failure
        text = (raw if isinstance(raw, bytes) else _dump(raw)).decode(errors="replace")
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")  # PostgreSQL has no zero byte
        known = read_raw_update(text)
        log.error("an update failed", update_id=known.update_id, exc_info=failure)
        async with self._database.transaction() as connection:
            await store_failed_update(
                connection, self._pseudonyms, known.update_id, text, failure, arrival.now
            )
        is_answered = arrival.answer is not None or known.update_id in self._replies.answered
        query_id = None if is_answered else known.query_id
        if known.chat_id is not None or query_id is not None:
            screen = None if known.chat_id is None else FAILED
            # A button in a group is answered too, without a message.
            reply = DirectReply(
                screen, self._language, query_id=query_id, update_id=known.update_id
            )
            pending = self._replies.enqueue_reply(known.chat_id or 0, reply)
            if known.chat_id is not None:
                arrival.replies.append(pending)


def _dump(raw: Mapping[str, Any]) -> bytes:
    """Return a fetched update as JSON, also if it has what orjson refuses."""
    try:
        return orjson.dumps(raw)
    except TypeError:  # half a surrogate, or a number of more than 64 bits
        return json.dumps(raw).encode()


# Fields that no handler reads, of the bot's own message whose button was pressed.
_UNREAD_FIELDS = frozenset({"text", "entities", "reply_markup", "reply_to_message", "caption"})


def _remove_unread_fields(update: dict[str, Any]) -> dict[str, Any]:
    """Return the update without the unread fields, so that the library makes no objects of them."""
    query = update.get("callback_query")
    if not isinstance(query, dict) or not isinstance(query.get("message"), dict):
        return update
    message = query["message"]
    short = {name: value for name, value in message.items() if name not in _UNREAD_FIELDS}
    return {**update, "callback_query": {**query, "message": short}}


async def _record_failure(_update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
    error = context.error
    current_update.get().failure = (
        error if isinstance(error, Exception) else RuntimeError(repr(error))
    )
