"""The screens of /mydata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.screen import Button, Screen, Words

if TYPE_CHECKING:
    from bot.privacy.data_requests import ErasureReport, PersonalData


def show_overview(data: PersonalData) -> Screen:
    """Return a screen with numbers of a person's data, and a button for each possible request."""
    ways = ["copy"]
    ways += ["correct"] if data.phone_count else []
    attends = bool(data.registrations or data.subscriptions)
    ways += ["erase"] if data.submissions or attends else []
    ways += ["withdraw"] if data.has_agreed else []
    text = Words("mydata.text", {"opinions": len(data.submissions), "phones": data.phone_count})
    forums = Words(
        "mydata.forums",
        {"registrations": len(data.registrations), "subscriptions": len(data.subscriptions)},
    )
    return Screen(
        (forums, text) if attends else (text,),
        tuple(Button(Words(f"mydata.{way}"), f"mydata:{way}") for way in ways),
    )


def ask_confirmation(way: str) -> Screen:
    """Return a screen that asks for confirmation. `way` is "erase" or "withdraw"."""
    return Screen(
        (Words(f"mydata.sure.{way}"),),
        (
            Button(Words(f"mydata.yes.{way}"), f"mydata:{way}-yes"),
            Button(Words("mydata.back"), "mydata:overview"),
        ),
    )


def show_erasure_report(report: ErasureReport, way: str) -> Screen:
    """Return a screen with the number of erased submissions, and the reasons for the kept ones.

    `way` is "erase" or "withdraw".
    """
    kept = [
        Words("mydata.kept", {"code": code, "reason": Words(f"mydata.reason.{reason}")})
        for code, reason in report.kept
    ]
    taken_back = (Words("mydata.taken_back"),) if report.erased_count else ()
    if kept:
        part = "_some" if report.erased_count else "_none"
    else:
        part = "" if report.erased_count else "_empty"
    done = Words(f"mydata.done.{way}{part}", {"gone": report.erased_count})
    # An open conversation was deleted too: its keys go.
    return Screen((done, *taken_back, *kept), removes_keyboard=True)
