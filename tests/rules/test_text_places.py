"""The place that the text of an opinion names."""

from __future__ import annotations

import csv
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.areas.text_places import Sureness, find_place_in_text
from bot.areas.units import map_units

DATA = Path(__file__).parents[1] / "data"


def read_texts(file: str) -> list[tuple[frozenset[str], str]]:
    """Return the expected codes and the texts of a file of test data."""
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return [
            (frozenset(row["codes"].split("|")) - {""}, row["text"])
            for row in csv.DictReader(lines)
        ]


@pytest.mark.parametrize("file", ["text_places.csv", "text_places-2.csv"])
def test_what_is_stated_is_right(file: str) -> None:
    """A review card states it, so at most three in a hundred may be wrong. Most are found."""
    stated: list[bool] = []
    found: list[bool] = []
    for codes, text in read_texts(file):
        place = find_place_in_text(text)
        if place is not None and place.sureness is Sureness.SURE:
            stated.append(place.codes[0] in codes)
        if codes:
            found.append(place is not None and not codes.isdisjoint(place.codes))
    assert sum(stated) >= 0.97 * len(stated)
    assert len(stated) >= 40
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("Tối qua ở phường An Biên có đánh nhau", "11407", "phường An Biên"),
        ("xã Kiến Thụy mất trộm chó", "11680", "xã Kiến Thụy"),
        ("trom xe may o p. Le Chan luc 2h", "11383", "p. Le Chan"),
        ("Nhà tôi ở Niệm Nghĩa, Lê Chân, ngõ tối", "11407", "Niệm Nghĩa, Lê Chân"),
        ("PHƯỜNG HẢI AN ngập nước", "11413", "PHƯỜNG HẢI AN"),
        ("Tôi quê Thái Bình, trọ ở phường Ngô Quyền", "11329", "phường Ngô Quyền"),
        ("đánh nhau ở chợ sắt", "11311", "chợ sắt"),
        ("bãi xe trước cổng bv Việt Tiệp thu quá giá", "11383", "bv Việt Tiệp"),
        ("bụi mù ở KCN Tràng Duệ", "11593", "KCN Tràng Duệ"),
        ("Vendors block the pavement in Lê Chân ward", "11383", "Lê Chân"),
        ("thieves in Le Chan ward again", "11383", "Le Chan"),
    ],
)
def test_a_place_that_is_named_clearly_is_stated(text: str, code: str, words: str) -> None:
    """The words are those of the text, so that the card can show them."""
    place = find_place_in_text(text)
    assert place is not None
    assert (place.codes, place.sureness, place.words) == ((code,), Sureness.SURE, words)


@pytest.mark.parametrize(
    "text",
    [
        "Xe tải chạy giờ cấm trên đường Lê Chân",
        "Nhà số 12 Trần Phú bị ném đá",
        "Con tôi học trường Trần Nguyên Hãn",
        "Anh Việt Tiến hàng xóm đánh vợ",
        "Bệnh viện Việt Đức",
        "mong được sống trong hòa bình",
        "Chị Minh Khai bị lừa",
        "dua cho hang xom giu ho",
        "Rác chợ đổ xuống sông",
        "ông ấy nói không phải ở Lê Chân đâu",
        "ở phường Bến Nghé, Sài Gòn",
        "phường Trần Phú, Hà Nội",
        "cháu bị sặc viên trân châu",
        "parked cars in Lê Chân street",
        "noise near An Biên market",
        "",
        "👍👍",
    ],
)
def test_what_is_no_place_is_not_taken_for_one(text: str) -> None:
    """Streets, persons, schools, everyday words, and places outside the city."""
    assert find_place_in_text(text) is None


@pytest.mark.parametrize(
    ("text", "codes", "sureness"),
    [
        ("phường Niêm Ngia mất trộm", ("11407",), Sureness.DOUBTFUL),  # misspelt
        ("xã Kiến An có trộm", ("11443", "11446"), Sureness.SEVERAL),  # the level does not fit
        ("ở Kiến An mất điện", ("11443", "11446"), Sureness.SEVERAL),  # the ward or the district
        ("phường Văn Đẩu tối om", ("11443", "11446"), Sureness.SEVERAL),  # divided in 2025
        ("tắc ở cầu Rào", ("11359", "11383", "11689"), Sureness.SEVERAL),  # two banks
        ("phường An Biên hay phường Hải An", ("11407", "11413"), Sureness.SEVERAL),
        ("đua xe ở phố Hồ Sen", ("11383",), Sureness.DOUBTFUL),  # a street is long
    ],
)
def test_what_is_not_certain_is_asked(
    text: str, codes: tuple[str, ...], sureness: Sureness
) -> None:
    """One unit that may be wrong is asked about; several are asked between."""
    place = find_place_in_text(text)
    assert place is not None
    assert (place.codes, place.sureness) == (codes, sureness)


@given(st.text(max_size=300))
def test_any_text_is_allowed(text: str) -> None:
    """The result has at least one code of a unit; one code if it is sure."""
    place = find_place_in_text(text)
    if place is not None:
        assert set(place.codes) <= set(map_units())
        assert (len(place.codes) == 1) is (place.sureness is not Sureness.SEVERAL)


@pytest.mark.parametrize(
    "part", ["phuong niem ngia ", "phường ", "cầu ", "Lê Chân, ", "xã an ", "phường Trần Phú, "]
)
def test_a_long_text_of_names_takes_no_long_time(part: str) -> None:
    """Nobody can keep the bot busy with a text. The best of three counts, on a busy machine."""
    text = (part * 1000)[:4096]
    find_place_in_text(text)
    times = []
    for _ in range(3):
        start = perf_counter()
        find_place_in_text(text)
        times.append(perf_counter() - start)
    assert min(times) < 0.1
