"""Who may do what with a case: pure functions."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from bot.areas.units import CITY
from storage.models import Role

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
