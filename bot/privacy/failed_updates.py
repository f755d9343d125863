"""Failed updates: stored sealed, because they hold what a person wrote and who it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from storage import failed_updates

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.privacy.pseudonyms import Pseudonyms
    from storage.models import FailedUpdate


async def store_failed_update(
    connection: AsyncConnection,
    pseudonyms: Pseudonyms,
    update_id: int | None,
    text: str,
    error: Exception,
    at: datetime,
) -> None:
    """Store an update whose handling raised `error`. `text` is the update as it came."""
    await failed_updates.add_failed_update(
        connection,
        update_id,
        seal_failed_update(pseudonyms, text, repr(error)),
        type(error).__name__,
        at,
        pseudonym=find_sender(pseudonyms, text),
    )


def seal_failed_update(pseudonyms: Pseudonyms, text: str, error: str) -> str:
    """Return the content of the column `raw`."""
    content = orjson.dumps({"error": error[:2000], "update": text})
    return pseudonyms.sealer.seal_text(content.decode())


def open_failed_update(pseudonyms: Pseudonyms, row: FailedUpdate) -> dict[str, Any]:
    """Return the keys "error" and "update" of a stored update. Raises Unreadable."""
    opened: dict[str, Any] = orjson.loads(pseudonyms.sealer.open_text(row.raw))
    return opened


def find_sender(pseudonyms: Pseudonyms, text: str) -> int | None:
    """Return the pseudonym of the chat that an update comes from; None if it cannot be read."""
    sender = next(iter(failed_updates.list_chat_ids(text)), None)
    return None if sender is None else pseudonyms.list_chat_keys(sender)[0]


def find_chat_id(pseudonyms: Pseudonyms, sealed: str) -> int | None:
    """Return the id of the chat that a stored update comes from, or None. Raises Unreadable."""
    opened = orjson.loads(pseudonyms.sealer.open_text(sealed))
    return next(iter(failed_updates.list_chat_ids(opened["update"])), None)
