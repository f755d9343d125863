"""The short conversations of officers: each asks for the values of an action."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.areas.question import area_input
from bot.casework.police_names import names_city_police
from bot.casework.template_text import has_blanks
from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Flow, Input, Option, Rejected, Step
from bot.conversation.inputs import (
    choice_input,
    fact_choice_input,
    parse_choice,
    review_input,
    text_input,
)
from bot.conversation.long_text import MORE, long_text_input, read_text
from bot.conversation.reply import Reply
from bot.core.screen import Words
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Param

OWN_WORDS = "own"  # the choice of no template


def show_proposal(answers: Answers) -> Mapping[str, Param]:
    """Return the parts of the answer, as parameters of the review page."""
    return {
        "text": read_text(answers["text"]),
        **{name: answers[name] for name in ("measure", "deadline")},
    }


BAN_DAYS = ("1", "7", "30", "365")  # the choices of the length of a ban

BAN_FLOW = Flow(
    "ban",
    (
        Step("days", choice_input("ban.days", *BAN_DAYS)),
        Step("reason", text_input("ban.reason", limit=300)),
    ),
)

_LONG, _SHORT = 10_000, 300  # characters of a long and of a short answer of a step
_MIN_CODE_LENGTH = 6  # characters; shorter input is the number of a button
EXTENSION_DAYS = ("3", "5", "10")  # the choices of working days by which a due date is moved

ASK_FLOW = Flow("ask", (Step("question", long_text_input("ask.question", limit=_LONG)),))


def has_templates(answers: Answers) -> bool:
    """Return True if there are templates to choose from."""
    return bool(answers.get("@templates"))


def _get_template(answers: Answers) -> str:
    """Return the text of the chosen template; empty if the officer writes their own words."""
    texts = {each[0]: each[2] for each in answers.get("@templates", ())}
    return str(texts.get(answers.get("template", OWN_WORDS), ""))


def answer_input() -> Input:
    """Return the question for the text of an answer: typed, or the chosen template.

    A text with blanks is rejected with the reason "blanks".
    """
    typed = long_text_input("propose.text", limit=_LONG, check=_refuse_blanks)
    use = Option("use", Words("propose.text.options.use"))

    def options(answers: Answers) -> tuple[Option, ...]:
        template = _get_template(answers)
        usable = (use,) if template and not has_blanks(template) else ()
        return (*usable, *typed.options(answers))

    def parse(reply: Reply, answers: Answers) -> Any:
        if reply.choice == use.value:
            parse_choice(reply, options(answers))
            return _get_template(answers)
        return typed.parse(reply, answers)

    def prompt(answers: Answers) -> str:
        if typed.prompt(answers) == MORE:
            return MORE
        return "template" if _get_template(answers) else "ask"

    return replace(
        typed,
        parse=parse,
        options=options,
        prompt=prompt,
        prompts=("ask", "template"),
        params=lambda answers: {"template": _get_template(answers), **typed.params(answers)},
        reasons=(*typed.reasons, "blanks"),
    )


def _refuse_blanks(text: str) -> None:
    if has_blanks(text):
        raise Rejected("blanks")


PROPOSE_FLOW = Flow(
    "propose",
    (
        Step(
            "template",
            fact_choice_input("@templates", "propose.template", OWN_WORDS),
            when=has_templates,
        ),
        Step("text", answer_input()),
        Step("measure", text_input("propose.measure", limit=_SHORT)),
        Step("deadline", text_input("propose.deadline", limit=_SHORT)),
        Step("review", review_input("propose.review", show_proposal)),
    ),
)

SEND_BACK_FLOW = Flow(
    "send_back", (Step("reason", long_text_input("send_back.reason", limit=_LONG)),)
)


def agency_input() -> Input:
    """Return the question for the agency that a case is transferred to: no police of the city."""
    typed = text_input("transfer.body", limit=_SHORT)

    def parse(reply: Reply, answers: Answers) -> Any:
        agency = typed.parse(reply, answers)
        if names_city_police(agency):
            raise Rejected("police")
        return agency

    return replace(typed, parse=parse, reasons=(*typed.reasons, "police"))


TRANSFER_FLOW = Flow(
    "transfer",
    (
        Step("body", agency_input()),
        Step("contact", text_input("transfer.contact", limit=_SHORT)),
    ),
)

REJECT_FLOW = Flow("reject", (Step("reason", long_text_input("reject.reason", limit=_LONG)),))


def _make_leaving_flow(name: str) -> Flow:
    """Return the conversation of an officer who gives a case away: a reason and a confirmation."""
    return Flow(
        name,
        (
            Step("reason", long_text_input(f"{name}.reason", limit=_LONG)),
            Step("review", review_input(f"{name}.review", _show_reason)),
        ),
    )


def _show_reason(answers: Answers) -> Mapping[str, Param]:
    return {"reason": read_text(answers["reason"])}


NOT_OURS_FLOW, RECUSE_FLOW = _make_leaving_flow("not_ours"), _make_leaving_flow("recuse")

NOTE_FLOW = Flow("note", (Step("text", long_text_input("note.text", limit=_LONG)),))

ASSIGN_FLOW = Flow("assign", (Step("officer", fact_choice_input("@officers", "assign.officer")),))

EXCLUDE_FLOW = Flow(
    "exclude", (Step("officer", fact_choice_input("@officers", "exclude.officer")),)
)

READMIT_FLOW = Flow(
    "readmit", (Step("officer", fact_choice_input("@officers", "readmit.officer")),)
)

ROUTE_FLOW = Flow("route", (Step("area", area_input("route.area")),))

RECLASSIFY_FLOW = Flow(
    "reclassify",
    (
        Step("kind", choice_input("feedback.kind", *Kind)),
        Step("topic", choice_input("feedback.topic", *Topic)),
    ),
)


def merge_target_input() -> Input:
    """Return the question for the code of the case to merge into: a similar case, or typed."""
    alike = fact_choice_input("@alike", "merge.into")

    def parse(reply: Reply, answers: Answers) -> str:
        typed = (reply.text or "").strip()
        if reply.choice is None and len(typed) >= _MIN_CODE_LENGTH:
            return typed[:_SHORT]
        return str(alike.parse(reply, answers))

    return Input(parse, options=alike.options, reasons=(UNKNOWN_CHOICE,), takes_text=True)


MERGE_FLOW = Flow("merge", (Step("into", merge_target_input()),))

EXTEND_FLOW = Flow(
    "extend",
    (
        Step("days", choice_input("extend.days", *EXTENSION_DAYS)),
        Step("reason", text_input("extend.reason", limit=_SHORT)),
    ),
)

DIVERT_FLOW = Flow("divert", (Step("place", long_text_input("divert.place", limit=_LONG)),))

TEMPLATE_FLOW = Flow(
    "template",
    (
        Step("name", text_input("template.name", limit=40)),
        Step("text", long_text_input("template.text", limit=_LONG)),
    ),
)

AWAY_DAYS = ("1", "3", "7", "14", "30")  # the choices of the length of an absence

AWAY_FLOW = Flow(
    "away",
    (
        Step("days", choice_input("away.days", *AWAY_DAYS)),
        Step("substitute", fact_choice_input("@officers", "away.substitute", "nobody")),
    ),
)
