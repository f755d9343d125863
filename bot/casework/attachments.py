"""The files that residents send: their rows, and the rule which of them officers may see."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import list_files
from bot.core.screen import Lines, Words
from bot.evidence.content_types import seems_uncleanable
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


def may_be_shown(submission: Submission, file: Attachment) -> bool:
    """Return True if officers may be shown a file: there is a clean copy, or none is needed.

    What cannot be cleaned is shown only if the resident is named. Of a named resident, what
    Telegram has re-encoded is shown although it is not fetched.
    """
    if submission.erased_at is not None:
        return False
    match file.state:
        case EvidenceState.PLACE:
            return True
        case EvidenceState.STORED:
            return file.served is not None or not submission.confidential
        case EvidenceState.WAITING | EvidenceState.FETCHING | EvidenceState.FAILED:
            return file.type in _REENCODED and not submission.confidential
    return False


def get_file_note(submission: Submission, file: Attachment) -> str | None:
    """Return the name of the text that tells officers of a file's state; None if it needs none.

    "unclean" is about a file that is shown. All others are about files that are not shown.
    """
    if file.state is EvidenceState.STORED and file.served is None:
        return "withheld" if submission.confidential else "unclean"
    if may_be_shown(submission, file):
        return None
    return "waiting" if file.state in _COMING else file.state.value
