"""What people type as an area, and which units they mean by it."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.areas.former import FormerWard, list_former_wards, map_districts
from bot.areas.resolver import resolve_area
from bot.areas.units import Unit, list_units, map_units
from bot.core.text_folding import fold_text

QUERIES = Path(__file__).parents[1] / "data" / "area_queries.csv"


def queries() -> list[tuple[str, tuple[str, ...]]]:
    """What was typed, and the codes that it means, best first."""
    with QUERIES.open(encoding="utf-8", newline="") as file:
        return [(line["typed"], tuple(line["codes"].split())) for line in csv.DictReader(file)]


@pytest.mark.parametrize(("typed", "codes"), queries())
def test_what_people_typed(typed: str, codes: tuple[str, ...]) -> None:
    """One code is sure, several are asked, none is unknown."""
    assert resolve_area(typed).codes == codes


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        # A word of level tells homonyms apart: a commune of today, a ward of before.
        ("xã An Hưng", "An Hưng"),
        ("p an hung", "An Dương, Hồng An"),
        # By its full name or as its heir the unit of today goes before a ward of before.
        ("p. an dương", "An Dương"),
        ("an biên", "An Biên"),
        ("an dương", "An Dương, An Biên"),
        ("nguyễn trãi", "Nguyễn Trãi, Thành Đông"),
        ("phường An Dương cũ", "An Biên"),
        ("Lê Chân (cũ)", "Lê Chân, An Biên"),
        ("lê chân mới", "Lê Chân"),
        # A district is meant when a word says so, or by an address whose first name is not known.
        ("q lc", "Lê Chân, An Biên"),
        ("qlc", "Lê Chân, An Biên"),
        ("tô hiệu, lê chân", "Lê Chân, An Biên"),
        # The unit that the land went to narrows the ward of before.
        ("Cát Dài, phường Lê Chân", "Lê Chân"),
        ("lạch tray, lê chân", "Lê Chân"),
        # "Hải Dương" is the former city and the former province: both fit.
        ("nguyễn trãi hải dương", "Thành Đông, Nguyễn Trãi"),
        ("p. Trần Phú, hải dương", "Lê Thanh Nghị, Tân Hưng"),
        # Names that contradict each other are all asked.
        ("cát dài, kiến an", "Kiến An, Lê Chân, An Biên"),
        ("hải an, đồ sơn", "Hải An, Đồ Sơn"),
        # Diacritics decide between homonyms.
        ("Tự Cường", "Quyết Thắng"),
        ("tu cuong", "Thanh Miện, Quyết Thắng"),
        # Words of level are syllables of names too.
        ("quan toan", "Hồng An"),
        ("nghia xa", "An Biên"),
        ("tran duong", "Nguyễn Bỉnh Khiêm"),
        # A street says nothing of the ward.
        ("đường Lạch Tray", ""),
        ("12 ngõ 5 đường Lạch Tray, phường Kênh Dương", "Lê Chân"),
        # Initials of two districts.
        ("kt", "Kim Thành, Kiến Thụy"),
        # Not units: the city, a former province.
        ("hải phòng", ""),
        ("tỉnh hải dương", ""),
    ],
)
def test_the_evidence_decides(typed: str, names: str) -> None:
    """The names of the units that are meant, those of today before those of before."""
    assert ", ".join(map_units()[code].name for code in resolve_area(typed).codes) == names


@pytest.mark.parametrize(
    "typed",
    [
        "quỳnh lôi hà nội",
        "quận 1 tp hcm",
        "thái bình",
        "p5 q3",
        # Names that the city has as well: by their level, or by what stands before them.
        "quận Tân Bình",
        "tp Hòa Bình",
        "kim bảng, hà nam",
    ],
)
def test_a_place_outside_the_city_is_no_unit(typed: str) -> None:
    """The person is told so instead of being asked."""
    found = resolve_area(typed)
    assert (found.codes, found.elsewhere) == ((), True)


def test_the_old_name_is_given_with_the_unit() -> None:
    """The conversation says that it is old; a name of today has none."""
    (candidate,) = resolve_area("P.An Dương, Q.Lê Chân, HP").candidates
    assert isinstance(candidate.former, FormerWard)
    assert (candidate.former.name, candidate.former.district) == ("An Dương", "Lê Chân")
    assert resolve_area("le chan").candidates[0].former is None


@given(st.text(max_size=300))
def test_any_text_is_read(typed: str) -> None:
    """Total: units of the city in no particular number, each once."""
    codes = resolve_area(typed).codes
    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(map_units())


spellings = st.sampled_from(
    [
        str.upper,
        str.lower,
        fold_text,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace(" ", "  "),
        lambda text: text.replace(" ", ""),
        lambda text: f"{text}, Hải Phòng",
        lambda text: f"{text} hp",
        lambda text: f"ở gần {text}",
    ]
)
level_words = {"ward": ["phường", "p.", "P"], "commune": ["xã", "x."], "special_zone": ["đặc khu"]}


@given(st.sampled_from(list_units()), spellings, st.data())
def test_a_unit_is_found_under_any_spelling(unit: Unit, spell: object, data: st.DataObject) -> None:
    """With its level's word or without; among homonyms without diacritics it is one of several."""
    assert callable(spell)
    word = data.draw(st.sampled_from(["", *level_words[unit.level]]))
    codes = resolve_area(spell(f"{word} {unit.name}".strip())).codes
    assert unit.code in codes
    alike = {each.code for each in list_units() if fold_text(each.name) == fold_text(unit.name)}
    if word:
        assert set(codes) <= alike
    else:
        assert codes[0] in alike


@given(st.sampled_from(list_former_wards()), spellings)
def test_a_ward_of_before_is_found_with_its_district(ward: FormerWard, spell: object) -> None:
    """Every unit that its land went to is an answer, and no other."""
    assert callable(spell)
    district = map_districts()[ward.district]
    codes = resolve_area(spell(f"{ward.name}, {district.name}")).codes
    assert set(ward.now) <= set(codes)


def long_names() -> list[tuple[str, str]]:
    """Units and former wards whose names are long enough to be told when misspelt, and a code."""
    found = [(unit.name, unit.name, unit.code) for unit in list_units()]
    found += [
        (each.name, f"{each.name}, {each.district}", each.now[0]) for each in list_former_wards()
    ]
    return [
        (text, code) for name, text, code in found if len(fold_text(name).replace(" ", "")) >= 9
    ]


@given(st.sampled_from(long_names()), st.data())
def test_a_slip_in_a_long_name_does_not_hide_it(
    named: tuple[str, str], data: st.DataObject
) -> None:
    """A letter doubled, left out or swapped with the next: the unit is among the answers."""
    text, code = fold_text(named[0]), named[1]
    at = data.draw(
        st.integers(0, len(text) - 2).filter(lambda place: text[place : place + 2].isalpha())
    )
    one, two = text[at], text[at + 1]
    slip = data.draw(st.sampled_from([one + one + two, two, two + one]))
    typed = text[:at] + slip + text[at + 2 :]
    found = resolve_area(typed).codes
    assert code in found, (typed, found)


@given(st.sampled_from([typed for typed, _codes in queries()]) | st.text(max_size=60))
def test_the_form_of_the_letters_does_not_matter(typed: str) -> None:
    """Composed or not, in any case, the same text means the same."""
    codes = resolve_area(typed).codes
    for form in ("NFC", "NFD"):
        assert resolve_area(unicodedata.normalize(form, typed)).codes == codes
    assert resolve_area(typed.casefold()).codes == codes
