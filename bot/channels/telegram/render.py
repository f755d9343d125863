"""The renderer: a screen becomes HTML texts within Telegram's limit, and a keyboard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.core.screen import Button, Screen, Words
    from bot.texts import Catalogue

LIMIT = 4096  # UTF-16 units of a message
_SHORT = 21  # characters; two labels up to this length fit into a row on a phone

Markup = dict[str, Any]  # reply_markup of the Bot API; never changed after it is built


@dataclass(frozen=True, slots=True)
class Rendered:
    """Messages to send in order; the last one carries the keyboard."""

    texts: tuple[str, ...]
    markup: Markup | None


class Renderer:
    """Renders screens in a language; keyboards are built once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._keyboard = lru_cache(maxsize=4096)(self._build_keyboard)

    def render(self, screen: Screen, language: str) -> Rendered:
        """Return the messages of a screen, each within Telegram's limit."""
        html = "\n\n".join(
            self._catalogue.render_html(words, language) for words in screen.paragraphs
        )
        return Rendered(tuple(split_html(html)), self.markup(screen, language))

    def plain(self, words: Words | str, language: str) -> str:
        """Return a text without markup, for a label or a notice."""
        return self._catalogue.render_plain(words, language)

    def markup(self, screen: Screen, language: str) -> Markup | None:
        """Return the keyboard of a screen, or None."""
        if screen.sharing is not None:
            kind, label = screen.sharing
            # Telegram has no inline buttons beside these: the other buttons send their labels.
            others = (*screen.choices, *screen.moves)
            return {
                "keyboard": [
                    [{"text": self.plain(label, language), f"request_{kind}": True}],
                    [{"text": self.plain(button.label, language)} for button in others],
                ],
                "resize_keyboard": True,
                "one_time_keyboard": True,
            }
        if not screen.choices and not screen.moves:
            return None
        return self._keyboard(screen.choices, screen.moves, language)

    def _build_keyboard(
        self, choices: tuple[Button, ...], moves: tuple[Button, ...], language: str
    ) -> Markup:
        rows: list[list[dict[str, str]]] = []
        for button in choices:
            label = self.plain(button.label, language)
            made = {"text": label, "callback_data": button.data}
            last = rows[-1] if rows else []
            if len(last) == 1 and len(label) <= _SHORT and len(last[0]["text"]) <= _SHORT:
                last.append(made)
            else:
                rows.append([made])
        if moves:
            rows.append(
                [
                    {"text": self.plain(button.label, language), "callback_data": button.data}
                    for button in moves
                ]
            )
        return {"inline_keyboard": rows}


def count_utf16_units(text: str) -> int:
    """Return the length of a text in UTF-16 units, as Telegram counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def split_html(html: str) -> list[str]:
    """Return parts within the limit, cut at line ends or spaces, never in a tag or an entity.

    The tags of our texts open and close within a line, so a cut between lines is safe.
    """
    if count_utf16_units(html) <= LIMIT:
        return [html]
    parts, current = [], ""
    for line in html.split("\n"):
        for piece in _pieces(line):
            joined = f"{current}\n{piece}" if current else piece
            if count_utf16_units(joined) > LIMIT:
                parts.append(current)
                current = piece
            else:
                current = joined
    return [part for part in (*parts, current) if part.strip()]


_ATOM = re.compile(r"<[^>]*>|&[^;\s]{1,8};|\s|[^\s<&]{1,64}|.", re.DOTALL)


def _pieces(line: str) -> list[str]:
    if count_utf16_units(line) <= LIMIT:
        return [line]
    pieces, current = [], ""
    for atom in _ATOM.findall(line):
        if count_utf16_units(current) + count_utf16_units(atom) > LIMIT:
            pieces.append(current.rstrip())
            current = atom.lstrip()
        else:
            current += atom
    return [*pieces, current]
