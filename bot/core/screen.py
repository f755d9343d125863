"""Screens: texts and buttons to show, without a language and without a messenger's own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

# A parameter of a text.
Param: TypeAlias = "str | int | datetime | date | Words | tuple[Words, ...] | Lines"


# The data that a person can share only by a button of the messenger.
Sharing = Literal["contact", "location"]


@dataclass(frozen=True, slots=True)
class Words:
    """The key of a text in `bot/texts`, and its parameters; the chat's language is chosen later.

    A parameter may be another text. A tuple of texts is joined by commas, or by semicolons if one
    of them has a comma. A string is text that a person wrote: it is escaped when it is rendered.
    """

    key: str
    params: Mapping[str, Param] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Lines:
    """A parameter of a text: several texts, each on its own line."""

    texts: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A button: its label (a text, or a name without translation) and the data it sends back."""

    label: Words | str
    data: str


@dataclass(frozen=True, slots=True)
class Screen:
    """Paragraphs, a button for each choice, and one row of navigation buttons (back, cancel, edit).

    `sharing` is what a further button shares (the contact or the location), and its label. All
    buttons of such a screen are keys in place of the person's keyboard. `removes_keyboard`: the
    keys of an earlier screen go away. `protected`: it shows a case to an officer, and may not be
    forwarded or saved; so may the files that are sent with it.
    """

    paragraphs: tuple[Words, ...]
    choices: tuple[Button, ...] = ()
    navigation: tuple[Button, ...] = ()
    sharing: tuple[Sharing, Words] | None = None
    removes_keyboard: bool = False
    protected: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the screen as JSON values, for the outbox."""
        stored: dict[str, Any] = {
            "paragraphs": [_dump(words) for words in self.paragraphs],
            "choices": [[_dump(button.label), button.data] for button in self.choices],
            "moves": [[_dump(button.label), button.data] for button in self.navigation],
        }
        if self.sharing is not None:
            stored["sharing"] = [self.sharing[0], _dump(self.sharing[1])]
        if self.removes_keyboard:
            stored["removes_keyboard"] = True
        if self.protected:
            stored["protected"] = True
        return stored

    def mark_repeated(self) -> Screen:
        """Return the screen with the notice that it may have been sent before."""
        return replace(self, paragraphs=(*self.paragraphs, Words("outbox.repeated")))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Screen:
        """Return the screen that `to_json` returned, in this release or an older one."""

        def buttons(pairs: Sequence[Sequence[Any]]) -> tuple[Button, ...]:
            return tuple(Button(_load(label), data) for label, data in pairs)

        sharing = stored.get("sharing")
        return cls(
            tuple(_load(words) for words in stored["paragraphs"]),
            buttons(stored.get("choices", ())),
            buttons(stored.get("moves", ())),
            sharing=None if sharing is None else (sharing[0], _load(sharing[1])),
            removes_keyboard=stored.get("removes_keyboard", False),
            protected=stored.get("protected", False),
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
