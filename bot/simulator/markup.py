"""Telegram's HTML, and what Telegram finds in plain text by itself.

Offsets and lengths are in UTF-16 units, those in errors in bytes, as Telegram counts.
The errors are worded as in tdlib's `MessageEntity.cpp`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request

if TYPE_CHECKING:
    from bot.simulator.api_types import ApiError, Json

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
}
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_WORDS = re.compile(r"[^<]+")
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"[^\s=>]*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_SPACE = re.compile(r"\s*")
_USER_LINK = re.compile(r"tg://user\?id=(\d+)")


def count_utf16_units(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class _Open:
    tag: str
    offset: int
    argument: str
    place: int


@dataclass(slots=True)
class _Parser:
    source: str
    at: int = 0
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    stack: list[_Open] = field(default_factory=list)
    found: list[Json] = field(default_factory=list)

    def parse(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            if self.source.startswith("</", self.at):
                self._close_tag()
            elif self._next() == "<":
                self._open_tag()
            else:
                self._add(_decoded(self._take(_WORDS)))
        if self.stack:
            raise _wrong(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        return "".join(self.pieces), self.found

    def _add(self, text: str) -> None:
        self.pieces.append(text)
        self.length += count_utf16_units(text)

    def _byte(self, place: int) -> int:
        return len(self.source[:place].encode())

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.at)
        begin, self.at = self.at, match.end() if match else self.at
        return self.source[begin : self.at]

    def _next(self) -> str:
        return self.source[self.at : self.at + 1]

    def _open_tag(self) -> None:
        begin = self.at
        self.at += 1
        tag = self._take(_NAME).lower()
        if not self._next():
            raise _wrong(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if tag not in _TYPES:
            raise _wrong(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        argument = self._arguments(tag, begin)
        if tag == "span" and argument != "spoiler":
            raise _wrong(
                f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}'
            )
        if tag == "tg-emoji" and not argument:
            raise _wrong(f"Custom emoji must have an identifier at byte offset {self._byte(begin)}")
        self.stack.append(_Open(tag, self.length, argument, len(self.pieces)))

    def _arguments(self, tag: str, begin: int) -> str:
        argument = ""
        while True:
            self._take(_SPACE)
            if self._next() == ">":
                self.at += 1
                return argument
            name, value = self._attribute(tag, begin)
            argument = _argument(tag, name, value) or argument

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        place = f'the tag "{tag}" at byte offset {self._byte(begin)}'
        name = self._take(_ATTRIBUTE)
        if not name:
            raise _wrong(f"Empty attribute name in {place}")
        self._take(_SPACE)
        if self._next() != "=":
            if tag == "blockquote" and name == "expandable":
                return name, ""
            raise _wrong(f"Expected equal sign in declaration of an attribute of {place}")
        self.at += 1
        self._take(_SPACE)
        value = self._quoted() if self._next() in ("'", '"') else self._bare()
        if not self._next():
            raise _wrong(f"Unclosed start tag at byte offset {self._byte(begin)}")
        return name, value

    def _quoted(self) -> str:
        quote = self._next()
        end = self.source.find(quote, self.at + 1)
        value = self.source[self.at + 1 : end if end >= 0 else None]
        self.at = end + 1 if end >= 0 else len(self.source)
        return _decoded(value)

    def _bare(self) -> str:
        begin = self.at
        value = self._take(_TOKEN).lower()
        if self._next() and not self._next().isspace() and self._next() != ">":
            raise _wrong(f"Unexpected end of name token at byte offset {self._byte(begin)}")
        return value

    def _close_tag(self) -> None:
        begin = self.at
        if not self.stack:
            raise _wrong(f"Unexpected end tag at byte offset {self._byte(begin)}")
        self.at += 2
        tag = self._take(_NAME)
        self._take(_SPACE)
        if self._next() != ">":
            raise _wrong(f"Unclosed end tag at byte offset {self._byte(begin)}")
        self.at += 1
        opened = self.stack.pop()
        if tag and tag != opened.tag:
            raise _wrong(
                f"Unmatched end tag at byte offset {self._byte(begin)},"
                f' expected "</{opened.tag}>", found "</{tag}>"'
            )
        if self.length > opened.offset:
            self._keep(opened)

    def _keep(self, opened: _Open) -> None:
        place: Json = {"offset": opened.offset, "length": self.length - opened.offset}
        inside = "".join(self.pieces[opened.place :])
        if opened.tag == "pre" and self._is_code_inside(place):
            code = self.found.pop()
            self.found.append({"type": "pre", **place, "language": code["language"]})
            return
        entity = _entity(opened, place, inside)
        if entity is not None:
            self.found.append(entity)

    def _is_code_inside(self, place: Json) -> bool:
        last = self.found[-1] if self.found else {}
        same = all(last.get(key) == value for key, value in place.items())
        return same and last.get("type") == "code" and "language" in last


def _entity(opened: _Open, place: Json, inside: str) -> Json | None:
    if opened.tag == "a":
        return _link(opened.argument or inside, place)
    if opened.tag == "tg-emoji":
        return {"type": "custom_emoji", **place, "custom_emoji_id": opened.argument}
    if opened.tag == "code" and opened.argument:
        return {"type": "code", **place, "language": opened.argument}
    kind = _TYPES[opened.tag]
    return {"type": f"expandable_{kind}" if opened.argument == "expandable" else kind, **place}


def _argument(tag: str, name: str, value: str) -> str:
    if tag == "a" and name == "href":
        return value
    if tag == "code" and name == "class" and value.startswith("language-"):
        return value.removeprefix("language-")
    if tag == "span" and name == "class" and value.startswith("tg-"):
        return value.removeprefix("tg-")
    if tag == "tg-emoji" and name == "emoji-id":
        return value
    return "expandable" if tag == "blockquote" and name == "expandable" else ""


def _link(address: str, place: Json) -> Json | None:
    user = _USER_LINK.fullmatch(address)
    if user:
        return {"type": "text_mention", **place, "user": {"id": int(user[1])}}
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://.", address):
        return {"type": "text_link", **place, "url": address}
    if re.match(r"[^\s/]+\.[a-z]{2,}", address):
        return {"type": "text_link", **place, "url": f"http://{address}"}
    return None  # Telegram drops what is no address, and keeps the words


def _wrong(what: str) -> ApiError:
    return bad_request(f"can't parse entities: {what}")


def _decoded(text: str) -> str:
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if not 0 < code < 0x10FFFF or 0xD800 <= code < 0xE000:
        return match[0]
    return chr(code)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The text and its entities; raises Refused with Telegram's words."""
    if "<" not in source:
        return _decoded(source), []
    return _Parser(source).parse()


_HINT = re.compile(r"[/@#.]")
_FOUND = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,})"
    r"|(?P<url>(?:https?://|tg://)[^\s<>\"]+"
    r"|(?<![\w@.])(?:[a-zA-Z0-9-]+\.)+(?:com|org|net|vn|info|edu|gov|io|me|dev|app)"
    r"\b(?![@.]\w)(?:[/?#][^\s<>\"]*)?)"
    r"|(?P<bot_command>(?<![\w/<>.])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<!\w)@[A-Za-z][A-Za-z0-9_]{3,31}\b)"
    r"|(?P<hashtag>(?<!\w)#(?=\w*[^\W\d])\w+)"
)


def detect_entities(text: str) -> list[Json]:
    """Addresses, commands, mentions and hashtags."""
    if not _HINT.search(text):
        return []
    entities: list[Json] = []
    for match in _FOUND.finditer(text):
        kind = match.lastgroup
        words = match[0].rstrip(".,:;!?)'") if kind == "url" else match[0]
        offset = count_utf16_units(text[: match.start()])
        entities.append({"type": kind, "offset": offset, "length": count_utf16_units(words)})
    return entities


def complete_entities(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Trimmed as Telegram does, with what it finds by itself, in order."""
    start = count_utf16_units(text) - count_utf16_units(text.lstrip())
    text = text.strip()
    kept = _shifted(entities, start, count_utf16_units(text)) if entities else []
    taken = [
        (one["offset"], one["offset"] + one["length"]) for one in kept if one["type"] in _ALONE
    ]
    for entity in detect_entities(text):
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        if all(end <= first or begin >= last for first, last in taken):
            kept.append(entity)
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return text, kept


# Nothing is looked for inside of these.
_ALONE = frozenset(
    {
        "code",
        "pre",
        "text_link",
        "text_mention",
        "url",
        "email",
        "mention",
        "bot_command",
        "hashtag",
        "custom_emoji",
    }
)


def _shifted(entities: list[Json], start: int, length: int) -> list[Json]:
    shifted: list[Json] = []
    for entity in entities:
        begin = max(0, entity["offset"] - start)
        end = min(length, entity["offset"] + entity["length"] - start)
        if end > begin:
            entity = {**entity, "offset": begin, "length": end - begin}
            if entity["type"] == "code":
                entity.pop("language", None)
            shifted.append(entity)
    return shifted
