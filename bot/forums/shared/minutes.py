"""Minutes of a forum, shortened where only their beginning is shown."""

from __future__ import annotations


def shorten_minutes(minutes: str, limit: int) -> str:
    """Return minutes of at most `limit` characters whole, longer ones cut before a word, with "…".

    A word that is itself longer than half of the limit is cut.
    """
    if len(minutes) <= limit:
        return minutes
    start = minutes[:limit]
    words = start if minutes[limit].isspace() else (start.rsplit(maxsplit=1) or [""])[0]
    return f"{(words if len(words) >= limit // 2 else start).rstrip()}…"
