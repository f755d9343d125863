"""The files that residents send: their rows, and the rule which of them officers may see."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import list_files
from storage.models import EvidenceState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from storage.models import Attachment, Submission


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


def may_be_shown(submission: Submission, file: Attachment) -> bool:
    """Return True if officers may see a file: it has a copy without metadata, or needs none.

    A file whose copy cannot be made is shown unless the submission is confidential.
    """
    if file.state in {EvidenceState.STORED, EvidenceState.PLACE}:
        return True
    if file.state is EvidenceState.REFUSED:
        return False
    return file.type in _REENCODED or not submission.confidential
