"""Typed areas are resolved to units."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.areas.former_units import FormerWard, list_former_wards, map_former_districts
from bot.areas.resolver import resolve_area
from bot.areas.units import Unit, list_units, map_units
from bot.core.text_folding import fold_text

QUERIES = Path(__file__).parents[1] / "data" / "area_queries.csv"


def list_queries() -> list[tuple[str, tuple[str, ...]]]:
    """Return the typed texts of the data file, and the expected codes, best first."""
    with QUERIES.open(encoding="utf-8", newline="") as file:
        return [(line["typed"], tuple(line["codes"].split())) for line in csv.DictReader(file)]


@pytest.mark.parametrize(("typed", "codes"), list_queries())
def test_typed_areas_give_the_expected_units(typed: str, codes: tuple[str, ...]) -> None:
    """One code is certain, several are offered, none means that the place is unknown."""
    assert resolve_area(typed).codes == codes


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        # A word of level decides between names that are equal: a commune of today, a former ward.
        ("xã An Hưng", "An Hưng"),
        ("p an hung", "An Dương, Hồng An"),
        # Today's unit is preferred to a former ward by its full name, or if it has the ward's land.
        ("p. an dương", "An Dương"),
        ("an biên", "An Biên"),
        ("an dương", "An Dương, An Biên"),
        ("nguyễn trãi", "Nguyễn Trãi, Thành Đông"),
        ("phường An Dương cũ", "An Biên"),
        ("Lê Chân (cũ)", "Lê Chân, An Biên"),
        ("lê chân mới", "Lê Chân"),
        # A district is meant if a word of level or an unknown word before it says so.
        ("q lc", "Lê Chân, An Biên"),
        ("qlc", "Lê Chân, An Biên"),
        ("tô hiệu, lê chân", "Lê Chân, An Biên"),
        # The unit that received the land reduces the units of the former ward to itself.
        ("Cát Dài, phường Lê Chân", "Lê Chân"),
        ("lạch tray, lê chân", "Lê Chân"),
        # "Hải Dương" is a former city and a former province, so both fit.
        ("nguyễn trãi hải dương", "Thành Đông, Nguyễn Trãi"),
        ("p. Trần Phú, hải dương", "Lê Thanh Nghị, Tân Hưng"),
        # If names contradict each other, the units of all names are offered.
        ("cát dài, kiến an", "Kiến An, Lê Chân, An Biên"),
        ("hải an, đồ sơn", "Hải An, Đồ Sơn"),
        # Diacritics decide between names with the same letters.
        ("Tự Cường", "Quyết Thắng"),
        ("tu cuong", "Thanh Miện, Quyết Thắng"),
        # Words of level can be syllables of names.
        ("quan toan", "Hồng An"),
        ("nghia xa", "An Biên"),
        ("tran duong", "Nguyễn Bỉnh Khiêm"),
        # A street's name does not tell the ward.
        ("đường Lạch Tray", ""),
        ("12 ngõ 5 đường Lạch Tray, phường Kênh Dương", "Lê Chân"),
        # Initials that two districts share.
        ("kt", "Kim Thành, Kiến Thụy"),
        # The city and a former province are not units.
        ("hải phòng", ""),
        ("tỉnh hải dương", ""),
    ],
)
def test_each_rule_of_the_resolver(typed: str, names: str) -> None:
    """The expected names are those of the units, best first."""
    assert ", ".join(map_units()[code].name for code in resolve_area(typed).codes) == names


@pytest.mark.parametrize(
    "typed",
    [
        "quỳnh lôi hà nội",
        "quận 1 tp hcm",
        "thái bình",
        "p5 q3",
        # Names that the city has too, with a word of level or another name that decides.
        "quận Tân Bình",
        "tp Hòa Bình",
        "kim bảng, hà nam",
    ],
)
def test_a_place_outside_the_city_gives_no_unit(typed: str) -> None:
    """The result says that the place is outside, so the resident can be told."""
    resolved = resolve_area(typed)
    assert (resolved.codes, resolved.is_outside) == ((), True)


def test_a_candidate_has_the_former_unit_that_was_typed() -> None:
    """The conversation shows it. A name of today has none."""
    (candidate,) = resolve_area("P.An Dương, Q.Lê Chân, HP").candidates
    assert isinstance(candidate.former, FormerWard)
    assert (candidate.former.name, candidate.former.district) == ("An Dương", "Lê Chân")
    assert resolve_area("le chan").candidates[0].former is None


@given(st.text(max_size=300))
def test_any_text_gives_known_codes_without_repetition(typed: str) -> None:
    """No text raises an error."""
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
    """With or without a word of level. Units whose names have the same letters come with it."""
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
def test_a_former_ward_with_its_district_gives_all_its_successors(
    ward: FormerWard, spell: object
) -> None:
    """Every unit that received its land is among the codes."""
    assert callable(spell)
    district = map_former_districts()[ward.district]
    codes = resolve_area(spell(f"{ward.name}, {district.name}")).codes
    assert set(ward.successors) <= set(codes)


def list_long_names() -> list[tuple[str, str]]:
    """Return names of units and former wards that are recognized when misspelt, and a code."""
    names = [(unit.name, unit.name, unit.code) for unit in list_units()]
    names += [
        (each.name, f"{each.name}, {each.district}", each.successors[0])
        for each in list_former_wards()
    ]
    return [
        (text, code) for name, text, code in names if len(fold_text(name).replace(" ", "")) >= 9
    ]


@given(st.sampled_from(list_long_names()), st.data())
def test_a_long_name_is_found_with_one_typing_error(
    named: tuple[str, str], data: st.DataObject
) -> None:
    """The error is a letter doubled, left out, or swapped with the next one."""
    text, code = fold_text(named[0]), named[1]
    index = data.draw(
        st.integers(0, len(text) - 2).filter(lambda place: text[place : place + 2].isalpha())
    )
    one, two = text[index], text[index + 1]
    error = data.draw(st.sampled_from([one + one + two, two, two + one]))
    typed = text[:index] + error + text[index + 2 :]
    codes = resolve_area(typed).codes
    assert code in codes, (typed, codes)


@given(st.sampled_from([typed for typed, _codes in list_queries()]) | st.text(max_size=60))
def test_normal_form_and_case_do_not_matter(typed: str) -> None:
    """The same text in another normal form or case gives the same codes."""
    codes = resolve_area(typed).codes
    for form in ("NFC", "NFD"):
        assert resolve_area(unicodedata.normalize(form, typed)).codes == codes
    assert resolve_area(typed.casefold()).codes == codes
