"""The renderer: turns a screen into HTML texts within Telegram's limit, and a keyboard."""

from __future__ import annotations

import html as html_entities
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Button, Screen
    from bot.texts import Catalogue

MAX_UNITS = 4096  # UTF-16 units in a message
_MIN_LAST_UNITS = 1000  # of a text that is split: its buttons stand below enough of it
_SHORTER_PARTS = (3500, 3000, 2500, 2000)  # lengths to try if the last part is shorter
_MAX_PAIRED_LABEL = 19  # characters; Telegram shows two such labels whole on a phone of 390 px

Markup = dict[str, Any]  # reply_markup of the Bot API; never changed after it is built


@dataclass(frozen=True, slots=True)
class Rendered:
    """The HTML texts of messages to send in order. The last message gets the keyboard.

    `removal` is a text to send before them, with REMOVE_KEYBOARD: a message with inline buttons
    cannot remove the keys of an earlier one. `protected`: none of them may be forwarded or saved.
    """

    texts: tuple[str, ...]
    markup: Markup | None
    removal: str | None = None
    protected: bool = False


REMOVE_KEYBOARD: Markup = {"remove_keyboard": True}
_REMOVAL = Words("draft.go_on")


class Renderer:
    """Renders screens in a language. It caches keyboards."""

    def __init__(self, catalogue: Catalogue, *, protects: bool = True) -> None:
        """Take the texts. `protects` is False if no message is protected from forwarding."""
        self._catalogue = catalogue
        self._protects = protects
        self._build_keyboard_cached = lru_cache(maxsize=4096)(self._build_keyboard)

    def render(self, screen: Screen, language: str) -> Rendered:
        """Return a screen's HTML texts, each of at most MAX_UNITS, and its keyboard."""
        html = "\n\n".join(
            self._catalogue.render_html(words, language) for words in screen.paragraphs
        )
        texts, markup = tuple(split_html(html)), self.render_markup(screen, language)
        protected = self.is_protected(screen)
        if not screen.removes_keyboard or screen.sharing is not None:
            return Rendered(texts, markup, protected=protected)
        if markup is None:
            return Rendered(texts, REMOVE_KEYBOARD, protected=protected)
        removal = self._catalogue.render_html(_REMOVAL, language)
        return Rendered(texts, markup, removal, protected)

    def is_protected(self, screen: Screen) -> bool:
        """Return True if the messages of a screen, and its files, may not be forwarded or saved."""
        return screen.protected and self._protects

    def is_shown(self, screen: Screen, language: str, message: Mapping[str, Any]) -> bool:
        """Return True if a message, as Telegram describes it, has this text and this keyboard."""
        markup = self.render_markup(screen, language)
        if screen.removes_keyboard or markup is None or message.get("reply_markup") != markup:
            return False
        texts = self.render(screen, language).texts
        plain = html_entities.unescape(_TAG.sub("", texts[0])).strip()
        return len(texts) == 1 and message.get("text") == plain

    def render_plain(self, words: Words | str, language: str) -> str:
        """Return a text without HTML tags, for the label of a button or a notice."""
        return self._catalogue.render_plain(words, language)

    def render_markup(self, screen: Screen, language: str) -> Markup | None:
        """Return the keyboard of a screen as `reply_markup`; None if it has no buttons."""
        if screen.sharing is not None:
            kind, label = screen.sharing
            # Telegram allows no inline buttons here. The other buttons send their labels.
            others = (*screen.choices, *screen.navigation)
            return {
                "keyboard": [
                    [{"text": self.render_plain(label, language), f"request_{kind}": True}],
                    [{"text": self.render_plain(button.label, language)} for button in others],
                ],
                "resize_keyboard": True,
                "one_time_keyboard": True,
            }
        if not screen.choices and not screen.navigation:
            return None
        return self._build_keyboard_cached(screen.choices, screen.navigation, language)

    def _build_keyboard(
        self, choices: tuple[Button, ...], moves: tuple[Button, ...], language: str
    ) -> Markup:
        rows: list[list[dict[str, str]]] = []
        for button in choices:
            label = self.render_plain(button.label, language)
            key = {"text": label, "callback_data": button.data}
            last = rows[-1] if rows else []
            if (
                len(last) == 1
                and len(label) <= _MAX_PAIRED_LABEL
                and len(last[0]["text"]) <= _MAX_PAIRED_LABEL
            ):
                last.append(key)
            else:
                rows.append([key])
        if moves:
            rows.append(
                [
                    {
                        "text": self.render_plain(button.label, language),
                        "callback_data": button.data,
                    }
                    for button in moves
                ]
            )
        return {"inline_keyboard": rows}


def count_utf16_units(text: str) -> int:
    """Return the length of a text in UTF-16 units, as Telegram counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_html(html: str) -> list[str]:
    """Split HTML into parts of at most MAX_UNITS, between lines or words, never in a tag or entity.

    The tags of our texts open and close within a line, so a cut between lines is safe. The last
    part has the buttons. It is no fragment: if it is short, the parts before it are made shorter.
    """
    if count_utf16_units(html) <= MAX_UNITS:
        return [html]
    parts = _split_at(html, MAX_UNITS)
    for limit in _SHORTER_PARTS:
        if count_utf16_units(parts[-1]) >= _MIN_LAST_UNITS:
            break
        parts = _split_at(html, limit)
    return parts


def _split_at(html: str, limit: int) -> list[str]:
    """Split HTML into parts of at most `limit` UTF-16 units, each as long as possible."""
    parts, current = [], ""
    for line in html.split("\n"):
        for piece in _split_line(line, limit):
            joined = f"{current}\n{piece}" if current else piece
            if count_utf16_units(joined) > limit:
                parts.append(current)
                current = piece
            else:
                current = joined
    return [part for part in (*parts, current) if part.strip()]


_TAG = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r"<[^>]*>|&[^;\s]{1,8};|\s|[^\s<&]{1,64}|.", re.DOTALL)


def _split_line(line: str, limit: int) -> list[str]:
    if count_utf16_units(line) <= limit:
        return [line]
    pieces, current = [], ""
    for token in _TOKEN.findall(line):
        if count_utf16_units(current) + count_utf16_units(token) > limit:
            pieces.append(current.rstrip())
            current = token.lstrip()
        else:
            current += token
    return [*pieces, current]
