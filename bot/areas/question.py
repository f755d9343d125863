"""The question for a unit of the city.

The resident types a name and confirms the unit with a button, shares a position, chooses from a
list, or skips the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.areas.former_units import FormerWard, map_former_districts
from bot.areas.typed_places import resolve_typed_place
from bot.areas.units import CITY, list_units, map_units, name_unit
from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Input, Option, Rejected, StepNotes
from bot.conversation.inputs import parse_choice
from bot.conversation.meanings import Meaning
from bot.conversation.reply import PlaceProblem, Reply
from bot.conversation.typed_words import read_meanings
from bot.core.screen import Param, Words
from bot.core.typed_numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.areas.text_places import TextPlace

_PAGE_SIZE = 12  # units on a page of the list, and most units offered for a name
_LOCATE = "locate"  # the value of the note `area.page` while the position is asked for
_MAX_QUERY_CHARACTERS = 200  # of a typed name that is looked up
_MAX_SHOWN_CHARACTERS = 60  # of a typed name that a text repeats


def area_input(
    texts: str,
    find_mentioned: Callable[[Answers], TextPlace | None] | None = None,
    *,
    may_skip: bool = False,
) -> Input:
    """Return the input of a step that asks for a unit.

    The answer is a unit's code, or the city's code if the question is skipped.

    `texts` is the prefix of the keys of its texts. `find_mentioned` returns the place that earlier
    answers mention (without words, if it is a position); its units are offered first. `may_skip`:
    the city stands for an unknown unit, so that "không biết" chooses it.
    """
    question = _AreaQuestion(texts, find_mentioned or _find_nothing, may_skip=may_skip)
    return Input(
        question.parse_reply,
        options=question.list_options,
        prompt=question.choose_prompt,
        prompts=(
            *("ask", "sure", "unsure", "landmark", "which", "formerly"),
            *("listed", "near", "swapped", "locate"),
            *(("mentioned",) if find_mentioned is not None else ()),
        ),
        params=question.list_parameters,
        sharing=lambda answers: "location" if answers.get("area.page") == _LOCATE else None,
        key_labels=(Words(f"{texts}.options.skip"),),
        is_valid=lambda value, _answers: is_area(value),
        reasons=(UNKNOWN_CHOICE, "unknown-place", "outside-city", PlaceProblem.UNREADABLE_LINK),
        takes_text=True,
    )


def _find_nothing(_answers: Answers) -> None:
    return None


def is_area(code: str) -> bool:
    """Return True if the code is the city's or a unit's."""
    return code == CITY or code in map_units()


@dataclass(frozen=True)
class _AreaQuestion:
    """The functions of the input.

    They keep notes in the draft. The position itself is not stored.

    - `area.query`: the typed name of one or several units.
    - `area.page`: the page of the list that is shown, or "locate".
    - `area.near`: the codes of the units in which the shared or typed position can be.
    - `area.swapped`: True if the numbers of the position were exchanged.

    The fact `@areas` holds the unit codes of the person's last submissions.
    """

    texts: str
    find_mentioned: Callable[[Answers], TextPlace | None]
    may_skip: bool

    def list_options(self, answers: Answers) -> tuple[Option, ...]:
        """Return the units to choose from, and the buttons for position, list and skipping."""
        skip_meanings = (Meaning.SKIP,) if self.may_skip else ()
        skip = Option(CITY, Words(f"{self.texts}.options.skip"), skip_meanings)
        if answers.get("area.page") == _LOCATE:
            return (skip,)
        if "area.page" in answers:
            return (*self._list_page(int(answers["area.page"])), skip)
        codes = self._list_offered_codes(answers)
        # "Yes" confirms the one unit that the question names.
        is_named = len(codes) == 1 and self.choose_prompt(answers) != "ask"
        meanings = (Meaning.YES,) if is_named else ()
        units = [Option(code, name_unit(code), meanings) for code in codes]
        # The position is offered only before a name or a position was given.
        is_first = self.choose_prompt(answers) in {"ask", "mentioned"}
        locate = [Option(_LOCATE, Words(f"{self.texts}.options.locate"))] if is_first else []
        to_list = Option("list", Words(f"{self.texts}.options.list"))
        return (*units, *locate, to_list, skip)

    def _list_page(self, number: int) -> tuple[Option, ...]:
        """Return the units on a page of the list, and the buttons to the previous and next page."""
        units = list_units()[number * _PAGE_SIZE : (number + 1) * _PAGE_SIZE]
        turns = [
            Option(f"page-{page}", Words(f"{self.texts}.options.{label}"))
            for label, page in (("previous", number - 1), ("next", number + 1))
            if 0 <= page < _count_pages()
        ]
        return (*(Option(unit.code, unit.words) for unit in units), *turns)

    def parse_reply(self, reply: Reply, answers: Answers) -> str | StepNotes:
        """Return the chosen code, or the notes for the next prompt. Raises Rejected."""
        typed = (reply.text or "").strip()
        if reply.edited and typed.isdigit():  # an edit presses no button
            raise Rejected("unknown-place", typed=typed[:_MAX_SHOWN_CHARACTERS])
        if reply.choice is not None or typed.isdigit():
            return self._parse_choice(reply, answers)
        if reply.place_problem is PlaceProblem.UNREADABLE_LINK:
            raise Rejected(reply.place_problem)
        if reply.nearby is not None:
            if not reply.nearby:
                raise Rejected("outside-city")
            swapped = reply.place_problem is PlaceProblem.SWAPPED or None
            near = {"near": list(reply.nearby), "swapped": swapped}
            return StepNotes({**near, "query": None, "page": None})
        if read_meanings(typed):
            raise Rejected(UNKNOWN_CHOICE)
        query = typed[:_MAX_QUERY_CHARACTERS]
        resolved = resolve_typed_place(query)
        if resolved.is_outside:
            raise Rejected("outside-city")
        if not resolved.candidates:
            raise Rejected("unknown-place", typed=typed[:_MAX_SHOWN_CHARACTERS])
        return StepNotes({"query": query, "page": None, "near": None})

    def _parse_choice(self, reply: Reply, answers: Answers) -> str | StepNotes:
        """Return the chosen code, or the notes for the chosen page. Raises Rejected.

        Every button that this question has ever shown is accepted, not only the present ones.
        """
        value = reply.choice or parse_choice(reply, self.list_options(answers))
        if is_area(value):
            return value
        if value == _LOCATE:
            return StepNotes({"page": _LOCATE, "query": None, "near": None})
        number = 0 if value == "list" else parse_number(value.removeprefix("page-"))
        if number is not None and number < _count_pages():
            return StepNotes({"page": number, "query": None, "near": None})
        raise Rejected(UNKNOWN_CHOICE)

    def choose_prompt(self, answers: Answers) -> str:
        """Return the name of the prompt that fits the notes."""
        if "area.page" in answers:
            return _LOCATE if answers["area.page"] == _LOCATE else "listed"
        if "area.near" in answers:
            return "swapped" if answers.get("area.swapped") else "near"
        if "area.query" not in answers:
            mentioned = self.find_mentioned(answers)
            if mentioned is None:
                return "ask"
            return "mentioned" if mentioned.words else "near"
        resolved = resolve_typed_place(answers["area.query"])
        if len(resolved.candidates) == 1 and resolved.is_misspelt:
            return "unsure"
        if _name_former_unit(answers):
            return "formerly"
        if len(resolved.candidates) > 1:
            return "which"
        return "landmark" if resolved.is_landmark else "sure"

    def list_parameters(self, answers: Answers) -> Mapping[str, Param]:
        """Return the parameters of the prompt's text."""
        query = answers.get("area.query")
        if not query:
            mentioned = self.find_mentioned(answers)
            return {"typed": mentioned.words[:_MAX_SHOWN_CHARACTERS]} if mentioned else {}
        units = tuple(name_unit(code) for code in resolve_typed_place(query).codes[:_PAGE_SIZE])
        return {
            "typed": query[:_MAX_SHOWN_CHARACTERS],
            "now": units,
            "before": _name_former_unit(answers),
        }

    def _list_offered_codes(self, answers: Answers) -> Sequence[str]:
        """Return the codes of the units that can be meant.

        Before a name or a position was given, these are the units of the mentioned place, or else
        those of the last submissions.
        """
        if "area.near" in answers:
            return [code for code in answers["area.near"] if code in map_units()]
        if "area.query" in answers:
            return resolve_typed_place(answers["area.query"]).codes[:_PAGE_SIZE]
        mentioned = self.find_mentioned(answers)
        if mentioned is not None:
            return mentioned.codes[:_PAGE_SIZE]
        return [code for code in answers.get("@areas", ()) if code in map_units()]


def _name_former_unit(answers: Answers) -> tuple[Words, ...]:
    """Return the name of the former unit that was typed; of a ward also its district's name.

    Return nothing if other units fit too.
    """
    candidates = resolve_typed_place(answers["area.query"]).candidates
    former_units = {candidate.former for candidate in candidates}
    former = former_units.pop() if len(former_units) == 1 else None
    if isinstance(former, FormerWard):
        return former.words, map_former_districts()[former.district].words
    return (former.words,) if former else ()


def _count_pages() -> int:
    return -(-len(list_units()) // _PAGE_SIZE)
