"""Asking for a unit of the city: typed and confirmed by a button, found in a list, or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.former import FormerWard, map_districts
from bot.areas.resolver import resolve_area
from bot.areas.units import CITY, list_units, map_units, name_unit
from bot.conversation.engine import Answers, Input, Option, Rejected, Reply, StepNotes
from bot.conversation.inputs import CHOOSE, parse_choice
from bot.core.screen import Param, Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PAGE = 12  # units on one page, of the list or of those that a name may mean
_LOCATE = "locate"  # the position is asked for, in place of a page
_TYPED = 200  # letters of what was typed that are kept and read


def area_input(texts: str) -> Input:
    """A unit's code, or the city's when it is left out; `texts` is the key of its texts."""
    asking = _Asking(texts)
    return Input(
        asking.parse,
        options=asking.options,
        prompt=asking.prompt,
        prompts=("ask", "sure", "which", "formerly", "listed", "near", "locate"),
        show=asking.show,
        asks=lambda answers: "location" if answers.get("area.page") == _LOCATE else None,
        holds=lambda value, _answers: is_area(value),
        reasons=(CHOOSE, "unknown-place", "outside-city"),
    )


def is_area(code: str) -> bool:
    """Whether a code is the city's or one of its units'."""
    return code == CITY or code in map_units()


@dataclass(frozen=True)
class _Asking:
    """Notes: `query` is what was typed and fits some units, `page` the page of the list.

    `near` are the units that a shared position may be in; the position itself is not kept. The fact
    `@areas` are the units of the person's last opinions.
    """

    texts: str

    def options(self, answers: Answers) -> tuple[Option, ...]:
        skip = Option(CITY, Words(f"{self.texts}.options.skip"))
        if answers.get("area.page") == _LOCATE:
            return (skip,)
        if "area.page" in answers:
            return (*self._page(int(answers["area.page"])), skip)
        found = _offered(answers)
        # Where nothing was said yet; afterwards a name or a position is being settled.
        is_first = self.prompt(answers) == "ask"
        ways = (Option(_LOCATE, Words(f"{self.texts}.options.locate")),) if is_first else ()
        to_list = Option("list", Words(f"{self.texts}.options.list"))
        return (*(Option(code, name_unit(code)) for code in found), *ways, to_list, skip)

    def _page(self, number: int) -> tuple[Option, ...]:
        shown = list_units()[number * _PAGE : (number + 1) * _PAGE]
        turns = [
            Option(f"page-{to}", Words(f"{self.texts}.options.{way}"))
            for way, to in (("previous", number - 1), ("next", number + 1))
            if 0 <= to <= _last_page()
        ]
        return (*(Option(unit.code, unit.words) for unit in shown), *turns)

    def parse(self, reply: Reply, answers: Answers) -> str | StepNotes:
        typed = (reply.text or "").strip()
        if reply.choice is not None or typed.isdigit():
            return self._chosen(reply, answers)
        if reply.near is not None:
            if not reply.near:
                raise Rejected("outside-city")
            return StepNotes({"near": list(reply.near), "query": None, "page": None})
        found = resolve_area(typed[:_TYPED])
        if found.elsewhere:
            raise Rejected("outside-city")
        if not found.candidates:
            raise Rejected("unknown-place", typed=typed[:60])
        return StepNotes({"query": typed[:_TYPED], "page": None, "near": None})

    def _chosen(self, reply: Reply, answers: Answers) -> str | StepNotes:
        # Every button that was ever shown for this question is good, not only the last ones.
        value = reply.choice or parse_choice(reply, self.options(answers))
        if is_area(value):
            return value
        if value == _LOCATE:
            return StepNotes({"page": _LOCATE, "query": None, "near": None})
        number = "0" if value == "list" else value.removeprefix("page-")
        if number.isdecimal() and int(number) <= _last_page():
            return StepNotes({"page": int(number), "query": None, "near": None})
        raise Rejected(CHOOSE)

    def prompt(self, answers: Answers) -> str:
        if "area.page" in answers:
            return _LOCATE if answers["area.page"] == _LOCATE else "listed"
        if "area.near" in answers:
            return "near"
        if "area.query" not in answers:
            return "ask"
        if _before(answers):
            return "formerly"
        return "sure" if len(resolve_area(answers["area.query"]).candidates) == 1 else "which"

    def show(self, answers: Answers) -> Mapping[str, Param]:
        typed = answers.get("area.query")
        if not typed:
            return {}
        now = tuple(name_unit(code) for code in resolve_area(typed).codes[:_PAGE])
        return {"typed": typed[:60], "now": now, "before": _before(answers)}


def _offered(answers: Answers) -> Sequence[str]:
    """The units that may be meant; before anything was said, those of the last opinions."""
    if "area.near" in answers:
        return [code for code in answers["area.near"] if code in map_units()]
    if "area.query" in answers:
        return resolve_area(answers["area.query"]).codes[:_PAGE]
    return [code for code in answers.get("@areas", ()) if code in map_units()]


def _before(answers: Answers) -> tuple[Words, ...]:
    """The name of before that was typed, with its district; none if other names fit too."""
    known = {each.former for each in resolve_area(answers["area.query"]).candidates}
    former = known.pop() if len(known) == 1 else None
    if isinstance(former, FormerWard):
        return former.words, map_districts()[former.district].words
    return (former.words,) if former else ()


def _last_page() -> int:
    return (len(list_units()) - 1) // _PAGE
