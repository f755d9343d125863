"""The files that residents send: their rows, and the rule which of them officers may see."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import list_files
from bot.core.screen import Lines, Words
from bot.core.shown_files import ShownFile, ShownPlace
from bot.evidence.content_types import choose_extension, seems_uncleanable
from storage.models import EvidenceState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.conversation.reply import SentFile
    from storage.models import Attachment, Submission


_WITH_A_VOICE = frozenset({"voice", "video_note", "video", "audio"})


def list_warnings(files: Iterable[SentFile]) -> Lines:
    """Return what an unnamed resident is told before files are sent: a line for each danger."""
    sent = list(files)
    names = []
    if any(file.type in _WITH_A_VOICE for file in sent):
        names.append("voice")
    if any(seems_uncleanable(file.file_name, file.mime_type) for file in sent):
        names.append("withheld")
    return Lines(tuple(Words(f"warning.{name}") for name in names))


def make_attachment_rows(
    messages: Iterable[Mapping[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Return the columns of a row for each file in gathered messages, in order.

    A file waits to be fetched from `now` on; a shared location needs no fetching.
    """
    return [
        {
            **asdict(file),
            "state": EvidenceState.PLACE if file.type == "place" else EvidenceState.WAITING,
            "attempt": 0,
            "next_at": now,
        }
        for file in list_files(messages)
    ]


# Telegram re-encodes these when they are sent, so they hold no metadata about their author.
_REENCODED = frozenset({"photo", "voice", "video_note"})
# The file is not fetched yet.
_COMING = frozenset({EvidenceState.WAITING, EvidenceState.FETCHING})


def show_file(submission: Submission, file: Attachment) -> ShownFile | None:
    """Return a file as officers may see it; None if they may not, or not yet.

    It is the copy without metadata. Of a named resident it is the original if no such copy can be
    made, and Telegram's own file if Telegram has re-encoded it and it is not stored yet. Of an
    unnamed resident the result has neither the original nor Telegram's id of it.
    """
    if submission.erased_at is not None:
        return None
    number, is_named = file.position + 1, not submission.confidential
    match file.state:
        case EvidenceState.PLACE:
            assert file.latitude is not None
            assert file.longitude is not None
            place = ShownPlace(file.latitude, file.longitude, file.title, file.address)
            return ShownFile(number, file.type, place=place)
        case EvidenceState.STORED:
            stored = file.served or (file.original if is_named else None)
            name = f"{number}{choose_extension(file.content_type)}"
            return ShownFile(number, file.type, stored, name) if stored else None
        case EvidenceState.WAITING | EvidenceState.FETCHING | EvidenceState.FAILED:
            if is_named and file.type in _REENCODED:
                return ShownFile(number, file.type, telegram_id=file.file_id)
    return None


def get_file_note(submission: Submission, file: Attachment) -> str | None:
    """Return the name of the text that tells officers of a file's state; None if it needs none.

    "unclean" is about a file that is shown. All others are about files that are not shown.
    """
    if file.state is EvidenceState.STORED and file.served is None:
        return "withheld" if submission.confidential else "unclean"
    if show_file(submission, file) is not None:
        return None
    return "waiting" if file.state in _COMING else file.state.value
