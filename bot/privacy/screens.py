"""What residents are shown of their rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.screen import Button, Screen, Words

if TYPE_CHECKING:
    from bot.privacy.data_requests import ErasureReport, PersonalData


def show_overview(held: PersonalData) -> Screen:
    """What is stored, and what may be done with it."""
    ways = ["copy"]
    ways += ["correct"] if held.phones else []
    attends = bool(held.registrations or held.subscriptions)
    ways += ["erase"] if held.submissions or attends else []
    ways += ["withdraw"] if held.agreed else []
    text = Words("mydata.text", {"opinions": len(held.submissions), "phones": held.phones})
    forums = Words(
        "mydata.forums",
        {"registrations": len(held.registrations), "subscriptions": len(held.subscriptions)},
    )
    return Screen(
        (forums, text) if attends else (text,),
        tuple(Button(Words(f"mydata.{way}"), f"mydata:{way}") for way in ways),
    )


def ask_confirmation(way: str) -> Screen:
    """Once more before what cannot be undone."""
    return Screen(
        (Words(f"mydata.sure.{way}"),),
        (
            Button(Words(f"mydata.yes.{way}"), f"mydata:{way}-yes"),
            Button(Words("mydata.back"), "mydata:overview"),
        ),
    )


def show_erasure_report(done: ErasureReport, way: str) -> Screen:
    """What is gone, and what stays for which reason."""
    kept = [
        Words("mydata.kept", {"code": code, "reason": Words(f"mydata.reason.{reason}")})
        for code, reason in done.kept
    ]
    return Screen((Words(f"mydata.done.{way}", {"gone": done.gone}), *kept))
