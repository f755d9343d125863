"""The list of a forum's commitments, as planners and residents read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.screen import Lines, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.models import Commitment


def list_commitments(key: str, commitments: Sequence[Commitment]) -> list[Words]:
    """Return the paragraph `key` with a line for each commitment; nothing if there is none."""
    lines = tuple(
        Words(
            f"forums.promise.{'kept' if commitment.kept_at else 'open'}",
            {"text": commitment.text, "owner": commitment.owner, "due": commitment.due_on},
        )
        for commitment in commitments
    )
    return [Words(key, {"points": Lines(lines)})] if lines else []
