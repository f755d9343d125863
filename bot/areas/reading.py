"""Typed words as names of places: the ways to read them that leave the least unexplained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.gazetteer import DISTRICT_LEVELS, WARD_LIKE, Around, Place, PlaceKind
from bot.areas.spelling import FITS, VOWELS, Word, compare_accents, join_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.areas.gazetteer import Entry, Gazetteer

# What it costs to read words so. A name costs little, so that one long name is read before two
# short ones; a word that nothing explains costs more than two typing errors do.
_NAME, _STREET, _AGAINST, _FILLER, _LEVEL_ALONE, _INITIALS = 2, 1, 3, 3, 10, 8
_ERROR, _PARTIAL, _UNKNOWN = 9, 12, 20
_LONGEST = 4  # words that a name, or a phrase around names, may be split into
_MOST_WORDS = 40
_MOST_WAYS = 4  # ways that cost the same and are all considered
_GLUED, _SHORTEST_GLUED = 3, 4
_MOST_AGAINST = 1  # diacritics that may disagree when letters do too


class Fit(NamedTuple):
    """A place that a name may stand for, and how well the diacritics agree: see `accents`."""

    place: Place
    accents: int
    letters: str  # of the name, which may differ from what was typed


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that was typed and what it may stand for.

    levels: what the word before it says, empty when there is none
    says:   OLD or NEW when that was said behind it
    shared: a place outside the city has this name too
    """

    fits: tuple[Fit, ...]
    typed: Word
    levels: frozenset[str] = frozenset()
    says: Around | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class AreaReading:
    """One way to read.

    mentions:  the names, in order
    unknown:   how many words say something that is not known
    elsewhere: it names a place outside the city
    before:    words without diacritics before a name that are taken to say nothing, two and more of
               them as one: they may be a misspelt name after all ("truong to" is Trường Thọ)
    """

    mentions: tuple[Mention, ...]
    unknown: int
    elsewhere: bool
    before: tuple[Word, ...]


class _Named(NamedTuple):
    length: int
    cost: int
    fits: tuple[Fit, ...]
    typed: Word
    shared: bool = False
    glued: Mention | None = None  # with the level that was typed without a space


class _Piece(NamedTuple):
    """Some words as one thing: a mention, a word around names, or (None) nothing known."""

    length: int
    cost: int
    what: Mention | Around | None


class _Path(NamedTuple):
    before: _Path | None
    piece: _Piece


_Spans = list[list[tuple[int, Word]]]  # at each word, what begins there: how long, joined
_Names = list[list[_Named]]  # at each word, the names that begin there


def list_readings(typed: Sequence[Word], known: Gazetteer) -> list[AreaReading]:
    """The ways to read that cost least; typing errors are considered only where they must be."""
    spans = [list(_spans(typed[:_MOST_WORDS], at)) for at in range(len(typed[:_MOST_WORDS]))]
    names = [list(_exact(here, known)) for here in spans]
    paths = _cheapest(spans, names, known)
    doubtful = _doubtful(paths, len(spans))
    if doubtful:
        close = [list(_misspelt(here, doubtful, at, known)) for at, here in enumerate(spans)]
        if any(close):
            names = [[*exact, *more] for exact, more in zip(names, close, strict=True)]
            paths = _cheapest(spans, names, known)
    return [_way(path, spans) for path in paths]


def list_misspelt(typed: Word, known: Gazetteer) -> tuple[int, tuple[Fit, ...]]:
    """How many errors a word may have, and the names that it is then."""
    errors, close = known.near(typed.letters)
    fits = (
        Fit(entry.place, compare_accents(typed, entry.spelt), letters)
        for letters in close
        for entry in known.named[letters]
    )
    return errors, tuple(fit for fit in fits if fit.accents <= FITS + _MOST_AGAINST)


def _spans(typed: Sequence[Word], at: int) -> Iterator[tuple[int, Word]]:
    """What a name may be made of: some words with no comma between them."""
    yield 1, typed[at]
    for length in range(2, min(_LONGEST, len(typed) - at) + 1):
        if typed[at + length - 1].parted:
            return
        yield length, join_words(typed[at : at + length])


def _exact(spans: list[tuple[int, Word]], known: Gazetteer) -> Iterator[_Named]:
    for length, span in spans:
        if span.letters in known.named:
            is_shared = span.letters in known.shared
            yield _named(length, _NAME, span, known.named[span.letters])._replace(shared=is_shared)
        elif length == 1:
            yield from _glued(span, known)
        if span.letters in known.initials:
            yield _named(length, _INITIALS, span, known.initials[span.letters])
        if span.letters in known.partial:
            yield _named(length, _PARTIAL, span, known.partial[span.letters])


def _glued(span: Word, known: Gazetteer) -> Iterator[_Named]:
    """A name with its word of level before it and no space between them."""
    for cut in range(1, len(span.letters) - _SHORTEST_GLUED + 1):
        if span.letters[:cut] not in known.levels:
            continue
        _spelt, levels = known.levels[span.letters[:cut]]
        for start in (cut, cut - 1):  # the letter between them may be of both
            rest = span.letters[start:]
            if rest in known.named:
                marks = tuple((at - start, mark) for at, mark in span.marks if at >= start)
                named = _named(1, _NAME, Word(rest, marks), known.named[rest])
                mention = _mention(named._replace(shared=rest in known.shared), levels)
                yield named._replace(cost=named.cost + _GLUED, glued=mention)


def _misspelt(
    spans: list[tuple[int, Word]], doubtful: set[int], at: int, known: Gazetteer
) -> Iterator[_Named]:
    for length, span in spans:
        if not doubtful.isdisjoint(range(at, at + length)):
            errors, fits = list_misspelt(span, known)
            if fits:
                yield _Named(length, _NAME + errors * _ERROR, fits, span)


def _doubtful(paths: list[_Path], length: int) -> set[int]:
    """The words that may be misspelt: not explained, or only by what is less than a name.

    All of them if there is no name; initials when no name that they could follow stands before.
    """
    found: set[int] = set()
    for path in paths:
        at, has_name = 0, False
        for piece in _in_order(path):
            is_name = isinstance(piece.what, Mention)
            is_weak = piece.cost >= (_PARTIAL if has_name else _INITIALS)
            is_level = piece.what is Around.FILLER and piece.cost == _LEVEL_ALONE
            if piece.what is None or is_level or (is_name and is_weak):
                found.update(range(at, at + piece.length))
            has_name = has_name or is_name
            at += piece.length
        if not has_name:
            return set(range(length))
    return found


def _named(length: int, cost: int, span: Word, entries: tuple[Entry, ...]) -> _Named:
    fits = tuple(
        Fit(entry.place, compare_accents(span, entry.spelt), span.letters) for entry in entries
    )
    against = max(0, min(fit.accents for fit in fits) - FITS)
    return _Named(length, cost + against * _AGAINST, fits, span)


def _cheapest(spans: _Spans, names: _Names, known: Gazetteer) -> list[_Path]:
    """The paths through all words that cost least; total, since a word may stay unexplained."""
    best: list[tuple[int, list[_Path]]] = [(0, [])]
    best += [(_UNKNOWN * (len(spans) + 1), [])] * len(spans)
    for at in range(len(spans)):
        cost, paths = best[at]
        befores: Sequence[_Path | None] = paths or (None,)
        for piece in _pieces(spans, at, names, known):
            end = at + piece.length
            total = cost + piece.cost
            if total <= best[end][0]:
                longer = [_Path(before, piece) for before in befores]
                kept = best[end][1] if total == best[end][0] else []
                best[end] = (total, (kept + longer)[:_MOST_WAYS])
    return best[-1][1]


def _pieces(spans: _Spans, at: int, names: _Names, known: Gazetteer) -> Iterator[_Piece]:
    """What may begin at a word."""
    yield _NOT_KNOWN
    if spans[at][0][1].letters.isdigit():
        yield _Piece(1, _FILLER, Around.FILLER)
    for named in names[at]:
        yield _Piece(named.length, named.cost, _mention(named))
    for length, span in spans[at]:
        after = at + length
        # A word before a comma does not belong to the name behind it.
        follows = after < len(spans) and not spans[after][0][1].parted
        following = names[after] if follows else []
        for spelt, says in known.around.get(span.letters, ()):
            if _is_word(span, spelt):
                yield from _said_around(length, says, following)
        if span.letters in known.levels:
            spelt, levels = known.levels[span.letters]
            if _is_word(span, spelt):
                yield from _at_level(length, levels, following)
                if follows and spans[after][0][1].letters.isdigit():
                    yield _Piece(length + 1, _FILLER, _NUMBERED)


def _said_around(length: int, says: Around, following: list[_Named]) -> Iterator[_Piece]:
    # A street's word without a name, as in "lane 5", says nothing.
    yield _Piece(length, _FILLER, Around.FILLER if says is Around.STREET else says)
    if says is Around.STREET:
        for named in following:
            yield _Piece(length + named.length, _STREET + named.cost, says)


def _at_level(length: int, levels: frozenset[str], following: list[_Named]) -> Iterator[_Piece]:
    yield _Piece(length, _LEVEL_ALONE, Around.FILLER)
    for named in following:
        yield _Piece(length + named.length, named.cost, _mention(named, levels))


_NOT_KNOWN = _Piece(1, _UNKNOWN, None)
# A ward or district that is numbered: the city has none.
_NUMBERED = Mention((Fit(Place(PlaceKind.ELSEWHERE, (), ""), FITS, ""),), Word("", ()))


def _is_word(span: Word, spelt: Word) -> bool:
    # A single d is not the đ that stands for a street.
    is_letter = len(spelt.letters) == 1 and spelt.letters not in VOWELS
    return span.marks == spelt.marks if is_letter else compare_accents(span, spelt) <= FITS


def _mention(named: _Named, levels: frozenset[str] = frozenset()) -> Mention:
    """The places that a word of level before the name leaves; all of them if it leaves none."""
    if named.glued:
        return named.glued
    if levels & DISTRICT_LEVELS:
        kinds = {PlaceKind.DISTRICT, PlaceKind.CITY}
    elif "province" in levels:
        kinds = {PlaceKind.PROVINCE, PlaceKind.CITY}
    elif levels:
        kinds = set(WARD_LIKE)
    else:
        return Mention(named.fits, named.typed, shared=named.shared)
    left = tuple(fit for fit in named.fits if fit.place.kind in kinds)
    return Mention(left or named.fits, named.typed, levels, shared=named.shared)


def _in_order(path: _Path | None) -> list[_Piece]:
    pieces = []
    while path is not None:
        pieces.append(path.piece)
        path = path.before
    return pieces[::-1]


def _way(path: _Path, spans: _Spans) -> AreaReading:
    mentions: list[Mention] = []
    before: list[Word] = []
    at = unknown = silent = 0
    last: Mention | Around | None = None
    for piece in _in_order(path):
        match piece.what:
            case Mention() as mention:
                mentions.append(mention)
                before += _joined_before(spans, at, silent)
            case Around.OLD | Around.NEW as says if isinstance(last, Mention):
                mentions[-1] = replace(last, says=says)
            case None | Around.STREET:
                unknown += 1
        last = piece.what
        is_silent = last is Around.FILLER and not spans[at][0][1].marks
        silent = silent + piece.length if is_silent else 0
        at += piece.length
    is_address = unknown > 0 and len({each.typed.letters for each in mentions}) == 1
    elsewhere = any(_is_elsewhere(each, is_address) for each in mentions)
    return AreaReading(tuple(mentions), unknown, elsewhere, tuple(before))


def _joined_before(spans: _Spans, at: int, count: int) -> list[Word]:
    """The last two and three of the words before a position, each as one, if there are so many."""
    return [
        spans[at - length][length - 1][1]
        for length in (2, 3)
        if length <= count and length <= len(spans[at - length])
    ]


def _is_elsewhere(mention: Mention, is_address: bool) -> bool:
    """Whether a place outside is named.

    A name that the city shares with one outside is the other's when a level says so that the
    city's has not, and when it is all that is known of an address.
    """
    kinds = {fit.place.kind for fit in mention.fits}
    if PlaceKind.ELSEWHERE in kinds:
        return len(kinds) == 1
    if not mention.shared:
        return False
    if mention.levels & (DISTRICT_LEVELS | {"province"}):
        return kinds <= WARD_LIKE
    return is_address and not mention.levels
