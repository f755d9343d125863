"""The short conversations of officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.question import area
from bot.casework.rules import has_blanks
from bot.conversation.flow import Answers, Flow, Input, Option, Rejected, Reply, Step
from bot.conversation.inputs import CHOOSE, choice, chosen, offered, review, text
from bot.screen import Words
from storage.models import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.screen import Param

OWN_WORDS = "own"


def proposed(answers: Answers) -> Mapping[str, Param]:
    """The answer as the resident will read it."""
    return {name: answers[name] for name in ("text", "measure", "deadline")}


BAN_DAYS = ("1", "7", "30", "365")

BAN = Flow(
    "ban",
    (
        Step("days", choice("ban.days", *BAN_DAYS)),
        Step("reason", text("ban.reason", limit=300)),
    ),
)

_LONG, _SHORT = 3000, 300  # characters
_SHORTEST_CODE = 6  # letters: less is the number of a button
EXTENSION_DAYS = ("3", "5", "10")

ASK = Flow("ask", (Step("question", text("ask.question", limit=_LONG)),))


def has_templates(answers: Answers) -> bool:
    """There is something to begin with."""
    return bool(answers.get("@templates"))


def _template(answers: Answers) -> str:
    """The text of the template that was chosen; nothing for one's own words."""
    texts = {each[0]: each[2] for each in answers.get("@templates", ())}
    return str(texts.get(answers.get("template", OWN_WORDS), ""))


def answer_text() -> Input:
    """The words of an answer: typed, or a template's once nothing in it is to be filled in."""
    typed = text("propose.text", limit=_LONG)
    use = Option("use", Words("propose.text.options.use"))

    def options(answers: Answers) -> tuple[Option, ...]:
        template = _template(answers)
        return (use,) if template and not has_blanks(template) else ()

    def parse(reply: Reply, answers: Answers) -> str:
        if reply.choice is not None:
            chosen(reply, options(answers))
            return _template(answers)
        words = str(typed.parse(reply, answers))
        if has_blanks(words):
            raise Rejected("blanks")
        return words

    return Input(
        parse,
        options=options,
        prompt=lambda answers: "template" if _template(answers) else "ask",
        prompts=("ask", "template"),
        show=lambda answers: {"template": _template(answers)},
        reasons=(*typed.reasons, "blanks"),
    )


PROPOSE = Flow(
    "propose",
    (
        Step(
            "template",
            offered("@templates", "propose.template", OWN_WORDS),
            when=has_templates,
        ),
        Step("text", answer_text()),
        Step("measure", text("propose.measure", limit=_SHORT)),
        Step("deadline", text("propose.deadline", limit=_SHORT)),
        Step("review", review("propose.review", proposed)),
    ),
)

SEND_BACK = Flow("send_back", (Step("reason", text("send_back.reason", limit=_LONG)),))

TRANSFER = Flow(
    "transfer",
    (
        Step("body", text("transfer.body", limit=_SHORT)),
        Step("contact", text("transfer.contact", limit=_SHORT)),
    ),
)

REJECT = Flow("reject", (Step("reason", text("reject.reason", limit=_LONG)),))

NOTE = Flow("note", (Step("text", text("note.text", limit=_LONG)),))

ASSIGN = Flow("assign", (Step("officer", offered("@officers", "assign.officer")),))

EXCLUDE = Flow("exclude", (Step("officer", offered("@officers", "exclude.officer")),))

ROUTE = Flow("route", (Step("area", area("route.area")),))

RECLASSIFY = Flow(
    "reclassify",
    (
        Step("kind", choice("feedback.kind", *Kind)),
        Step("topic", choice("feedback.topic", *Topic)),
    ),
)


def another_case() -> Input:
    """The code of a case: of one that looks alike, or typed."""
    alike = offered("@alike", "merge.into")

    def parse(reply: Reply, answers: Answers) -> str:
        typed = (reply.text or "").strip()
        if reply.choice is None and len(typed) >= _SHORTEST_CODE:
            return typed[:_SHORT]
        return str(alike.parse(reply, answers))

    return Input(parse, options=alike.options, reasons=(CHOOSE,))


MERGE = Flow("merge", (Step("into", another_case()),))

EXTEND = Flow(
    "extend",
    (
        Step("days", choice("extend.days", *EXTENSION_DAYS)),
        Step("reason", text("extend.reason", limit=_SHORT)),
    ),
)

DIVERT = Flow("divert", (Step("place", text("divert.place", limit=_LONG)),))

ACTIONS = (
    ASK, PROPOSE, SEND_BACK, TRANSFER, REJECT, NOTE,
    ASSIGN, EXCLUDE, ROUTE, RECLASSIFY, MERGE, EXTEND, DIVERT,
)  # fmt: skip

TEMPLATE = Flow(
    "template",
    (
        Step("name", text("template.name", limit=40)),
        Step("text", text("template.text", limit=_LONG)),
    ),
)

AWAY_DAYS = ("1", "3", "7", "14", "30")

AWAY = Flow(
    "away",
    (
        Step("days", choice("away.days", *AWAY_DAYS)),
        Step("substitute", offered("@officers", "away.substitute", "nobody")),
    ),
)
