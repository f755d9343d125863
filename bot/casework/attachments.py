"""Rows of the files that residents send."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import list_files
from storage.models import EvidenceState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


def make_attachment_rows(
    messages: Iterable[Mapping[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Return the columns of the files in gathered messages, in order.

    A file is fetched at `now` at the earliest. A place on the map needs no fetching.
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
