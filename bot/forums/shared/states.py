"""Groups of a forum's states that several parts of the feature ask for."""

from __future__ import annotations

from storage.models import ForumState

# Submissions come up one after another in the session. Afterwards, until the results are reported,
# what was answered there can still be entered.
IN_SESSION = frozenset({ForumState.LIVE, ForumState.REPORT_DUE})

# The forum takes place or took place.
HELD = IN_SESSION | {ForumState.REPORTED, ForumState.CLOSED}

# The results are known.
REPORTED = frozenset({ForumState.REPORTED, ForumState.CLOSED})
