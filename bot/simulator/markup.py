"""Parse Telegram's HTML, and detect the entities that Telegram finds in plain text.

Offsets and lengths are in UTF-16 code units, and in error messages in bytes, as in Telegram. The
error messages are those of `MessageEntity.cpp` in tdlib.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.simulator.api_types import bad_request

if TYPE_CHECKING:
    from bot.simulator.api_types import ApiError, Json

_ENTITY_TYPES = {
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
_CHARACTER_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")
_NAMED_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TEXT = re.compile(r"[^<]+")
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>]*")
_UNQUOTED_VALUE = re.compile(r"[A-Za-z0-9.-]*")
_SPACE = re.compile(r"\s*")
_USER_LINK = re.compile(r"tg://user\?id=(\d+)")


def count_utf16_units(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class _OpenTag:
    """A start tag whose end tag is missing yet.

    offset:      the length of the text before it
    argument:    the value of its attribute, such as the URL of a link
    piece_index: the number of pieces of text before it
    """

    tag: str
    offset: int
    argument: str
    piece_index: int


@dataclass(slots=True)
class _HtmlParser:
    """A recursive-descent parser of Telegram's HTML. `index` is the next character to read."""

    source: str
    index: int = 0
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    stack: list[_OpenTag] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def parse(self) -> tuple[str, list[Json]]:
        """Return the text and its entities. Raises ApiError."""
        while self.index < len(self.source):
            if self.source.startswith("</", self.index):
                self._read_end_tag()
            elif self._peek() == "<":
                self._read_start_tag()
            else:
                self._add_text(_decode_references(self._read(_TEXT)))
        if self.stack:
            raise _markup_error(
                f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"'
            )
        return "".join(self.pieces), self.entities

    def _add_text(self, text: str) -> None:
        self.pieces.append(text)
        self.length += count_utf16_units(text)

    def _count_bytes(self, index: int) -> int:
        return len(self.source[:index].encode())

    def _read(self, pattern: re.Pattern[str]) -> str:
        """Read the characters that match a pattern."""
        match = pattern.match(self.source, self.index)
        start, self.index = self.index, match.end() if match else self.index
        return self.source[start : self.index]

    def _peek(self) -> str:
        return self.source[self.index : self.index + 1]

    def _read_start_tag(self) -> None:
        start = self.index
        self.index += 1
        tag = self._read(_TAG_NAME).lower()
        if not self._peek():
            raise _markup_error(f"Unclosed start tag at byte offset {self._count_bytes(start)}")
        if tag not in _ENTITY_TYPES:
            raise _markup_error(
                f'Unsupported start tag "{tag}" at byte offset {self._count_bytes(start)}'
            )
        argument = self._read_attributes(tag, start)
        if tag == "span" and argument != "spoiler":
            raise _markup_error(
                f'Tag "span" must have class "tg-spoiler" at byte offset {self._count_bytes(start)}'
            )
        if tag == "tg-emoji" and not argument:
            raise _markup_error(
                f"Custom emoji must have an identifier at byte offset {self._count_bytes(start)}"
            )
        self.stack.append(_OpenTag(tag, self.length, argument, len(self.pieces)))

    def _read_attributes(self, tag: str, start: int) -> str:
        argument = ""
        while True:
            self._read(_SPACE)
            if self._peek() == ">":
                self.index += 1
                return argument
            name, value = self._read_attribute(tag, start)
            argument = _choose_argument(tag, name, value) or argument

    def _read_attribute(self, tag: str, start: int) -> tuple[str, str]:
        tag_place = f'the tag "{tag}" at byte offset {self._count_bytes(start)}'
        name = self._read(_ATTRIBUTE_NAME)
        if not name:
            raise _markup_error(f"Empty attribute name in {tag_place}")
        self._read(_SPACE)
        if self._peek() != "=":
            if tag == "blockquote" and name == "expandable":
                return name, ""
            raise _markup_error(
                f"Expected equal sign in declaration of an attribute of {tag_place}"
            )
        self.index += 1
        self._read(_SPACE)
        value = self._read_quoted() if self._peek() in ("'", '"') else self._read_unquoted()
        if not self._peek():
            raise _markup_error(f"Unclosed start tag at byte offset {self._count_bytes(start)}")
        return name, value

    def _read_quoted(self) -> str:
        quote = self._peek()
        end = self.source.find(quote, self.index + 1)
        value = self.source[self.index + 1 : end if end >= 0 else None]
        self.index = end + 1 if end >= 0 else len(self.source)
        return _decode_references(value)

    def _read_unquoted(self) -> str:
        start = self.index
        value = self._read(_UNQUOTED_VALUE).lower()
        if self._peek() and not self._peek().isspace() and self._peek() != ">":
            raise _markup_error(
                f"Unexpected end of name token at byte offset {self._count_bytes(start)}"
            )
        return value

    def _read_end_tag(self) -> None:
        start = self.index
        if not self.stack:
            raise _markup_error(f"Unexpected end tag at byte offset {self._count_bytes(start)}")
        self.index += 2
        tag = self._read(_TAG_NAME)
        self._read(_SPACE)
        if self._peek() != ">":
            raise _markup_error(f"Unclosed end tag at byte offset {self._count_bytes(start)}")
        self.index += 1
        opened = self.stack.pop()
        if tag and tag != opened.tag:
            raise _markup_error(
                f"Unmatched end tag at byte offset {self._count_bytes(start)},"
                f' expected "</{opened.tag}>", found "</{tag}>"'
            )
        if self.length > opened.offset:
            self._add_entity(opened)

    def _add_entity(self, opened: _OpenTag) -> None:
        """Add the entity of a closed tag. A code element that fills a pre element is merged."""
        span: Json = {"offset": opened.offset, "length": self.length - opened.offset}
        inside = "".join(self.pieces[opened.piece_index :])
        if opened.tag == "pre" and self._is_code_inside(span):
            code = self.entities.pop()
            self.entities.append({"type": "pre", **span, "language": code["language"]})
            return
        entity = _build_entity(opened, span, inside)
        if entity is not None:
            self.entities.append(entity)

    def _is_code_inside(self, span: Json) -> bool:
        """Return True if the last entity is code with a language and has the same span."""
        last = self.entities[-1] if self.entities else {}
        is_same = all(last.get(key) == value for key, value in span.items())
        return is_same and last.get("type") == "code" and "language" in last


def _build_entity(opened: _OpenTag, span: Json, inside: str) -> Json | None:
    """Return the entity of a closed tag; None for a link without a valid address.

    `inside` is the text in the tag.
    """
    if opened.tag == "a":
        return _build_link(opened.argument or inside, span)
    if opened.tag == "tg-emoji":
        return {"type": "custom_emoji", **span, "custom_emoji_id": opened.argument}
    if opened.tag == "code" and opened.argument:
        return {"type": "code", **span, "language": opened.argument}
    kind = _ENTITY_TYPES[opened.tag]
    return {"type": f"expandable_{kind}" if opened.argument == "expandable" else kind, **span}


def _choose_argument(tag: str, name: str, value: str) -> str:
    """Return the value of an attribute that Telegram supports, "" for all others."""
    if tag == "a" and name == "href":
        return value
    if tag == "code" and name == "class" and value.startswith("language-"):
        return value.removeprefix("language-")
    if tag == "span" and name == "class" and value.startswith("tg-"):
        return value.removeprefix("tg-")
    if tag == "tg-emoji" and name == "emoji-id":
        return value
    return "expandable" if tag == "blockquote" and name == "expandable" else ""


def _build_link(address: str, span: Json) -> Json | None:
    """Return the entity of a link. Telegram drops links without a valid address."""
    user = _USER_LINK.fullmatch(address)
    if user:
        return {"type": "text_mention", **span, "user": {"id": int(user[1])}}
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://.", address):
        return {"type": "text_link", **span, "url": address}
    if re.match(r"[^\s/]+\.[a-z]{2,}", address):
        return {"type": "text_link", **span, "url": f"http://{address}"}
    return None


def _markup_error(problem: str) -> ApiError:
    return bad_request(f"can't parse entities: {problem}")


def _decode_references(text: str) -> str:
    return _CHARACTER_REFERENCE.sub(_decode_reference, text) if "&" in text else text


def _decode_reference(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED_CHARACTERS[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if not 0 < code < 0x10FFFF or 0xD800 <= code < 0xE000:
        return match[0]
    return chr(code)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Return the text without markup and its entities. Raises ApiError."""
    if "<" not in source:
        return _decode_references(source), []
    return _HtmlParser(source).parse()


_ENTITY_HINT = re.compile(r"[/@#.]")
_DETECTED_ENTITIES = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,})"
    r"|(?P<url>(?:https?://|tg://)[^\s<>\"]+"
    r"|(?<![\w@.])(?:[a-zA-Z0-9-]+\.)+(?:com|org|net|vn|info|edu|gov|io|me|dev|app)"
    r"\b(?![@.]\w)(?:[/?#][^\s<>\"]*)?)"
    r"|(?P<bot_command>(?<![\w/<>.])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<!\w)@[A-Za-z][A-Za-z0-9_]{3,31}\b)"
    r"|(?P<hashtag>(?<!\w)#(?=\w*[^\W\d])\w+)"
)


def detect_entities(text: str) -> list[Json]:
    """Return the entities for links, e-mail addresses, commands, mentions and hashtags."""
    if not _ENTITY_HINT.search(text):
        return []
    entities: list[Json] = []
    for match in _DETECTED_ENTITIES.finditer(text):
        kind = match.lastgroup
        found = match[0].rstrip(".,:;!?)'") if kind == "url" else match[0]
        offset = count_utf16_units(text[: match.start()])
        entities.append({"type": kind, "offset": offset, "length": count_utf16_units(found)})
    return entities


def complete_entities(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Return the trimmed text, and all its entities in order: the given and the detected ones."""
    start = count_utf16_units(text) - count_utf16_units(text.lstrip())
    text = text.strip()
    result = _shift_entities(entities, start, count_utf16_units(text)) if entities else []
    closed = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in result
        if entity["type"] in _CLOSED_TYPES
    ]
    for entity in detect_entities(text):
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        if all(end <= first or begin >= last for first, last in closed):
            result.append(entity)
    result.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return text, result


# No entities are detected inside entities of these types.
_CLOSED_TYPES = frozenset(
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


def _shift_entities(entities: list[Json], start: int, length: int) -> list[Json]:
    """Return entities moved to the left by `start` and cut at `length`."""
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
