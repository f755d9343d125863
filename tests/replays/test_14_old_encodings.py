"""Kind 14: Vietnamese that was typed or copied in an old encoding."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.core.text_encoding import _TCVN3, convert_text
from bot.texts import load_texts
from storage.models import Remark
from storage.statements import table
from tests.transport.rows import list_texts

if TYPE_CHECKING:
    from tests.town.town import Town

SENTENCES = (
    "Công an phường An Biên chưa giải quyết đơn của tôi, đề nghị xử lý kịp thời.",
    "Quán karaoke mở nhạc lớn đến hai giờ sáng, cả xóm không ngủ được!",
    "Đường Lạch Tray ngập nước, ổ gà rất nguy hiểm cho người đi xe máy.",
    "Kính mong các đồng chí quan tâm; nhân dân cảm ơn.",
    "Nhà tôi bị kẻ gian đột nhập, mất một xe máy và ví tiền.",
    "thuở xưa, khuỷu tay, ngoằn ngoèo, quyển sách, giếng nước, nghiêng ngả",
)
VNI = (
    ("Coâng an phöôøng An Bieân ñeà nghò xöû lyù", "Công an phường An Biên đề nghị xử lý"),
    ("COÂNG AN PHÖÔØNG AN BIEÂN", "CÔNG AN PHƯỜNG AN BIÊN"),
    ("Ñöôøng ngaäp nöôùc, oå gaø raát nguy hieåm", "Đường ngập nước, ổ gà rất nguy hiểm"),
    ("nhaân daân caûm ôn caùc ñoàng chí", "nhân dân cảm ơn các đồng chí"),
    ("keû gian ñoät nhaäp, maát ví tieàn", "kẻ gian đột nhập, mất ví tiền"),
)


def as_tcvn3(text: str) -> str:
    """Return a text as a font of TCVN3 stores it, read as Latin-1."""
    codes = {letter: chr(0xA1 + place) for place, letter in enumerate(_TCVN3)}
    return "".join(codes.get(letter, letter) for letter in text)


def as_misread_utf8(text: str) -> str:
    """Return a text whose UTF-8 was read as Windows-1252."""
    undefined = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    return "".join(
        chr(byte) if byte in undefined else bytes([byte]).decode("cp1252") for byte in text.encode()
    )


@pytest.mark.parametrize("text", SENTENCES)
def test_tcvn3_is_converted(text: str) -> None:
    """The fonts whose names begin with .Vn; capital letters with marks are another font."""
    lowered = text.lower()
    assert convert_text(as_tcvn3(lowered)) == lowered


@pytest.mark.parametrize(("typed", "expected"), VNI)
def test_vni_is_converted(typed: str, expected: str) -> None:
    """VNI Windows writes marks as characters of their own."""
    assert convert_text(typed) == expected


@pytest.mark.parametrize("text", SENTENCES)
def test_misread_utf8_is_converted(text: str) -> None:
    """Also when only some of the words were misread."""
    assert convert_text(as_misread_utf8(text)) == text
    first, _, rest = text.partition(" ")
    assert convert_text(f"{first} {as_misread_utf8(rest)}") == text


@pytest.mark.parametrize(
    "text",
    [
        *SENTENCES,
        *(sentence.upper() for sentence in SENTENCES),
        "cong an phuong an bien",
        "Ça va très bien à côté de la fenêtre",
        "Grüße aus Köln, Straße 5",
        "Tôi ở Hải Phòng, gặp anh Müller",
        "đc ạ 👍 oke nhé",
        "Krông Pắk, Đắk Lắk",
        "中文 and ภาษาไทย",
        "",
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    """Vietnamese in Unicode, other languages, and texts without diacritics."""
    assert convert_text(text) is None


@given(st.text())
def test_any_text_can_be_checked(text: str) -> None:
    """A conversion never fails, and never returns the text itself."""
    assert convert_text(text) != text


MESSAGES = [
    json.loads(line)["text"]
    for path in sorted((Path(__file__).parents[1] / "data").glob("*.jsonl"))
    for line in path.read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_no_message_of_the_data_is_taken_for_an_old_encoding(form: Literal["NFC", "NFD"]) -> None:
    """Hundreds of messages, composed and decomposed, in capitals too: no false alarm."""
    assert len(MESSAGES) > 400
    wrong = [
        text
        for each in MESSAGES
        for text in (each, each.upper(), each.lower())
        if convert_text(unicodedata.normalize(form, text)) is not None
    ]
    assert wrong == []


# A sentence as it was written, and what was meant.
WRITTEN = [
    (as_tcvn3(SENTENCES[1].lower()), SENTENCES[1].lower()),
    (as_tcvn3(SENTENCES[2].lower()), SENTENCES[2].lower()),
    VNI[0],
    VNI[2],
    (as_misread_utf8(SENTENCES[4]), SENTENCES[4]),
    (as_misread_utf8(SENTENCES[3]), SENTENCES[3]),
]


async def list_versions(town: Town) -> list[tuple[str, str]]:
    """Return the stored versions of texts: what was written first, and what it became."""
    rows = table(Remark)
    async with town.app.database.reading() as connection:
        found = await connection.execute(select(rows.c.replaces, rows.c.text).order_by(rows.c.id))
        return [(each[0], each[1]) for each in found.all()]


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
async def test_an_opinion_is_converted_after_its_writer_confirmed(
    town: Town, written: str, meant: str
) -> None:
    """Both versions are kept, and the officer sees both."""
    officer, ann = await town.officer("Bình"), town.resident("Ann")
    await ann.begins()
    await ann.says(written)
    assert ann.is_told("draft.old_encoding")
    assert meant in ann.sees
    await ann.taps("draft.encoding_converted")
    await ann.finishes()
    assert await list_texts(town) == [meant]
    assert await list_versions(town) == [(written, meant)]
    await officer.taps("alert.open")
    assert officer.has_heard(meant)
    assert officer.has_heard(written)


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
async def test_the_original_is_kept_if_the_writer_says_no(
    town: Town, written: str, meant: str
) -> None:
    """Nothing is changed, and nothing is stored twice."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says(written)
    assert meant in ann.sees
    await ann.says(load_texts("vi")["draft.encoding_original"])
    await ann.finishes()
    assert await list_texts(town) == [written]
    assert await list_versions(town) == []


async def test_messages_that_follow_wait_too(town: Town) -> None:
    """One question for all of them; a button of the question before changes nothing."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Kính gửi Công an.")
    await ann.reaches("feedback.review")
    await ann.taps("feedback.review.options.add")
    await ann.says(WRITTEN[0][0])
    await ann.taps("feedback.details.options.done", of="Đã ghi")
    assert ann.is_told("draft.old_encoding")
    await ann.says(VNI[0][0])
    await ann.does("photo", caption="Ảnh đây.")
    assert ann.is_told("draft.old_encoding")
    await ann.taps("draft.encoding_converted")
    await ann.finishes()
    expected = ["Kính gửi Công an.", WRITTEN[0][1], VNI[0][1], "Ảnh đây."]
    assert await list_texts(town) == ["\n".join(expected)]
    assert await list_versions(town) == [WRITTEN[0], VNI[0]]


async def test_a_message_before_the_conversation_is_confirmed_in_it(town: Town) -> None:
    """It is shown converted when the question for the text is open."""
    ann = town.resident("Ann")
    await ann.says(VNI[0][0])
    await ann.says(VNI[2][0])
    await ann.taps("feedback.consent.options.agree")
    assert ann.is_told("draft.old_encoding")
    await ann.taps("draft.encoding_converted")
    await ann.finishes()
    assert await list_texts(town) == [f"{VNI[0][1]}\n{VNI[2][1]}"]


async def test_a_single_text_is_confirmed_or_replaced(town: Town) -> None:
    """A new text takes the place of the one that waits; a name of a place is understood."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Ổ gà.")
    await ann.reaches("feedback.area")
    await ann.says("phöôøng An Bieân")
    await ann.taps("draft.encoding_converted")
    assert any("An Biên" in label for label in ann.buttons)
    await ann.says("phöôøng An Bieân")
    await ann.says("do son")
    assert not ann.is_told("draft.old_encoding")
