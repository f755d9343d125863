"""Every user-facing word, by key and language."""

from __future__ import annotations

import html
import tomllib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bot.core.screen import Lines, Param, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

LANGUAGES = ("vi", "en")


@cache
def load_texts(language: str) -> Mapping[str, str]:
    """The texts of a language by their full keys."""
    source = files("bot.texts").joinpath(f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(source), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield f"{prefix}{name}", value.removeprefix("\n")
        else:
            yield from _flat(value, f"{prefix}{name}.")


class Catalogue:
    """Turns words into text, times into the city's zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def html(self, words: Words | str, language: str) -> str:
        """The text as HTML: what a person wrote is escaped, the text's own tags stay."""
        return self._say(words, language, html.escape)

    def plain(self, words: Words | str, language: str) -> str:
        """The text of a button or another place without markup."""
        return self._say(words, language, str)

    def _say(self, words: Words | str, language: str, escape: Callable[[str], str]) -> str:
        if isinstance(words, str):
            return escape(words)
        template = load_texts(language)[words.key]
        if not words.params:
            return template
        params = {
            name: self._param(value, language, escape) for name, value in words.params.items()
        }
        return template.format_map(params)

    def _param(self, value: Param, language: str, escape: Callable[[str], str]) -> str | int:
        match value:
            case Words():
                return self._say(value, language, escape)
            case Lines(lines):
                return "\n".join(self._say(each, language, escape) for each in lines)
            case tuple():
                return ", ".join(self._say(each, language, escape) for each in value)
            case datetime():
                return self._moment("format.datetime", value.astimezone(self._zone), language)
            case date():
                return self._moment("format.date", value, language)
            case int():
                return value
            case _:
                return escape(value)

    def _moment(self, key: str, value: date, language: str) -> str:
        parts = {name: getattr(value, name) for name in ("day", "month", "year")}
        if isinstance(value, datetime):
            parts |= {"hour": value.hour, "minute": value.minute}
        return load_texts(language)[key].format_map(parts)
