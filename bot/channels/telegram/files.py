"""Download of files from Telegram's servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telegram.error import BadRequest, TelegramError

from bot.evidence.content_types import MAX_FILE_BYTES
from bot.evidence.fetcher import NotFetched
from storage.models import EvidenceState

if TYPE_CHECKING:
    from telegram import Bot


async def fetch_file(bot: Bot, file_id: str) -> bytes:
    """Download a file from Telegram, and return its content.

    Raises NotFetched if the file is too large or the download fails.
    """
    try:
        file = await bot.get_file(file_id)
        if (file.file_size or 0) > MAX_FILE_BYTES:
            raise NotFetched("over the limit of Telegram's servers", EvidenceState.TOO_LARGE)
        return bytes(await file.download_as_bytearray())
    except BadRequest as error:
        # Telegram says "wrong file_id or the file is temporarily unavailable" of both, so every
        # other refusal may be over in an hour.
        state = EvidenceState.TOO_LARGE if "too big" in error.message else None
        raise NotFetched(error.message, state) from error
    except TelegramError as error:
        raise NotFetched(str(error)) from error
