"""Every name that a place of the city goes by, found by its letters; and the words around names."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.distance import OSA

from bot.areas.former import (
    District,
    FormerWard,
    list_former_wards,
    map_districts,
    map_home_districts,
)
from bot.areas.spelling import VOWELS, Word, parse_name, split_words
from bot.areas.units import list_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class PlaceKind(Enum):
    """What a name may stand for."""

    UNIT = auto()  # of today
    FORMER = auto()  # a ward, commune or town of before
    DISTRICT = auto()  # of before
    PROVINCE = auto()  # of before, a part of today's city
    CITY = auto()
    ELSEWHERE = auto()  # outside the city


WARD_LIKE = frozenset({PlaceKind.UNIT, PlaceKind.FORMER})
DISTRICT_LEVELS = frozenset({"urban_district", "rural_district", "district_town", "district_city"})


@dataclass(frozen=True, slots=True)
class Place:
    """What a name stands for.

    codes:     the units that it is, or that its land went to
    level:     the word that stands before its name, as words.toml calls it
    districts: the former districts that it lies in; of a district, itself
    provinces: the former provinces that it lies in
    former:    what it was, if it is no more
    """

    kind: PlaceKind
    codes: tuple[str, ...]
    level: str
    districts: frozenset[str] = frozenset()
    provinces: frozenset[str] = frozenset()
    former: FormerWard | District | None = None


class Entry(NamedTuple):
    """A place under one of its names; `spelt` is the name."""

    spelt: Word
    place: Place


class Around(Enum):
    """What a word that is not of a name says."""

    STREET = auto()
    OLD = auto()
    NEW = auto()
    FILLER = auto()


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The index; made once.

    named:    the letters of a name -> what it may stand for
    initials: the same for the initials of districts
    partial:  the same for names with a syllable left out
    shared:   the letters of names that places outside the city have too
    levels:   the letters of a word of level -> its spelling and the levels it may mean
    around:   the letters of another word -> its spelling and what it says
    sounds:   how a name is heard -> the names that are heard so
    deletes:  a name with up to one letter left out -> the names that it comes from
    long:     the names that bear two typing errors
    """

    named: Mapping[str, tuple[Entry, ...]]
    initials: Mapping[str, tuple[Entry, ...]]
    partial: Mapping[str, tuple[Entry, ...]]
    shared: frozenset[str]
    levels: Mapping[str, tuple[Word, frozenset[str]]]
    around: Mapping[str, tuple[tuple[Word, Around], ...]]
    sounds: Mapping[str, tuple[str, ...]]
    deletes: Mapping[str, tuple[str, ...]]
    long: tuple[str, ...]

    def near(self, letters: str) -> tuple[int, list[str]]:
        """The names at the least number of typing errors, and that number; 0 when there is none.

        An error is a letter that is missing, doubled, wrong or swapped with the next, or a spelling
        that is heard the same.
        """
        alike = [key for key in self.sounds.get(_heard(letters), ()) if key != letters]
        if len(letters) < _SHORTEST - 1:
            return int(bool(alike)), alike
        tried = {
            key for each in (letters, *_shorter(letters)) for key in self.deletes.get(each, ())
        }
        close = [key for key in tried if OSA.distance(letters, key, score_cutoff=1) == 1]
        if close or alike:
            return 1, sorted({*close, *alike})
        if len(letters) < _LONG - 1:
            return 0, []
        far = [key for key in self.long if OSA.distance(letters, key, score_cutoff=2) == 2]
        return (2, far) if far else (0, [])


_SHORTEST = 5  # letters of a name that may be misspelt; shorter ones are too alike
_LONG = 10  # letters of a name that may be misspelt twice


# Spellings that are heard the same in Hải Phòng; of each pair the later is kept.
_ALIKE = (
    ("ngh", "ng"),
    ("gh", "g"),
    ("ph", "f"),
    ("tr", "ch"),
    ("gi", "d"),
    ("r", "d"),
    ("x", "s"),
    ("qu", "cu"),
    ("k", "c"),
    ("y", "i"),
)


def _heard(letters: str) -> str:
    for written, kept in _ALIKE:
        letters = letters.replace(written, kept)
    return letters


def _shorter(letters: str) -> Iterator[str]:
    for at in range(len(letters)):
        yield letters[:at] + letters[at + 1 :]


_NGUYEN = "Nguyễn"
# Kỳ, Lý, Mỹ are also written Kì, Lí, Mĩ; the text is decomposed, so that the tone follows.
_FINAL_Y = re.compile(r"\b([^\W\daeiou])y([\u0300-\u0323]?)\b")


@cache
def load_gazetteer() -> Gazetteer:
    """The index of every name."""
    lists = tomllib.loads(files("bot.areas").joinpath("words.toml").read_text("utf-8"))
    named, initials, partial = _Index(), _Index(), _Index()
    for text, place in _places(lists["city"]):
        also = lists["also"].get(text, ()) if place.kind is not PlaceKind.UNIT else ()
        named.add(place, text, *_variants(text), *also)
        initials.add(place, *_initials(text, place))
        partial.add(place, *_parts(text))
    elsewhere = {parse_name(text).letters: text for text in lists["elsewhere"]["names"]}
    shared = frozenset(elsewhere.keys() & named.keys())
    named.add(
        Place(PlaceKind.ELSEWHERE, (), ""),
        *(text for letters, text in elsewhere.items() if letters not in shared),
    )
    return Gazetteer(
        named=named,
        initials=initials,
        partial=partial,
        shared=shared,
        levels=_levels(lists["levels"]),
        around=_around(lists["around"]),
        sounds=_grouped((_heard(key), key) for key in named if len(key) >= _SHORTEST),
        deletes=_grouped(
            (each, key)
            for key in named
            if len(key) >= _SHORTEST
            for each in (key, *sorted(set(_shorter(key))))
        ),
        long=tuple(key for key in named if len(key) >= _LONG),
    )


class _Index(dict[str, tuple[Entry, ...]]):
    """Places by the letters of their names."""

    def add(self, place: Place, *texts: str) -> None:
        for text in texts:
            entry = Entry(parse_name(text), place)
            listed = self.get(entry.spelt.letters, ())
            if entry not in listed:
                self[entry.spelt.letters] = (*listed, entry)


def _variants(text: str) -> Iterator[str]:
    """Other ways to write a name: Kì for Kỳ, Ng. for Nguyễn, VĩnhHải (whose h is then doubled)."""
    yield text.replace(" ", "")
    if _NGUYEN in text:
        yield text.replace(_NGUYEN, "Ng")
    decomposed = unicodedata.normalize("NFD", text)
    if _FINAL_Y.search(decomposed):
        yield _FINAL_Y.sub(r"\1i\2", decomposed)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for each, key in pairs:
        found.setdefault(each, []).append(key)
    return {each: tuple(keys) for each, keys in found.items()}


def _places(city: str) -> Iterator[tuple[str, Place]]:
    """Every place of the city of this name, with its name."""
    known = map_districts()
    homes = map_home_districts()
    lands: dict[str, set[str]] = {}
    for unit in list_units():
        provinces = frozenset(known[each].province for each in homes[unit.code])
        for each in provinces:
            lands.setdefault(each, set()).add(unit.code)
        yield (
            unit.name,
            Place(PlaceKind.UNIT, (unit.code,), unit.level, homes[unit.code], provinces),
        )
    for ward in list_former_wards():
        province = frozenset({known[ward.district].province})
        inside = frozenset({ward.district})
        yield ward.name, Place(PlaceKind.FORMER, ward.now, ward.level, inside, province, ward)
    for district in known.values():
        province, itself = frozenset({district.province}), frozenset({district.name})
        yield (
            district.name,
            Place(PlaceKind.DISTRICT, district.now, district.level, itself, province, district),
        )
    for province_name, codes in lands.items():
        kind = PlaceKind.CITY if province_name == city else PlaceKind.PROVINCE
        inside = frozenset({province_name})
        yield province_name, Place(kind, tuple(sorted(codes)), "province", provinces=inside)


def _initials(text: str, place: Place) -> Iterator[str]:
    """How the name of a district, or of the unit that has its name, is shortened.

    To initials (LC), also with the word of level (QLC), or by its first word's initial (L. Chân).
    Any other name of three words is shortened to initials too (TNH).
    """
    parts = split_words(text)
    initials = "".join(part.letters[0] for part in parts)
    is_namesake = place.kind is PlaceKind.UNIT and parse_name(text) in {
        parse_name(each) for each in map_districts()
    }
    if place.kind is PlaceKind.DISTRICT or is_namesake:
        yield initials
        short = parts[0].letters[0] + "".join(part.letters for part in parts[1:])
        if len(short) > _INITIALS:
            yield short
    if place.kind is PlaceKind.DISTRICT:
        for letter in _WORD_INITIALS[place.level]:
            yield letter + initials
    if place.kind is PlaceKind.PROVINCE or (len(parts) == _INITIALS and not set(initials) & VOWELS):
        yield initials  # those of two words fit too much, and with a vowel they are words


def _parts(text: str) -> Iterator[str]:
    """What is left of a name of three words when the first or the last is left out."""
    spelt = text.split()
    if len(spelt) == 3 and spelt[-1].isalpha():
        yield " ".join(spelt[:2])
        yield " ".join(spelt[1:])


_INITIALS = 3  # letters that may be initials; a shortened name has more
_WORD_INITIALS = {
    "urban_district": ("q",),
    "rural_district": ("h",),
    "district_town": ("tx",),
    "district_city": ("tp",),
}


def _levels(lists: Mapping[str, list[str]]) -> dict[str, tuple[Word, frozenset[str]]]:
    found: dict[str, tuple[Word, frozenset[str]]] = {}
    for level, spellings in lists.items():
        for text in spellings:
            spelt = parse_name(text)
            _, before = found.get(spelt.letters, (spelt, frozenset[str]()))
            found[spelt.letters] = (spelt, before | {level})
    return found


def _around(lists: Mapping[str, list[str]]) -> dict[str, tuple[tuple[Word, Around], ...]]:
    found: dict[str, list[tuple[Word, Around]]] = {}
    for says, texts in lists.items():
        for text in texts:
            spelt = parse_name(text)
            found.setdefault(spelt.letters, []).append((spelt, Around[says.upper()]))
    return {key: tuple(each) for key, each in found.items()}
