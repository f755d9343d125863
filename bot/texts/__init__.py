"""All user-facing texts, by language and key, and their rendering."""

from __future__ import annotations

import html
import tomllib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Self

from bot.core.screen import Lines, Param, Words
from bot.core.visible_text import remove_direction_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

VIETNAMESE, ENGLISH = "vi", "en"
LANGUAGES = (VIETNAMESE, ENGLISH)


def choose_language(code: object) -> str | None:
    """Return the language of the bot for a person whose own has an IETF code, such as "en-GB".

    That is English if the bot does not speak it. Return None if there is no code.
    """
    if not isinstance(code, str) or not code:
        return None
    own = code.lower().partition("-")[0]
    return own if own in LANGUAGES else ENGLISH


@cache
def load_texts(language: str) -> Mapping[str, str]:
    """Return the texts of a language ("vi" or "en") by full key, such as "areas.former.ward"."""
    source = files("bot.texts").joinpath(f"{language}.toml").read_text("utf-8")
    return dict(_flatten(tomllib.loads(source), ""))


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the full keys and texts of a nested table."""
    for name, value in table.items():
        if isinstance(value, str):
            yield f"{prefix}{name}", value.removeprefix("\n")
        else:
            yield from _flatten(value, f"{prefix}{name}.")


class Catalogue:
    """Renders words (a key and its parameters) as text in a language, and times in a time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Take the time zone."""
        self._zone = zone

    def render_html(self, words: Words | str, language: str) -> str:
        """Return the text as HTML. Parameters and plain strings are escaped, tags of texts are not.

        They are shown without direction marks, which would reverse the letters after them.
        Raises KeyError for an unknown key.
        """
        return self._render(words, language, html.escape)

    def render_plain(self, words: Words | str, language: str) -> str:
        """Return the text without escaping, for buttons and other places without HTML.

        Parameters and plain strings are shown without direction marks. Raises
        KeyError for an unknown key.
        """
        return self._render(words, language, str)

    def _render(self, words: Words | str, language: str, escape: Callable[[str], str]) -> str:
        if isinstance(words, str):
            return escape(remove_direction_marks(words))
        template = load_texts(language)[words.key]
        if not words.params:
            return template
        params = {
            name: self._render_parameter(value, language, escape)
            for name, value in words.params.items()
        }
        if "" in params.values():
            template = _drop_empty_lines(template, params)
        return template.format_map(params)

    def _render_parameter(
        self, value: Param, language: str, escape: Callable[[str], str]
    ) -> str | int:
        """Return a parameter as text: lines, lists, dates and times have their own format."""
        match value:
            case Words():
                return self._render(value, language, escape)
            case Lines(lines):
                return "\n".join(self._render(line, language, escape) for line in lines)
            case tuple():
                items = [self._render(item, language, escape) for item in value]
                return ("; " if any("," in item for item in items) else ", ").join(items)
            case datetime():
                return self._render_date("format.datetime", value.astimezone(self._zone), language)
            case date():
                return self._render_date("format.date", value, language)
            case int():
                return value
            case _:
                return escape(remove_direction_marks(value))

    def _render_date(self, key: str, value: date, language: str) -> str:
        """Return a date or time in the format of the text with this key."""
        return _ShownDate(value, key, language)


def _drop_empty_lines(template: str, params: Mapping[str, str | int]) -> str:
    """Return a template without the lines that consist of one parameter, which is empty."""
    lines = template.split("\n")
    empty = {f"{{{name}}}" for name, value in params.items() if value == ""}
    return "\n".join(line for line in lines if line not in empty)


class _ShownDate(str):
    """A date or time as text, with its weekday. A text can ask for another format.

    `{due:short}` is the short date for the label of a button, `{due:plain}` is without a weekday.
    """

    _value: date
    _language: str

    def __new__(cls, value: date, key: str, language: str) -> Self:
        shown = super().__new__(cls, _format_date(value, key, language))
        shown._value, shown._language = value, language
        return shown

    def __format__(self, form: str) -> str:
        if not form:
            return str(self)
        return _format_date(self._value, f"format.{form}", self._language)


def _format_date(value: date, key: str, language: str) -> str:
    """Return a date or time in the format of the text with this key."""
    texts, day = load_texts(language), value.weekday()
    parts: dict[str, str | int] = {
        "day": value.day,
        "month": value.month,
        "year": value.year,
        "weekday": texts[f"moment.weekday_names.{day}"],
        "short_weekday": texts[f"moment.short_names.{day}"],
    }
    if isinstance(value, datetime):
        parts |= {"hour": value.hour, "minute": value.minute}
    return texts[key].format_map(parts)
