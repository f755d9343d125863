"""Parse the tokens of an address into names of places and the words around them.

The tokens are divided into segments: a name with or without its word of level, a context word, or
an unknown token. Each segment has a cost. The divisions with the lowest total cost are found by
dynamic programming.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.gazetteer import DISTRICT_LEVELS, WARD_KINDS, ContextWord, Place, PlaceKind
from bot.areas.name_matching import (
    COST_INITIALS,
    COST_PARTIAL_NAME,
    NameMatch,
    NameSpan,
    PlaceMatch,
    apply_levels,
    list_exact_names,
    list_misspelt_names,
)
from bot.areas.tokens import COMPATIBLE_MARKS, VOWELS, Token, compare_marks, join_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.areas.gazetteer import Gazetteer

# The costs of segments; see bot.areas.name_matching for those of names. An unknown token costs more
# than two typing errors.
_COST_STREET = 1
_COST_CONTEXT = 3
_COST_LEVEL_WITHOUT_NAME = 10
_COST_UNKNOWN = 20

_MAX_TOKENS = 40  # of a text; the rest is ignored
_MAX_SPAN_TOKENS = 4  # of one name
_MAX_PARSES = 4  # that are kept, the best ones


@dataclass(frozen=True, slots=True)
class AddressParse:
    """One parse of a text.

    names:         the names, in order
    unknown_count: the number of unknown tokens and of streets, which do not tell the unit
    is_outside:    True if it contains a place outside the city
    doubtful:      for each name, the last two and the last three filler words before it (without
                   diacritics), each joined to one token; this may be a misspelt name ("truong to"
                   is Trường Thọ)
    """

    names: tuple[NameMatch, ...]
    unknown_count: int
    is_outside: bool
    doubtful: tuple[Token, ...]


class _Segment(NamedTuple):
    """Tokens with one meaning: a name, a context word, or (None) an unknown token."""

    length: int
    cost: int
    content: NameMatch | ContextWord | None


class _Path(NamedTuple):
    """The segments up to a token, as a linked list from the last one to the first one."""

    previous: _Path | None
    segment: _Segment


_Spans = list[list[tuple[int, Token]]]
"""For each token, the spans that begin there: the number of tokens, and the tokens joined."""
_NameSpans = list[list[NameSpan]]
"""For each token, the names that begin there."""


def parse_tokens(tokens: Sequence[Token], gazetteer: Gazetteer) -> list[AddressParse]:
    """Return the parses with the lowest cost, at most four.

    Typing errors are considered only for tokens that are doubtful in the parses without them.
    """
    tokens = tokens[:_MAX_TOKENS]
    spans = [list(_list_spans(tokens, start)) for start in range(len(tokens))]
    names = [list(list_exact_names(spans_here, gazetteer)) for spans_here in spans]
    paths = _find_cheapest_paths(spans, names, gazetteer)
    doubtful = _list_doubtful_tokens(paths, len(spans))
    if doubtful:
        misspelt = [
            list(list_misspelt_names(spans_here, doubtful, start, gazetteer))
            for start, spans_here in enumerate(spans)
        ]
        if any(misspelt):
            names = [[*exact, *more] for exact, more in zip(names, misspelt, strict=True)]
            paths = _find_cheapest_paths(spans, names, gazetteer)
    return [_build_parse(path, spans) for path in paths]


def _list_spans(tokens: Sequence[Token], start: int) -> Iterator[tuple[int, Token]]:
    """Yield the spans of one to four tokens from `start` on, without a separator inside."""
    yield 1, tokens[start]
    for length in range(2, min(_MAX_SPAN_TOKENS, len(tokens) - start) + 1):
        if tokens[start + length - 1].after_separator:
            return
        yield length, join_tokens(tokens[start : start + length])


def _list_doubtful_tokens(paths: list[_Path], token_count: int) -> set[int]:
    """Return the indexes of the tokens that may be misspelt.

    These are unknown tokens, levels without a name, partial names, and initials without a name
    before them. If a path has no name, all tokens are doubtful.
    """
    doubtful: set[int] = set()
    for path in paths:
        start, has_name = 0, False
        for segment in _list_segments(path):
            is_name = isinstance(segment.content, NameMatch)
            is_weak = segment.cost >= (COST_PARTIAL_NAME if has_name else COST_INITIALS)
            is_level = (
                segment.content is ContextWord.FILLER and segment.cost == _COST_LEVEL_WITHOUT_NAME
            )
            if segment.content is None or is_level or (is_name and is_weak):
                doubtful.update(range(start, start + segment.length))
            has_name = has_name or is_name
            start += segment.length
        if not has_name:
            return set(range(token_count))
    return doubtful


def _find_cheapest_paths(spans: _Spans, names: _NameSpans, gazetteer: Gazetteer) -> list[_Path]:
    """Return the paths through all tokens with the lowest cost, at most four.

    There is always one, since every token can be an unknown one.
    """
    best: list[tuple[int, list[_Path]]] = [(0, [])]
    best += [(_COST_UNKNOWN * (len(spans) + 1), [])] * len(spans)
    for start in range(len(spans)):
        cost, paths = best[start]
        previous_paths: Sequence[_Path | None] = paths or (None,)
        for segment in _list_next_segments(spans, start, names, gazetteer):
            end = start + segment.length
            total = cost + segment.cost
            if total <= best[end][0]:
                extended = [_Path(previous, segment) for previous in previous_paths]
                equally_cheap = best[end][1] if total == best[end][0] else []
                best[end] = (total, (equally_cheap + extended)[:_MAX_PARSES])
    return best[-1][1]


def _list_next_segments(
    spans: _Spans, start: int, names: _NameSpans, gazetteer: Gazetteer
) -> Iterator[_Segment]:
    """Yield the segments that can begin at a token."""
    yield _UNKNOWN_TOKEN
    if spans[start][0][1].letters.isdigit():
        yield _Segment(1, _COST_CONTEXT, ContextWord.FILLER)
    for name in names[start]:
        yield _Segment(name.length, name.cost, apply_levels(name))
    for length, span in spans[start]:
        end = start + length
        # A word before a separator does not belong to the name behind the separator.
        is_continued = end < len(spans) and not spans[end][0][1].after_separator
        next_names = names[end] if is_continued else []
        for word, kind in gazetteer.context_words.get(span.letters, ()):
            if _is_same_word(span, word):
                yield from _list_context_segments(length, kind, next_names)
        if span.letters in gazetteer.levels:
            word, levels = gazetteer.levels[span.letters]
            if _is_same_word(span, word):
                yield from _list_level_segments(length, levels, next_names)
                if is_continued and spans[end][0][1].letters.isdigit():
                    yield _Segment(length + 1, _COST_CONTEXT, _NUMBERED_UNIT)


def _list_context_segments(
    length: int, kind: ContextWord, next_names: list[NameSpan]
) -> Iterator[_Segment]:
    """Yield a context word alone, and a street with its name.

    A street's word without a name, as in "lane 5", is a filler.
    """
    yield _Segment(
        length, _COST_CONTEXT, ContextWord.FILLER if kind is ContextWord.STREET else kind
    )
    if kind is ContextWord.STREET:
        for name in next_names:
            yield _Segment(length + name.length, _COST_STREET + name.cost, kind)


def _list_level_segments(
    length: int, levels: frozenset[str], next_names: list[NameSpan]
) -> Iterator[_Segment]:
    """Yield a word of level alone, and with each name behind it."""
    yield _Segment(length, _COST_LEVEL_WITHOUT_NAME, ContextWord.FILLER)
    for name in next_names:
        yield _Segment(length + name.length, name.cost, apply_levels(name, levels))


_UNKNOWN_TOKEN = _Segment(1, _COST_UNKNOWN, None)
# The city has no ward or district with a number for a name, so such a unit is outside the city.
_NUMBERED_UNIT = NameMatch(
    (PlaceMatch(Place(PlaceKind.OUTSIDE, (), ""), COMPATIBLE_MARKS, ""),), Token("", ())
)


def _is_same_word(span: Token, word: Token) -> bool:
    """Return True if the diacritics allow that `span` is the word.

    A single consonant needs equal marks: d is not the đ that stands for a street.
    """
    is_consonant = len(word.letters) == 1 and word.letters not in VOWELS
    if is_consonant:
        return span.marks == word.marks
    return compare_marks(span, word) <= COMPATIBLE_MARKS


def _list_segments(path: _Path | None) -> list[_Segment]:
    """Return the segments of a path, first to last."""
    segments = []
    while path is not None:
        segments.append(path.segment)
        path = path.previous
    return segments[::-1]


def _build_parse(path: _Path, spans: _Spans) -> AddressParse:
    """Return the parse of a path."""
    names: list[NameMatch] = []
    doubtful: list[Token] = []
    start = unknown_count = filler_length = 0
    previous: NameMatch | ContextWord | None = None
    for segment in _list_segments(path):
        match segment.content:
            case NameMatch() as name:
                names.append(name)
                doubtful += _join_tokens_before(spans, start, filler_length)
            case ContextWord.OLD | ContextWord.NEW as qualifier if isinstance(previous, NameMatch):
                names[-1] = replace(previous, qualifier=qualifier)
            case None | ContextWord.STREET:
                unknown_count += 1
        previous = segment.content
        is_doubtful = previous is ContextWord.FILLER and not spans[start][0][1].marks
        filler_length = filler_length + segment.length if is_doubtful else 0
        start += segment.length
    is_only_name = unknown_count > 0 and len({name.typed.letters for name in names}) == 1
    is_outside = any(_is_outside_city(name, is_only_name) for name in names)
    return AddressParse(tuple(names), unknown_count, is_outside, tuple(doubtful))


def _join_tokens_before(spans: _Spans, end: int, count: int) -> list[Token]:
    """Return the last two and the last three of the `count` tokens before `end`, each joined."""
    return [
        spans[end - length][length - 1][1]
        for length in (2, 3)
        if length <= count and length <= len(spans[end - length])
    ]


def _is_outside_city(name: NameMatch, is_only_name: bool) -> bool:
    """Return True if a name stands for a place outside the city.

    An ambiguous name stands for the place outside if its word of level does not fit the place in
    the city. It also does if it is the only known name in an address and has no word of level.
    """
    kinds = {match.place.kind for match in name.matches}
    if PlaceKind.OUTSIDE in kinds:
        return len(kinds) == 1
    if not name.is_ambiguous:
        return False
    if name.levels & (DISTRICT_LEVELS | {"province"}):
        return kinds <= WARD_KINDS
    return is_only_name and not name.levels
