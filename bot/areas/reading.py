"""Typed words as names of places: the ways to read them that leave the least unexplained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.gazetteer import DISTRICT_LEVELS, WARD_LIKE, Around, Kind, Place
from bot.areas.spelling import FITS, Word, accents, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.areas.gazetteer import Entry, Gazetteer

# What it costs to read words so. A name costs little, so that one long name is read before two
# short ones; a word that nothing explains costs more than two typing errors do.
_NAME, _AGAINST, _FILLER, _LEVEL_ALONE, _BRIEF, _ERROR, _UNKNOWN = 2, 3, 1, 6, 8, 9, 20
_LONGEST = 4  # words that a name, or a phrase around names, may be split into
_MOST_WORDS = 40
_MOST_WAYS = 4  # ways that cost the same and are all considered
_MOST_AGAINST = 1  # diacritics that may disagree when letters do too


class Fit(NamedTuple):
    """A place that a name may stand for, and how well the diacritics agree: see `accents`."""

    place: Place
    accents: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that was typed and what it may stand for.

    levels: what the word before it says, empty when there is none
    says:   OLD or NEW when that was said behind it
    shared: a place outside the city has this name too
    """

    fits: tuple[Fit, ...]
    levels: frozenset[str] = frozenset()
    says: Around | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read: the names in order, and how many words say something that is not known."""

    mentions: tuple[Mention, ...]
    unknown: int
    elsewhere: bool  # it names a place outside the city


class _Named(NamedTuple):
    length: int
    cost: int
    fits: tuple[Fit, ...]
    shared: bool


class _Piece(NamedTuple):
    """Some words as one thing: a mention, a word around names, or (None) nothing known."""

    length: int
    cost: int
    what: Mention | Around | None


class _Path(NamedTuple):
    before: _Path | None
    piece: _Piece


_Names = list[list[_Named]]  # at each word, the names that begin there


def ways(typed: Sequence[Word], known: Gazetteer) -> list[Way]:
    """The ways to read that cost least; typing errors are considered only where they must be."""
    typed = typed[:_MOST_WORDS]
    names = [list(_exact(typed, at, known)) for at in range(len(typed))]
    paths = _cheapest(typed, names, known)
    open_words = {at for path in paths for at in _unexplained(path)}
    if open_words:
        for at in range(len(typed)):
            names[at] += _misspelt(typed, at, open_words, known)
        if any(names):
            paths = _cheapest(typed, names, known)
    return [_way(path) for path in paths]


def _spans(typed: Sequence[Word], at: int) -> Iterator[tuple[int, Word]]:
    for length in range(1, min(_LONGEST, len(typed) - at) + 1):
        yield length, typed[at] if length == 1 else joined(typed[at : at + length])


def _exact(typed: Sequence[Word], at: int, known: Gazetteer) -> Iterator[_Named]:
    for length, span in _spans(typed, at):
        for index, cost in ((known.named, _NAME), (known.brief, _BRIEF)):
            if span.letters in index:
                named = _named(length, cost, span, index[span.letters])
                yield named._replace(shared=span.letters in known.shared)


def _misspelt(
    typed: Sequence[Word], at: int, open_words: set[int], known: Gazetteer
) -> Iterator[_Named]:
    for length, span in _spans(typed, at):
        if not open_words.isdisjoint(range(at, at + length)):
            errors, close = known.near(span.letters)
            entries = tuple(entry for letters in close for entry in known.named[letters])
            fitting = tuple(
                entry for entry in entries if accents(span, entry.spelt) <= FITS + _MOST_AGAINST
            )
            if fitting:
                yield _named(length, _NAME + errors * _ERROR, span, fitting)


def _named(length: int, cost: int, span: Word, entries: tuple[Entry, ...]) -> _Named:
    fits = tuple(Fit(entry.place, accents(span, entry.spelt)) for entry in entries)
    against = max(0, min(fit.accents for fit in fits) - FITS)
    return _Named(length, cost + against * _AGAINST, fits, shared=False)


def _cheapest(typed: Sequence[Word], names: _Names, known: Gazetteer) -> list[_Path]:
    """The paths through all words that cost least; total, since a word may stay unexplained."""
    best: list[tuple[int, list[_Path]]] = [(0, [])]
    best += [(_UNKNOWN * (len(typed) + 1), [])] * len(typed)
    for at in range(len(typed)):
        cost, paths = best[at]
        befores: Sequence[_Path | None] = paths or (None,)
        for piece in _pieces(typed, at, names, known):
            end = at + piece.length
            total = cost + piece.cost
            longer = [_Path(before, piece) for before in befores]
            if total < best[end][0]:
                best[end] = (total, longer)
            elif total == best[end][0]:
                best[end] = (total, (best[end][1] + longer)[:_MOST_WAYS])
    return best[-1][1]


def _pieces(typed: Sequence[Word], at: int, names: _Names, known: Gazetteer) -> Iterator[_Piece]:
    """What may begin at a word."""
    yield _Piece(1, _UNKNOWN, None)
    if typed[at].letters.isdigit():
        yield _Piece(1, _FILLER, Around.FILLER)
    for named in names[at]:
        yield _Piece(named.length, named.cost, _mention(named))
    for length, span in _spans(typed, at):
        following = names[at + length] if at + length < len(typed) else []
        for spelt, says in known.around.get(span.letters, ()):
            if _is_word(span, spelt):
                yield from _said_around(length, says, following)
        spelt, levels = known.levels.get(span.letters, _NO_LEVEL)
        if levels and _is_word(span, spelt):
            yield from _at_level(length, levels, following)
            if typed[at + length : at + length + 1] and typed[at + length].letters.isdigit():
                yield _Piece(length + 1, _FILLER, _NUMBERED)


def _said_around(length: int, says: Around, following: list[_Named]) -> Iterator[_Piece]:
    yield _Piece(length, _FILLER, says)
    if says is Around.STREET:
        for named in following:
            yield _Piece(length + named.length, named.cost, says)


def _at_level(length: int, levels: frozenset[str], following: list[_Named]) -> Iterator[_Piece]:
    yield _Piece(length, _LEVEL_ALONE, Around.FILLER)
    for named in following:
        yield _Piece(length + named.length, named.cost, _mention(named, levels))


_NO_LEVEL = (Word("", ()), frozenset[str]())
# A ward or district that is numbered: the city has none.
_NUMBERED = Mention((Fit(Place(Kind.ELSEWHERE, (), ""), FITS),))


def _is_word(span: Word, spelt: Word) -> bool:
    # A single letter without its diacritic is another letter.
    agree = accents(span, spelt)
    return agree <= FITS and (len(spelt.letters) > 1 or span.marks == spelt.marks)


def _mention(named: _Named, levels: frozenset[str] = frozenset()) -> Mention:
    """The places that a word of level before the name leaves; all of them if it leaves none."""
    if levels & DISTRICT_LEVELS:
        kinds = {Kind.DISTRICT, Kind.CITY}
    elif "province" in levels:
        kinds = {Kind.PROVINCE, Kind.CITY}
    elif levels:
        kinds = set(WARD_LIKE)
    else:
        return Mention(named.fits, shared=named.shared)
    left = tuple(fit for fit in named.fits if fit.place.kind in kinds)
    return Mention(left or named.fits, levels, shared=named.shared)


def _unexplained(path: _Path | None) -> Iterator[int]:
    """The positions of the words that nothing explains."""
    pieces = _in_order(path)
    at = 0
    for piece in pieces:
        if piece.what is None:
            yield at
        at += piece.length


def _in_order(path: _Path | None) -> list[_Piece]:
    pieces = []
    while path is not None:
        pieces.append(path.piece)
        path = path.before
    return pieces[::-1]


def _way(path: _Path) -> Way:
    mentions: list[Mention] = []
    unknown = 0
    last: Mention | Around | None = None
    for piece in _in_order(path):
        match piece.what:
            case Mention() as mention:
                mentions.append(mention)
            case Around.OLD | Around.NEW as says if isinstance(last, Mention):
                mentions[-1] = Mention(last.fits, last.levels, says, last.shared)
            case None | Around.STREET:
                unknown += 1
        last = piece.what
    return Way(tuple(mentions), unknown, any(_is_elsewhere(each, unknown) for each in mentions))


def _is_elsewhere(mention: Mention, unknown: int) -> bool:
    """Whether a place outside is named.

    A name that the city shares with one outside is the other's when a level says so that the
    city's has not, and when it follows or precedes what is not known here.
    """
    kinds = {fit.place.kind for fit in mention.fits}
    if Kind.ELSEWHERE in kinds:
        return len(kinds) == 1
    if not mention.shared:
        return False
    if mention.levels & (DISTRICT_LEVELS | {"province"}):
        return kinds <= WARD_LIKE
    return unknown > 0 and not mention.levels
