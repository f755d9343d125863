"""Match spans of tokens with the names of the gazetteer.

Each match has a cost. Every name adds a small cost, so one long name wins over two short ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.gazetteer import DISTRICT_LEVELS, WARD_KINDS, ContextWord, Place, PlaceKind
from bot.areas.tokens import COMPATIBLE_MARKS, Token, compare_marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.areas.gazetteer import Gazetteer, NameEntry

# The costs of a match by initials, and by a name with one syllable left out.
COST_INITIALS = 8
COST_PARTIAL_NAME = 12
_COST_NAME = 2
_COST_CONFLICTING_MARK = 3
_COST_JOINED_LEVEL = 3
_COST_TYPING_ERROR = 9

_MIN_JOINED_NAME_LETTERS = 4
_MAX_CONFLICTING_MARKS = 1  # in a name that has typing errors


class PlaceMatch(NamedTuple):
    """A place that a typed name can stand for.

    marks:   how well the typed diacritics agree with the name's, as `compare_marks` returns it
    letters: the letters of the name, which differ from the typed ones after a typing error
    """

    place: Place
    marks: int
    letters: str


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A typed name and the places that it can stand for.

    levels:       the administrative levels that the word before the name can mean; else empty
    qualifier:    OLD or NEW if a word such as "cũ" (old) or "mới" (new) follows, else None
    is_ambiguous: True if a place outside the city has this name too
    """

    matches: tuple[PlaceMatch, ...]
    typed: Token
    levels: frozenset[str] = frozenset()
    qualifier: ContextWord | None = None
    is_ambiguous: bool = False


class NameSpan(NamedTuple):
    """Consecutive tokens that are a name.

    length:       the number of tokens
    cost:         the cost of the match; a lower one is better
    matches:      the places that have this name
    typed:        the tokens, joined to one
    is_ambiguous: True if a place outside the city has this name too
    joined:       the name with its word of level, if both were typed without a space between them
    """

    length: int
    cost: int
    matches: tuple[PlaceMatch, ...]
    typed: Token
    is_ambiguous: bool = False
    joined: NameMatch | None = None


def list_exact_names(spans: list[tuple[int, Token]], gazetteer: Gazetteer) -> Iterator[NameSpan]:
    """Yield those of `spans` that are names, initials or partial names without typing errors.

    A span is given as the number of its tokens, and the tokens joined to one.
    """
    for length, span in spans:
        letters = span.letters
        if letters in gazetteer.names:
            name = _match_name(length, _COST_NAME, span, gazetteer.names[letters])
            yield name._replace(is_ambiguous=letters in gazetteer.ambiguous)
        elif length == 1:
            yield from _list_joined_names(span, gazetteer)
        if letters in gazetteer.initials:
            yield _match_name(length, COST_INITIALS, span, gazetteer.initials[letters])
        if letters in gazetteer.partial_names:
            yield _match_name(length, COST_PARTIAL_NAME, span, gazetteer.partial_names[letters])


def _list_joined_names(span: Token, gazetteer: Gazetteer) -> Iterator[NameSpan]:
    """Yield the names in a token that begins with a word of level."""
    for end in range(1, len(span.letters) - _MIN_JOINED_NAME_LETTERS + 1):
        if span.letters[:end] not in gazetteer.levels:
            continue
        _word, levels = gazetteer.levels[span.letters[:end]]
        # Doubled letters are reduced to one, so the last letter of the level may be the first of
        # the name too.
        for start in (end, end - 1):
            letters = span.letters[start:]
            if letters in gazetteer.names:
                marks = tuple((index - start, mark) for index, mark in span.marks if index >= start)
                name = _match_name(1, _COST_NAME, Token(letters, marks), gazetteer.names[letters])
                name = name._replace(is_ambiguous=letters in gazetteer.ambiguous)
                joined = apply_levels(name, levels)
                yield name._replace(cost=name.cost + _COST_JOINED_LEVEL, joined=joined)


def list_misspelt_names(
    spans: list[tuple[int, Token]], doubtful: set[int], start: int, gazetteer: Gazetteer
) -> Iterator[NameSpan]:
    """Yield those of `spans` that contain a doubtful token and are misspelt names.

    All spans begin at the token `start`. `doubtful` are the indexes of doubtful tokens.
    """
    for length, span in spans:
        if not doubtful.isdisjoint(range(start, start + length)):
            errors, matches = match_misspelt_name(span, gazetteer)
            if matches:
                yield NameSpan(length, _COST_NAME + errors * _COST_TYPING_ERROR, matches, span)


def _match_name(length: int, cost: int, span: Token, entries: tuple[NameEntry, ...]) -> NameSpan:
    """Return a span as a name. Conflicting marks raise the cost."""
    matches = tuple(
        PlaceMatch(entry.place, compare_marks(span, entry.name), span.letters) for entry in entries
    )
    conflicts = max(0, min(match.marks for match in matches) - COMPATIBLE_MARKS)
    return NameSpan(length, cost + conflicts * _COST_CONFLICTING_MARK, matches, span)


def match_misspelt_name(typed: Token, gazetteer: Gazetteer) -> tuple[int, tuple[PlaceMatch, ...]]:
    """Return the number of typing errors in a misspelt name, and the places that it can mean.

    Names with more than one conflicting mark are left out.
    """
    errors, similar = gazetteer.find_similar_names(typed.letters)
    matches = (
        PlaceMatch(entry.place, compare_marks(typed, entry.name), letters)
        for letters in similar
        for entry in gazetteer.names[letters]
    )
    max_marks = COMPATIBLE_MARKS + _MAX_CONFLICTING_MARKS
    return errors, tuple(match for match in matches if match.marks <= max_marks)


def apply_levels(name: NameSpan, levels: frozenset[str] = frozenset()) -> NameMatch:
    """Return a name with those of its places that have one of `levels`; with all if none has."""
    if name.joined:
        return name.joined
    if levels & DISTRICT_LEVELS:
        kinds = {PlaceKind.DISTRICT, PlaceKind.CITY}
    elif "province" in levels:
        kinds = {PlaceKind.PROVINCE, PlaceKind.CITY}
    elif levels:
        kinds = set(WARD_KINDS)
    else:
        return NameMatch(name.matches, name.typed, is_ambiguous=name.is_ambiguous)
    fitting = tuple(match for match in name.matches if match.place.kind in kinds)
    return NameMatch(fitting or name.matches, name.typed, levels, is_ambiguous=name.is_ambiguous)
