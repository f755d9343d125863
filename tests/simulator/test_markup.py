"""Tests of HTML in texts, and of the entities that are found."""

from __future__ import annotations

from typing import Any

import pytest

from bot.simulator.api_types import ApiError
from bot.simulator.markup import complete_entities, parse_html


def list_entities(source: str) -> list[tuple[Any, ...]]:
    """Return (type, text, ...) of each entity of a text in HTML."""
    text, found = complete_entities(*parse_html(source))
    units = text.encode("utf-16-le")
    return [
        (
            one["type"],
            units[one["offset"] * 2 : (one["offset"] + one["length"]) * 2].decode("utf-16-le"),
        )
        for one in found
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<b>Đã nhận</b> 😀 <i>tin</i>", [("bold", "Đã nhận"), ("italic", "tin")]),
        ("👮🏽 <b>a<i>b</i></b>", [("bold", "ab"), ("italic", "b")]),
        ("<strong>a</strong><em>b</em>", [("bold", "a"), ("italic", "b")]),
        ("<u>a</u><ins>b</ins>", [("underline", "a"), ("underline", "b")]),
        (
            "<s>a</s><strike>b</strike><del>c</del>",
            [("strikethrough", "a"), ("strikethrough", "b"), ("strikethrough", "c")],
        ),
        ("<code>a@b.vn</code>", [("code", "a@b.vn")]),
        ("<pre>x</pre><blockquote>y</blockquote>", [("pre", "x"), ("blockquote", "y")]),
        (
            '<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>',
            [("spoiler", "a"), ("spoiler", "b")],
        ),
        ('<a href="https://x.vn/?a=1&amp;b=2">đây</a>', [("text_link", "đây")]),
        ("  <b> a</b>", [("bold", "a")]),
        (
            "😀 /start@sim_bot https://x.vn/y.",
            [("bot_command", "/start@sim_bot"), ("url", "https://x.vn/y")],
        ),
        ("hỏi @anna hoặc a@x.vn", [("mention", "@anna"), ("email", "a@x.vn")]),
        ("1/2 và a/b", []),
    ],
)
def test_each_entity_covers_its_text(source: str, expected: list[tuple[str, str]]) -> None:
    """Offsets count UTF-16 units: characters beyond U+FFFF count as two."""
    assert list_entities(source) == expected


def test_character_references_are_decoded() -> None:
    """Four names and all numbers are decoded; other references stay as they are."""
    text, _ = parse_html("&lt;b&gt; &amp; &quot; &#272; &#x1F600; &nbsp;")
    assert text == '<b> & " Đ 😀 &nbsp;'


def test_the_url_of_a_link_is_decoded() -> None:
    """Character references in the attribute are replaced."""
    _, found = parse_html('<a href="https://x.vn/?a=1&amp;b=2">x</a>')
    assert found[0]["url"] == "https://x.vn/?a=1&b=2"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("Đ<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        (
            "<a href>x</a>",
            'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0',
        ),
    ],
)
def test_invalid_html_is_refused_as_by_telegram(source: str, words: str) -> None:
    """The description is Telegram's, with the offset in bytes."""
    with pytest.raises(ApiError) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {words}"
