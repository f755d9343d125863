"""Kind 14: Vietnamese that was typed or copied in an old encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text_encoding import _TCVN3, convert_text

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
