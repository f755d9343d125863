"""Kind 9: one telephone number in many forms, and numbers that cannot be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.classification.personal_data import (
    PersonalDataKind,
    find_personal_data,
    hide_personal_data,
)
from bot.core.former_phone_numbers import _AREAS, _MOBILES
from bot.core.phone_numbers import InvalidPhone, parse_phone_number, parse_shared_number

if TYPE_CHECKING:
    from tests.town.town import Town

MOBILE, LANDLINE = "+84912345678", "+842253842345"

WRITTEN = [
    ("0912345678", MOBILE),
    ("912345678", MOBILE),
    ("84912345678", MOBILE),
    ("+84 (0)912 345 678", MOBILE),
    ("0084 912 345 678", MOBILE),
    ("(+84) 912-345-678", MOBILE),
    ("o912.345.678", MOBILE),
    ("O912 345 678", MOBILE),
    ("０９１２３４５６７８", MOBILE),
    ("٠٩١٢٣٤٥٦٧٨", MOBILE),
    ("0912–345–678", MOBILE),
    ("0912/345/678", MOBILE),
    ("số của tôi là 0912 345 678 nhé, gọi sau 17 giờ", MOBILE),
    ("Zalo0912345678", MOBILE),
    ("0912345678 hoặc +84912345678", MOBILE),
    ("0 9 1 2 3 4 5 6 7 8", MOBILE),
    ("(0225) 384 2345", LANDLINE),
    ("[0225] 3842345", LANDLINE),
    ("0225.3842345 máy lẻ 12", LANDLINE),
    ("+1 202 555 0123", "+12025550123"),
]
RENUMBERED = [
    ("0169 123 4567", "+84391234567"),
    ("01234567890", "+84834567890"),
    ("+84 120 123 4567", "+84701234567"),
    ("0186.123.4567", "+84561234567"),
    ("0199 123 4567", "+84591234567"),
    ("031 3842345", LANDLINE),
    ("0320 3842345", "+842203842345"),
    ("04 3822 2222", "+842438222222"),
    ("0511 3822222", "+842363822222"),
]
REFUSED = [
    ("091234567", "dead"),
    ("09123456789", "dead"),
    ("0691234567", "dead"),
    ("0163 123 456", "dead"),
    ("0225 384 234", "dead"),
    ("+84 912 345 67", "dead"),
    ("3842345", "no-area-code"),
    ("384.234", "no-area-code"),
    ("0912345678, 0987654321", "several"),
    ("0912345678 0987654321", "several"),
    ("113", "not-a-phone"),
    ("không có số", "not-a-phone"),
    ("", "not-a-phone"),
]


@pytest.mark.parametrize(("typed", "number"), WRITTEN)
def test_a_number_has_one_form(typed: str, number: str) -> None:
    """Whatever the signs, the digits and the words around it."""
    assert parse_phone_number(typed) == number


@pytest.mark.parametrize(("typed", "number"), RENUMBERED)
def test_an_old_number_is_renumbered(typed: str, number: str) -> None:
    """Mobile numbers of eleven digits, and area codes from before 2017."""
    assert parse_phone_number(typed) == number


@pytest.mark.parametrize(("typed", "reason"), REFUSED)
def test_a_number_that_cannot_be_called_is_refused(typed: str, reason: str) -> None:
    """The reason says what is wrong with it."""
    with pytest.raises(InvalidPhone) as refused:
        parse_phone_number(typed)
    assert refused.value.reason == reason


def test_every_old_prefix_leads_to_a_number_in_use() -> None:
    """No row of the tables is misspelt: the new numbers are valid, and differ."""
    mobiles = {old: parse_phone_number(f"0{old}1234567") for old in _MOBILES}
    assert len(set(mobiles.values())) == len(_MOBILES)
    # Two-digit codes whose ten-digit numbers are mobile numbers now stay as they are.
    areas = [old for old in _AREAS if len(old) == 3 or old in {"30", "31", "4", "25", "61", "63"}]
    for old in areas:
        local = "38222222" if len(old) == 1 else "3822222"
        assert parse_phone_number(f"0{old}{local}") == f"+84{_AREAS[old]}{local}"


@pytest.mark.parametrize(
    ("shared", "number"),
    [
        ("84912345678", MOBILE),
        ("+84912345678", MOBILE),
        ("0912345678", MOBILE),
        ("841691234567", "+84391234567"),
        ("12025550123", "+12025550123"),
        ("+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_the_number_of_the_contact_button_has_the_same_form(shared: str, number: str) -> None:
    """Telegram may leave out the plus."""
    assert parse_shared_number(shared) == number


@pytest.mark.parametrize("shared", ["", "99", "8491234567", "x"])
def test_a_shared_number_may_be_refused_too(shared: str) -> None:
    """A changed client can share anything."""
    with pytest.raises(InvalidPhone):
        parse_shared_number(shared)


@given(st.text())
def test_any_text_is_a_number_or_refused(typed: str) -> None:
    """Nothing else is raised, and the result is a fixed point."""
    try:
        number = parse_phone_number(typed)
    except InvalidPhone:
        return
    assert parse_phone_number(number) == number


# Without a zero, 84 or a plus, digits in a text may be a price.
FOUND = [
    written
    for written, _ in (*WRITTEN, *RENUMBERED)
    if written != "912345678" and len(written) < 25
]


@pytest.mark.parametrize("written", FOUND)
def test_a_number_in_a_text_is_personal_data(written: str) -> None:
    """In every form that a question would understand."""
    text = f"Gọi tôi theo {written} để biết thêm."
    assert {span.kind for span in find_personal_data(text)} == {PersonalDataKind.PHONE}
    hidden = hide_personal_data(text)
    assert not any(c.isdecimal() for c in hidden.replace("máy lẻ 12", "")), hidden


FORMS = (
    "0912345678",
    "+84 (0)912.345.678",
    "O912 345 678",
    "０９１２３４５６７８",
    "84 912 345 678",
)


@pytest.mark.parametrize(
    ("written", "searched"), list(zip(FORMS, FORMS[1:] + FORMS[:1], strict=True))
)
async def test_a_number_is_found_in_every_form(town: Town, written: str, searched: str) -> None:
    """The search understands numbers as the questions do; other numbers are not found."""
    ann, officer = town.resident("Ann"), await town.officer("Bình")
    code = await ann.gives(f"Kẻ lừa đảo gọi từ số {written} lúc 8 giờ.")
    await officer.says(f"/search {searched}")
    assert any(code in label for label in officer.buttons)
    await officer.says("/search 0912345679")
    assert not any(code in label for label in officer.buttons)


@pytest.mark.parametrize("typed", ["0169.123.4567 ạ", "o39 123 4567", "+84 (0)39 1234567"])
async def test_a_typed_number_is_stored_in_one_form(town: Town, typed: str) -> None:
    """Impossible ones are refused with the reason before."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn hỏng.")
    await ann.chooses_phone()
    for refused, reason in (("09123456789", "dead"), ("3842345", "no-area-code")):
        await ann.says(refused)
        assert ann.is_told(f"feedback.phone.rejected.{reason}")
    await ann.says(typed)
    await ann.taps("feedback.review.options.submit")
    (record,) = await town.export_submissions(with_identity=True)
    assert record["phone"] == "+84391234567"
