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
        large = "too big" in error.message
        state = EvidenceState.TOO_LARGE if large else EvidenceState.FAILED
        raise NotFetched(error.message, state) from error
    except TelegramError as error:
        raise NotFetched(str(error)) from error
