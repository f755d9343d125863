"""Find the words of a text that name units, former units, districts and places outside the city.

See `bot.areas.text_places` for what becomes of them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.areas.gazetteer import DISTRICT_LEVELS, PlaceKind, load_gazetteer
from bot.areas.name_matching import match_misspelt_name
from bot.areas.text_scanning import Gap
from bot.areas.tokens import (
    COMPATIBLE_MARKS,
    EQUAL_MARKS,
    VOWELS,
    Token,
    compare_marks,
    tokenize_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.areas.gazetteer import Gazetteer, Place
    from bot.areas.text_scanning import ScannedText

_MAX_NAME_WORDS = 4
_MAX_HEAD_WORDS = 3  # of a word of level or another word before a name
_MIN_JOINED_LETTERS = 6  # of a name that is typed as one word
_MAX_MISSPELT = 20  # misspelt names that are looked up in one text: each needs a search
# Words of level behind which a misspelt name is looked up also if they have no diacritics; the
# others mean other things then.
_MISSPELT_BEHIND = frozenset({"phuong", "thitran", "huyen"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text, with the word of level before it.

    first:        the first word, that of the level if there is one
    start, end:   the words of the name, `end` excluded
    letters:      the letters of the name
    places:       the places of this name whose diacritics fit, or a misspelt name's
    levels:       the levels that the word before the name can mean; empty without such a word
    is_exact:     True if the name is spelled right; missing diacritics are allowed
    is_marked:    True if the name is typed with all of its diacritics
    is_partial:   True if it is typed with some of them
    is_capital:   True if each of its words begins with a capital
    is_located:   True if a locative word stands before it
    is_other:     True if the word before it says that it is no place: a street, a person
    is_elsewhere: True if it is where somebody comes from
    """

    first: int
    start: int
    end: int
    letters: str
    places: tuple[Place, ...]
    levels: frozenset[str]
    is_exact: bool
    is_marked: bool
    is_partial: bool
    is_capital: bool
    is_located: bool
    is_other: bool
    is_elsewhere: bool

    @property
    def fits_level(self) -> bool:
        """Return True if one of the places can have the level of the word before the name.

        A district had several levels in its time.
        """
        return any(
            place.level in self.levels
            or (place.kind in _LARGER and bool(self.levels & _LARGER_LEVELS))
            for place in self.places
        )

    def without_level(self) -> Mention:
        """Return the mention without the word of level before it."""
        return replace(self, first=self.start, levels=frozenset())

    @property
    def is_outside(self) -> bool:
        """Return True if it names a place outside the city."""
        return all(place.kind is PlaceKind.OUTSIDE for place in self.places)


_LARGER = frozenset({PlaceKind.DISTRICT, PlaceKind.PROVINCE, PlaceKind.CITY})
_LARGER_LEVELS = DISTRICT_LEVELS | {"province", "special_zone"}


class _Spelling(NamedTuple):
    """The spelling of a name: right, with all of its diacritics, or with some of them."""

    is_exact: bool
    is_marked: bool
    has_marks: bool


class _Phrases:
    """Words that stand before a name, found from their end."""

    def __init__(self, words: Sequence[str]) -> None:
        self._tokens: dict[str, list[Token]] = {}
        for word in words:
            token = tokenize_name(word)
            self._tokens.setdefault(token.letters, []).append(token)

    def find_before(self, scanned: ScannedText, end: int) -> int | None:
        """Return where the longest phrase starts that ends before the word `end`."""
        for start in range(max(0, end - _MAX_HEAD_WORDS), end):
            if self.is_at(scanned, start, end) and scanned.is_phrase(start, end + 1):
                return start
        return None

    def is_at(self, scanned: ScannedText, start: int, end: int) -> bool:
        """Return True if the words from `start` to before `end` are one of the phrases."""
        tokens = self._tokens.get("".join(scanned.letters[start:end]))
        return tokens is not None and _is_typed_as(scanned.tokenize(start, end), tokens)


def _is_typed_as(typed: Token, words: Sequence[Token]) -> bool:
    """Return True if the typed word is one of `words`: with all of its diacritics, or with none."""
    if typed.marks or (len(typed.letters) == 1 and typed.letters not in VOWELS):
        return any(set(typed.marks) == set(word.marks) for word in words)
    return True


_PHRASE_LISTS = ("other", "elsewhere", "locative", "plain_locative", "near", "office", "joining")


@dataclass(frozen=True)
class TextWords:
    """The lists of text_words.toml."""

    other: _Phrases
    elsewhere: _Phrases
    locative: _Phrases
    plain_locative: _Phrases
    near: _Phrases
    office: _Phrases
    joining: _Phrases
    levels_behind: Mapping[str, frozenset[str]]
    other_behind: frozenset[str]
    plain: frozenset[str]
    plain_behind_locative: frozenset[str]


@cache
def load_text_words() -> TextWords:
    """Return the lists of text_words.toml; names as letters without diacritics."""
    lists: Mapping[str, Any] = tomllib.loads(
        files("bot.areas").joinpath("text_words.toml").read_text("utf-8")
    )
    phrases = {key: _Phrases(lists[key]) for key in _PHRASE_LISTS}
    names = {
        key: frozenset(tokenize_name(name).letters for name in lists[key])
        for key in ("plain", "plain_behind_locative")
    }
    return TextWords(
        phrases["other"],
        phrases["elsewhere"],
        phrases["locative"],
        phrases["plain_locative"],
        phrases["near"],
        phrases["office"],
        phrases["joining"],
        {word: frozenset(levels) for word, levels in lists["levels_behind"].items()},
        frozenset(lists["other_behind"]),
        names["plain"],
        names["plain_behind_locative"],
    )


@cache
def _list_level_ends() -> frozenset[str]:
    """Return the last syllables of the words of level, without diacritics."""
    words = tomllib.loads(files("bot.areas").joinpath("words.toml").read_text("utf-8"))["levels"]
    return frozenset(
        tokenize_name(word.split()[-1]).letters for each in words.values() for word in each
    )


class MentionFinder:
    """Finds the mentions of a text, word by word."""

    def __init__(self, scanned: ScannedText) -> None:
        """Prepare the search in a text."""
        self._scanned = scanned
        self._gazetteer: Gazetteer = load_gazetteer()
        self._words = load_text_words()
        self._misspelt = 0

    def find_at(self, start: int, free: int) -> Mention | None:
        """Return the mention whose name begins at a word; None if there is none.

        The words before `free` belong to the mention before.
        """
        scanned = self._scanned
        for end in range(min(start + _MAX_NAME_WORDS, len(scanned.letters)), start, -1):
            letters = "".join(scanned.letters[start:end])
            if letters not in self._gazetteer.names or not scanned.is_phrase(start, end):
                continue
            if end == start + 1 and len(letters) < _MIN_JOINED_LETTERS:
                continue
            typed = scanned.tokenize(start, end)
            entries = self._gazetteer.names[letters]
            marks = [compare_marks(typed, entry.name) for entry in entries]
            best = min(marks)
            first, levels = self._find_level(start, free)
            levels = levels or self._words.levels_behind.get(self._get_word(end), frozenset())
            if best > COMPATIBLE_MARKS and (best > COMPATIBLE_MARKS + 1 or not levels):
                continue
            places = tuple(
                entry.place for entry, mark in zip(entries, marks, strict=True) if mark == best
            )
            spelling = _Spelling(best <= COMPATIBLE_MARKS, best == EQUAL_MARKS, bool(typed.marks))
            return self._build(first, start, end, places, levels, spelling)
        return self._find_misspelt(start, free)

    def _find_level(self, start: int, free: int) -> tuple[int, frozenset[str]]:
        """Return where the word of level before a name starts, and its levels."""
        scanned = self._scanned
        if start == 0 or scanned.letters[start - 1] not in _list_level_ends():
            return start, frozenset()
        for first in range(max(free, start - _MAX_HEAD_WORDS), start):
            found = self._gazetteer.levels.get("".join(scanned.letters[first:start]))
            if found is None or not scanned.is_phrase(first, start + 1):
                continue
            word, levels = found
            is_hour = first > 0 and scanned.letters[first - 1].isdigit() and first == start - 1
            if len(word.letters) == 1 and is_hour:  # 22 h
                continue
            if _is_typed_as(scanned.tokenize(first, start), (word,)):
                return first, levels
        return start, frozenset()

    def _build(
        self,
        first: int,
        start: int,
        end: int,
        places: tuple[Place, ...],
        levels: frozenset[str],
        spelling: _Spelling,
    ) -> Mention:
        scanned, words = self._scanned, self._words
        is_other = not levels and (
            words.other.find_before(scanned, start) is not None
            or self._has_number_before(start)
            or self._get_word(end) in words.other_behind
        )
        locative = words.plain_locative if scanned.text.isascii() else words.locative
        capitals = (scanned.text[scanned.starts[index]].isupper() for index in range(start, end))
        return Mention(
            first,
            start,
            end,
            "".join(scanned.letters[start:end]),
            places,
            levels,
            spelling.is_exact,
            is_marked=spelling.is_marked,
            is_partial=spelling.has_marks and not spelling.is_marked,
            is_capital=all(capitals),
            is_located=locative.find_before(scanned, first) is not None,
            is_other=is_other,
            is_elsewhere=words.elsewhere.find_before(scanned, first) is not None,
        )

    def _get_word(self, index: int) -> str:
        """Return a word that follows the one before it directly; "" if there is none."""
        scanned = self._scanned
        is_next = index < len(scanned.letters) and scanned.gaps[index] is Gap.SPACE
        return scanned.letters[index] if is_next else ""

    def _has_number_before(self, start: int) -> bool:
        """Return True if a number stands before the name, as before the name of a street."""
        scanned = self._scanned
        return (
            start > 0 and scanned.gaps[start] is Gap.SPACE and scanned.letters[start - 1].isdigit()
        )

    def _find_misspelt(self, start: int, free: int) -> Mention | None:
        """Return the mention of a misspelt name behind a word of level."""
        scanned = self._scanned
        if start == 0 or scanned.letters[start - 1] not in _list_level_ends():
            return None
        if scanned.gaps[start] is not Gap.SPACE or self._misspelt >= _MAX_MISSPELT:
            return None
        first, levels = self._find_level(start, free)
        word = "".join(scanned.letters[first:start])
        if first == start or (word not in _MISSPELT_BEHIND and scanned.cut(first, start).isascii()):
            return None
        self._misspelt += 1
        for end in range(min(start + 3, len(scanned.letters)), start + 1, -1):
            if not scanned.is_phrase(start, end):
                continue
            typed = scanned.tokenize(start, end)
            errors, matches = match_misspelt_name(typed, self._gazetteer)
            places = tuple(
                match.place
                for match in matches
                if match.place.level in levels and match.marks <= COMPATIBLE_MARKS
            )
            if errors == 1 and places:
                spelling = _Spelling(is_exact=False, is_marked=False, has_marks=bool(typed.marks))
                return self._build(first, start, end, places, levels, spelling)
        return None


def list_mentions(scanned: ScannedText, taken: Mapping[int, int]) -> Iterator[Mention]:
    """Yield the mentions of a text, in order.

    `taken` has the words that belong to landmarks: the first word -> the word behind the last.
    """
    finder = MentionFinder(scanned)
    index = free = 0
    while index < len(scanned.letters):
        if index in taken:
            index = free = taken[index]
            continue
        mention = finder.find_at(index, free)
        if mention is None or any(word in taken for word in range(mention.start, mention.end)):
            index += 1
            continue
        yield mention
        index = free = mention.end
