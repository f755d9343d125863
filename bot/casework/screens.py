"""What officers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import police
from bot.feedback.screens import about
from bot.screen import Button, Param, Screen, Words
from storage.models import Identity

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.casework.service import Case
    from storage.models import Officer


def case(opened: Case, zone: ZoneInfo) -> Screen:
    """A case in full, for an officer who may see it."""
    submission = opened.submission
    words = Words(
        "case.text",
        {
            **about(submission, zone),
            "at": submission.created_at,
            "identity": _contact(opened),
            "files": len(opened.files) + opened.withheld,
            "text": submission.text,
        },
    )
    guarded = (Words("case.confidential"),) if submission.confidential else ()
    withheld = (Words("case.withheld", {"files": opened.withheld}),) if opened.withheld else ()
    said = (
        Words(f"case.remark.{each.kind}", {"at": each.at, "text": each.text})
        for each in opened.remarks
    )
    stop, start = (
        Button(Words(f"case.{way}"), f"case:{way}={submission.code}") for way in ("ban", "unban")
    )
    return Screen((*guarded, words, *said, *withheld), (start if opened.banned else stop,))


def _contact(opened: Case) -> Param:
    if opened.phone:
        return opened.phone
    named_as = "channel" if opened.submission.identity is Identity.CHANNEL else "unnamed"
    return Words(f"case.{named_as}")


def welcome(officer: Officer) -> Screen:
    """What a new officer is told."""
    return Screen((Words("officer.welcome", {"unit": police(officer.unit_code)}),))
