"""Who may do what with a case: pure functions."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from storage.models import EvidenceState, Role

if TYPE_CHECKING:
    from storage.models import Attachment, Submission

INVITE_LIFETIME = timedelta(days=7)

# Roles that see whole cases. An organiser and an observer see numbers, not texts.
_READERS = frozenset(
    {Role.OFFICER, Role.APPROVER, Role.TRIAGE, Role.COORDINATOR, Role.ADMINISTRATOR}
)


def may_open(role: Role, officer_unit: str, handled_by: str) -> bool:
    """Whether an officer may read a submission: as a reader of the unit that handles it, or of
    the city, which stands above every unit.
    """
    return role in _READERS and officer_unit in (handled_by, CITY)


def fingerprint(token: str) -> str:
    """What is kept of an invite's token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


# What Telegram itself makes anew when it is sent, so that it says nothing of its maker.
_MADE_ANEW = frozenset({"photo", "voice", "video_note"})


def may_be_shown(submission: Submission, file: Attachment) -> bool:
    """Whether an officer may be shown a file: its clean copy, or what needs none.

    Of a resident who gave a name the file itself may stand in for a copy that cannot be made.
    """
    if file.state in {EvidenceState.STORED, EvidenceState.PLACE}:
        return True
    if file.state is EvidenceState.REFUSED:
        return False
    return file.type in _MADE_ANEW or not submission.confidential
