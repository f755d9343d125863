"""The gazetteer: an index of all names of places by their letters, and of the words around names.

It finds the places that a token may name: exactly, by initials, by a part of the name, or with
typing errors.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.former_units import (
    FormerDistrict,
    FormerWard,
    list_former_wards,
    map_former_districts,
    map_units_to_districts,
)
from bot.areas.tokens import VOWELS, Token, tokenize_name, tokenize_text
from bot.areas.units import list_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class PlaceKind(Enum):
    """The kinds of places that a name can stand for."""

    UNIT = auto()
    """A ward, commune or special zone of today."""
    FORMER_WARD = auto()
    """A former ward, commune or town."""
    DISTRICT = auto()
    """A former district."""
    PROVINCE = auto()
    """A former province that is a part of today's city."""
    CITY = auto()
    OUTSIDE = auto()
    """A place outside the city. An address with its name is not in the city."""


# Kinds of places that lie in a district, and levels of districts (`Place.level`).
WARD_KINDS = frozenset({PlaceKind.UNIT, PlaceKind.FORMER_WARD})
DISTRICT_LEVELS = frozenset({"urban_district", "rural_district", "district_town", "district_city"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a name can stand for.

    codes:     the code of the unit, or the codes of the units that received the land
    level:     the word that stands before its name, as a key of `levels` in words.toml
    districts: the names of the former districts in which it lies; of a district, its own name
    provinces: the names of the former provinces in which it lies
    former:    the former ward or district; None for a place of today
    """

    kind: PlaceKind
    codes: tuple[str, ...]
    level: str
    districts: frozenset[str] = frozenset()
    provinces: frozenset[str] = frozenset()
    former: FormerWard | FormerDistrict | None = None


class NameEntry(NamedTuple):
    """A name of a place as a token, and the place."""

    name: Token
    place: Place


class ContextWord(Enum):
    """The kinds of words that stand around names in an address."""

    STREET = auto()
    """The name after it is the name of a street."""
    OLD = auto()
    """The name before it means a former unit, of before 2025-07-01."""
    NEW = auto()
    """The name before it means a unit of today."""
    FILLER = auto()
    """It does not help to locate the address."""


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The index of names.

    names:         letters of a name -> the places of this name
    initials:      the same for initials of districts
    partial_names: the same for names with one syllable left out
    ambiguous:     letters of the names that places outside the city have too
    levels:        letters of a word of level -> the word, and the levels that it can mean
    context_words: letters of a context word -> the word, and its kinds
    by_sound:      pronunciation -> letters of the names with this pronunciation
    by_deletion:   letters of a name with at most one of them left out -> letters of the names
    long_names:    letters of the names that are long enough for two typing errors
    """

    names: Mapping[str, tuple[NameEntry, ...]]
    initials: Mapping[str, tuple[NameEntry, ...]]
    partial_names: Mapping[str, tuple[NameEntry, ...]]
    ambiguous: frozenset[str]
    levels: Mapping[str, tuple[Token, frozenset[str]]]
    context_words: Mapping[str, tuple[tuple[Token, ContextWord], ...]]
    by_sound: Mapping[str, tuple[str, ...]]
    by_deletion: Mapping[str, tuple[str, ...]]
    long_names: tuple[str, ...]

    def find_similar_names(self, letters: str) -> tuple[int, list[str]]:
        """Return the names that are most similar to `letters`, with the number of typing errors.

        The number is 1 or 2. An error is a missing, added, wrong or swapped letter, or any number
        of spellings with the same pronunciation. Return (0, []) if no name is that similar.
        """
        from rapidfuzz.distance import OSA

        homophones = [
            key for key in self.by_sound.get(_spell_by_sound(letters), ()) if key != letters
        ]
        if len(letters) < _MIN_MISSPELT_LETTERS - 1:
            return int(bool(homophones)), homophones
        keys = {
            key
            for shorter in (letters, *_delete_each_letter(letters))
            for key in self.by_deletion.get(shorter, ())
        }
        similar = [key for key in keys if OSA.distance(letters, key, score_cutoff=1) == 1]
        if similar or homophones:
            return 1, sorted({*similar, *homophones})
        if len(letters) < _MIN_TWICE_MISSPELT_LETTERS - 1:
            return 0, []
        distant = [
            key for key in self.long_names if OSA.distance(letters, key, score_cutoff=2) == 2
        ]
        return (2, distant) if distant else (0, [])


# Shorter names are too similar to each other to allow one error, or two.
_MIN_MISSPELT_LETTERS = 5
_MIN_TWICE_MISSPELT_LETTERS = 10


# Spellings with the same pronunciation in Hải Phòng. The first of each pair is replaced by the
# second.
_HOMOPHONES = (
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


def _spell_by_sound(letters: str) -> str:
    """Return one spelling for all spellings with the same pronunciation."""
    for spelling, replacement in _HOMOPHONES:
        letters = letters.replace(spelling, replacement)
    return letters


def _delete_each_letter(letters: str) -> Iterator[str]:
    """Yield the letters with one of them left out, for each of them."""
    for index in range(len(letters)):
        yield letters[:index] + letters[index + 1 :]


_NGUYEN = "Nguyễn"
# Kỳ, Lý, Mỹ are also written Kì, Lí, Mĩ. The text is decomposed, so the tone mark follows the y.
_FINAL_Y = re.compile(r"\b([^\W\daeiou])y([\u0300-\u0323]?)\b")


@cache
def load_gazetteer() -> Gazetteer:
    """Return the gazetteer, built from the data files at the first call."""
    lists = tomllib.loads(files("bot.areas").joinpath("words.toml").read_text("utf-8"))
    names, initials, partial_names = _NameIndex(), _NameIndex(), _NameIndex()
    for name, place in _list_places(lists["city"]):
        also = lists["also"].get(name, ()) if place.kind is not PlaceKind.UNIT else ()
        names.add_names(place, name, *_list_spellings(name), *also)
        initials.add_names(place, *_list_initials(name, place))
        partial_names.add_names(place, *_list_partial_names(name))
    outside = {tokenize_name(name).letters: name for name in lists["outside"]["names"]}
    ambiguous = frozenset(outside.keys() & names.keys())
    names.add_names(
        Place(PlaceKind.OUTSIDE, (), ""),
        *(name for letters, name in outside.items() if letters not in ambiguous),
    )
    return Gazetteer(
        names=names,
        initials=initials,
        partial_names=partial_names,
        ambiguous=ambiguous,
        levels=_index_levels(lists["levels"]),
        context_words=_index_context_words(lists["context"]),
        by_sound=_group_by_first(
            (_spell_by_sound(key), key) for key in names if len(key) >= _MIN_MISSPELT_LETTERS
        ),
        by_deletion=_group_by_first(
            (shorter, key)
            for key in names
            if len(key) >= _MIN_MISSPELT_LETTERS
            for shorter in (key, *sorted(set(_delete_each_letter(key))))
        ),
        long_names=tuple(key for key in names if len(key) >= _MIN_TWICE_MISSPELT_LETTERS),
    )


class _NameIndex(dict[str, tuple[NameEntry, ...]]):
    """Names and their places by the letters of the names."""

    def add_names(self, place: Place, *names: str) -> None:
        """Add names of a place."""
        for name in names:
            entry = NameEntry(tokenize_name(name), place)
            entries = self.get(entry.name.letters, ())
            if entry not in entries:
                self[entry.name.letters] = (*entries, entry)


def _list_spellings(name: str) -> Iterator[str]:
    """Yield other spellings of a name: without spaces, Ng for Nguyễn, Kì for Kỳ.

    Without spaces, equal letters at the border of two syllables (VĩnhHải) are reduced to one.
    """
    yield name.replace(" ", "")
    if _NGUYEN in name:
        yield name.replace(_NGUYEN, "Ng")
    decomposed = unicodedata.normalize("NFD", name)
    if _FINAL_Y.search(decomposed):
        yield _FINAL_Y.sub(r"\1i\2", decomposed)


def _group_by_first(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the second strings of the pairs, in their order, by the first."""
    groups: dict[str, list[str]] = {}
    for first, second in pairs:
        groups.setdefault(first, []).append(second)
    return {first: tuple(seconds) for first, seconds in groups.items()}


def _list_places(city: str) -> Iterator[tuple[str, Place]]:
    """Yield the name and the place for each place in the city; `city` is the city's name."""
    all_districts = map_former_districts()
    unit_districts = map_units_to_districts()
    province_codes: dict[str, set[str]] = {}
    for unit in list_units():
        districts = unit_districts[unit.code]
        provinces = frozenset(all_districts[district].province for district in districts)
        for province in provinces:
            province_codes.setdefault(province, set()).add(unit.code)
        yield unit.name, Place(PlaceKind.UNIT, (unit.code,), unit.level, districts, provinces)
    for ward in list_former_wards():
        yield (
            ward.name,
            Place(
                PlaceKind.FORMER_WARD,
                ward.successors,
                ward.level,
                frozenset({ward.district}),
                frozenset({all_districts[ward.district].province}),
                ward,
            ),
        )
    for district in all_districts.values():
        yield (
            district.name,
            Place(
                PlaceKind.DISTRICT,
                district.successors,
                district.level,
                frozenset({district.name}),
                frozenset({district.province}),
                district,
            ),
        )
    for province, codes in province_codes.items():
        kind = PlaceKind.CITY if province == city else PlaceKind.PROVINCE
        provinces = frozenset({province})
        yield province, Place(kind, tuple(sorted(codes)), "province", provinces=provinces)


def _list_initials(name: str, place: Place) -> Iterator[str]:
    """Yield the abbreviations of a name.

    The name of a district, or of a unit with the same name, is abbreviated to its initials (LC), or
    by the initial of its first syllable (L. Chân). A district's initials can follow the initial of
    its level (QLC). Other names of three syllables are abbreviated to initials (TNH), but only if
    these contain no vowel, as they could be a word. Initials of two syllables fit too many names.
    """
    syllables = tokenize_text(name)
    initials = "".join(syllable.letters[0] for syllable in syllables)
    has_district_name = place.kind is PlaceKind.UNIT and tokenize_name(name) in {
        tokenize_name(district) for district in map_former_districts()
    }
    if place.kind is PlaceKind.DISTRICT or has_district_name:
        yield initials
        short = initials[0] + "".join(syllable.letters for syllable in syllables[1:])
        if len(short) > _MAX_INITIALS:
            yield short
    if place.kind is PlaceKind.DISTRICT:
        for letter in _LEVEL_INITIALS[place.level]:
            yield letter + initials
    is_three_consonants = len(syllables) == _MAX_INITIALS and not set(initials) & VOWELS
    if place.kind is PlaceKind.PROVINCE or is_three_consonants:
        yield initials


def _list_partial_names(name: str) -> Iterator[str]:
    """Yield a name of three syllables without its last, and without its first syllable."""
    syllables = name.split()
    if len(syllables) == 3 and syllables[-1].isalpha():
        yield " ".join(syllables[:2])
        yield " ".join(syllables[1:])


_MAX_INITIALS = 3  # letters of the initials of a name
_LEVEL_INITIALS = {
    "urban_district": ("q",),
    "rural_district": ("h",),
    "district_town": ("tx",),
    "district_city": ("tp",),
}


def _index_levels(lists: Mapping[str, list[str]]) -> dict[str, tuple[Token, frozenset[str]]]:
    """Return the words of `lists` (level -> words) and their levels, by the letters of the word."""
    index: dict[str, tuple[Token, frozenset[str]]] = {}
    for level, words in lists.items():
        for word in words:
            token = tokenize_name(word)
            _, levels = index.get(token.letters, (token, frozenset[str]()))
            index[token.letters] = (token, levels | {level})
    return index


def _index_context_words(
    lists: Mapping[str, list[str]],
) -> dict[str, tuple[tuple[Token, ContextWord], ...]]:
    """Return the words of `lists` (kind -> words) and their kinds, by the letters of the word."""
    index: dict[str, list[tuple[Token, ContextWord]]] = {}
    for kind, words in lists.items():
        for word in words:
            token = tokenize_name(word)
            index.setdefault(token.letters, []).append((token, ContextWord[kind.upper()]))
    return {letters: tuple(entries) for letters, entries in index.items()}
