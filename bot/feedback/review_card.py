"""The review card: what was understood of a submission, and who will read it.

The resident changes what is wrong on it, adds to it, or sends it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY, name_police, name_unit
from bot.casework.attachments import list_warnings
from bot.conversation.flow import Answers, Input, Option, Reopen
from bot.conversation.inputs import join_texts, list_files, review_input
from bot.conversation.meanings import Meaning
from bot.core.excerpts import shorten
from bot.core.screen import Lines, Param, Words
from bot.feedback import rules
from bot.feedback.text_questions import name_personal_data
from bot.feedback.text_suggestions import has_personal_data, is_urgent
from bot.notifications.summaries import list_topics
from storage.models import Identity, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.reply import Reply

_EXCERPT = 600  # characters of the text on the card
_KEPT_BY_LAW = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION, Kind.CRIME_REPORT})
_FORMAL = frozenset({Kind.COMPLAINT, Kind.DENUNCIATION})
_ADD = "add"  # the value of the button by which the resident writes more


def card_input(texts: str) -> Input:
    """Return the review card; `texts` is the key of its texts."""
    review = review_input(texts, show_card)
    add = Option(_ADD, Words(f"{texts}.options.{_ADD}"), (Meaning.MORE,))

    def parse(reply: Reply, answers: Answers) -> Any:
        return Reopen("details") if reply.choice == _ADD else review.parse(reply, answers)

    def options(answers: Answers) -> tuple[Option, ...]:
        return (*review.options(answers), add)

    return replace(review, parse=parse, options=options)


def show_card(answers: Answers) -> Mapping[str, Param]:
    """Return the answers as parameters of the card's text."""
    text = join_texts(answers["details"])
    identity, files = rules.get_identity(answers), list_files(answers["details"])
    area = rules.get_area(answers) or CITY
    return {
        "kind": Words(f"feedback.kind.options.{rules.get_kind(answers)}"),
        "topics": list_topics(rules.get_topics(answers)),
        "area": name_unit(area),
        "text": shorten(text, _EXCERPT),
        "files": Words("feedback.review.files", {"count": len(files)}) if files else "",
        "receiver": _name_receiver(answers),
        "identity": (
            answers["phone"]
            if identity is Identity.PHONE
            else Words(f"feedback.review.identity.{identity}")
        ),
        "remarks": Lines(_list_remarks(answers)),
        "warnings": list_warnings(files if identity is Identity.UNNAMED else ()),
    }


def _name_receiver(answers: Answers) -> Words:
    """Return who reads the submission and, if it does not go to the unit of its place, who not."""
    unit, area = rules.get_handling_unit(answers), rules.get_area(answers) or CITY
    words = {"unit": name_police(unit), "other": name_police(area)}
    return Words("feedback.review.receiver" + ("_only" if unit != area else ""), words)


def _list_remarks(answers: Answers) -> tuple[Words, ...]:
    """Return what the resident should know before the submission is sent."""
    kind = rules.get_kind(answers)
    remarks: list[Words] = []
    if is_urgent(answers):
        remarks.append(Words("feedback.danger.notice"))
    if kind in _FORMAL:
        remarks.append(Words(f"feedback.formal.about.{kind}"))
    if has_personal_data(answers) and str(answers.get("personal", "hide")).startswith("hide"):
        found = name_personal_data(answers)
        remarks.append(Words("feedback.review.hidden", {"found": found}))
    if kind in _KEPT_BY_LAW:
        remarks.append(Words("feedback.review.kept"))
    return tuple(remarks)
