"""What officers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import police
from bot.feedback.screens import about
from bot.screen import Button, Param, Screen, Words
from storage.models import Identity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from bot.casework.service import Case
    from storage.models import Answer, Officer, Submission


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
    proposed = (_answer(opened.answer),) if opened.answer else ()
    ways = (*opened.actions, "unban" if opened.banned else "ban")
    buttons = (Button(Words(f"case.do.{way}"), f"case:{way}={submission.code}") for way in ways)
    return Screen((*guarded, words, *said, *proposed, *withheld), tuple(buttons))


def _answer(answer: Answer) -> Words:
    key = "case.answer" if answer.approved_at else "case.proposed"
    parts = {name: getattr(answer, name) for name in ("text", "measure", "deadline")}
    return Words(key, parts)


def cases(found: Sequence[Submission], title: str, zone: ZoneInfo, *, more: str = "") -> Screen:
    """A list of cases, each a button; with one to the next page, whose data end in `more`."""
    if not found:
        return Screen((Words("cases.none"),))
    buttons = [
        Button(
            Words(
                "cases.urgent" if each.urgent else "cases.item",
                {
                    "code": each.code,
                    "state": Words(f"state.{each.state}"),
                    "due": each.due_at.astimezone(zone).date(),
                },
            ),
            f"case:open={each.code}",
        )
        for each in found
    ]
    if more:
        buttons.append(Button(Words("cases.more"), f"cases:{more}"))
    return Screen((Words(f"cases.{title}"),), tuple(buttons))


def _contact(opened: Case) -> Param:
    if opened.phone:
        return opened.phone
    named_as = "channel" if opened.submission.identity is Identity.CHANNEL else "unnamed"
    return Words(f"case.{named_as}")


def welcome(officer: Officer) -> Screen:
    """What a new officer is told."""
    return Screen((Words("officer.welcome", {"unit": police(officer.unit_code)}),))
