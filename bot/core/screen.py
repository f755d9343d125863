"""What a person is shown, before it has a language or a messenger: keys, parameters, buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

Param: TypeAlias = "str | int | datetime | date | Words | tuple[Words, ...] | Lines"


Sharing = Literal["contact", "location"]  # what only the messenger itself can share


@dataclass(frozen=True, slots=True)
class Words:
    """A text of `bot/texts` by its key, with its parameters.

    A parameter may be words itself, or several (they are joined by commas); text that a person
    wrote stays as it is and is escaped when it is rendered.
    """

    key: str
    params: Mapping[str, Param] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Lines:
    """Several words, each on a line of its own."""

    all: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A button: `label` is words, or a name that has no translation; `data` says what it answers"""

    label: Words | str
    data: str


@dataclass(frozen=True, slots=True)
class Screen:
    """Paragraphs, the choices (laid out when rendered), and one row of ways to move.

    A screen that `asks` for something that only the messenger can share has a button for that.
    """

    paragraphs: tuple[Words, ...]
    choices: tuple[Button, ...] = ()
    moves: tuple[Button, ...] = ()
    sharing: tuple[Sharing, Words] | None = None

    def to_json(self) -> dict[str, Any]:
        """A form that JSON can hold, for the outbox; what a screen asks to share is left out."""
        return {
            "paragraphs": [_dump(words) for words in self.paragraphs],
            "choices": [[_dump(button.label), button.data] for button in self.choices],
            "moves": [[_dump(button.label), button.data] for button in self.moves],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Screen:
        """The screen that `to_json` gave; rows of an older release have the same form."""

        def buttons(pairs: Sequence[Sequence[Any]]) -> tuple[Button, ...]:
            return tuple(Button(_load(label), data) for label, data in pairs)

        return cls(
            tuple(_load(words) for words in stored["paragraphs"]),
            buttons(stored.get("choices", ())),
            buttons(stored.get("moves", ())),
        )


def _dump(value: Param) -> Any:
    match value:
        case Words(key, params):
            return {"key": key, "params": {name: _dump(param) for name, param in params.items()}}
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"on": value.isoformat()}
        case Lines(lines):
            return {"lines": [_dump(each) for each in lines]}
        case tuple():
            return {"all": [_dump(each) for each in value]}
        case _:
            return value


def _load(stored: Any) -> Any:
    match stored:
        case {"key": key, "params": params}:
            return Words(key, {name: _load(param) for name, param in params.items()})
        case {"at": moment}:
            return datetime.fromisoformat(moment)
        case {"on": day}:
            return date.fromisoformat(day)
        case {"lines": lines}:
            return Lines(tuple(_load(each) for each in lines))
        case {"all": several}:
            return tuple(_load(each) for each in several)
        case _:
            return stored
