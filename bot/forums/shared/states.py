"""Sets of states of a forum."""

from __future__ import annotations

from storage.models import ForumState

# The session is open, or it is over and answers that were given there can still be entered.
IN_SESSION = frozenset({ForumState.LIVE, ForumState.REPORT_DUE})

# The session has begun or is over.
BEGUN = IN_SESSION | {ForumState.REPORTED, ForumState.CLOSED}

# The results are published.
REPORTED = frozenset({ForumState.REPORTED, ForumState.CLOSED})
