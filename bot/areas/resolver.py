"""Resolve a typed address to the units of today that it can mean.

If several units fit, all of them are returned, so that the resident can choose. The rules apply in
this order:

1. If a place outside the city is named, no unit is returned.
2. The parses that explain most of the words count. A typing error costs less than a word that stays
   unexplained.
3. Of the places of a name, those count that agree with most of the other names. A ward agrees with
   its former district and former province. A former ward agrees with the unit that received its
   land, and then only this unit is returned.
4. A place is dropped if another place of the same name fits the word of level and the diacritics
   no worse, and one of them better. If both fit equally, today's unit is preferred to a former ward
   in two cases: a word of level completes its name, or it has land of the former ward. Otherwise
   both are returned, today's unit first.
5. A district is returned only if it is clearly meant: by a word of level, by "old", or because an
   unknown word is in the address too. Otherwise its name means the unit of today with this name.

If the names contradict each other, the places of all names are returned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.former_units import FormerDistrict, FormerWard
from bot.areas.gazetteer import WARD_KINDS, ContextWord, PlaceKind, load_gazetteer
from bot.areas.name_matching import NameMatch, PlaceMatch, match_misspelt_name
from bot.areas.parser import AddressParse, parse_tokens
from bot.areas.tokens import COMPATIBLE_MARKS, tokenize_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.areas.gazetteer import Place

_MAX_CHARACTERS = 400  # of a text in which areas are looked for


@dataclass(frozen=True, slots=True)
class AreaCandidate:
    """A unit that can be meant: its code, and the former unit whose name was typed, if any."""

    code: str
    former: FormerWard | FormerDistrict | None = None


@dataclass(frozen=True, slots=True)
class ResolvedArea:
    """The units that can be meant, most likely first; empty if none is known.

    is_outside:  True if there are none because a place outside the city is named
    is_misspelt: True if none of the names is spelled as typed, so that they must be asked for
    """

    candidates: tuple[AreaCandidate, ...]
    is_outside: bool = False
    is_misspelt: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the candidates, most likely first."""
        return tuple(candidate.code for candidate in self.candidates)


def resolve_area(typed: str) -> ResolvedArea:
    """Return the units that a typed address can mean. Any text is allowed."""
    parses = parse_tokens(tokenize_text(typed[:_MAX_CHARACTERS]), load_gazetteer())
    local = [parse for parse in parses if not parse.is_outside]
    ranked = [
        place
        for parse_number, parse in enumerate(local)
        for place in _rank_places(parse, parse_number)
    ]
    best = [each for each in ranked if not any(other.outranks(each) for other in ranked)]
    return ResolvedArea(
        _list_candidates(best),
        is_outside=bool(parses) and not local,
        is_misspelt=bool(best) and all(each.is_misspelt for each in best),
    )


def _list_candidates(best: list[_RankedPlace]) -> tuple[AreaCandidate, ...]:
    """Return one candidate for each unit of the places."""
    best.sort(
        key=lambda each: (
            each.level_mismatch + each.marks,
            each.former_rank,
            each.place.kind is not PlaceKind.UNIT,
        )
    )
    candidates: dict[str, tuple[tuple[int, int, str], AreaCandidate]] = {}
    for each in best:
        for code in each.codes:
            rank = (each.level_mismatch + each.marks, each.former_rank, code)
            candidates.setdefault(code, (rank, AreaCandidate(code, each.place.former)))
    return tuple(candidate for _rank, candidate in sorted(candidates.values(), key=itemgetter(0)))


class _RankedPlace(NamedTuple):
    """A place that a name can stand for, and its ranks. In every rank lower is better.

    codes:          the units of the place; narrowed to a unit that is named too
    name_id:        the number of the parse, and the number of the name in it
    letters:        the letters of the name
    agreement:      how many other names agree with the place, and how strongly, both negative
    level_mismatch: 1 if the word of level before the name is another than the place's
    marks:          how well the diacritics agree, as `compare_marks` returns it
    former_rank:    1 if it is a former ward without its district or province
    has_level:      True if a word of level stands before the name
    is_misspelt:    True if the name has other letters or other diacritics than typed
    """

    codes: tuple[str, ...]
    place: Place
    name_id: tuple[int, int]
    letters: str
    agreement: tuple[int, int]
    level_mismatch: int
    marks: int
    former_rank: int
    has_level: bool
    is_misspelt: bool

    def outranks(self, other: _RankedPlace) -> bool:
        """Return True if the other place must be dropped because of this one: rules 3 and 4."""
        if self.agreement != other.agreement:
            return self.agreement < other.agreement
        if self.name_id != other.name_id:
            return False
        if self.level_mismatch > other.level_mismatch or self.marks > other.marks:
            return False
        if (self.level_mismatch, self.marks) != (other.level_mismatch, other.marks):
            return True
        is_newer_namesake = self.letters == other.letters and self.former_rank < other.former_rank
        has_its_land = not set(self.codes).isdisjoint(other.codes)
        return is_newer_namesake and (self.has_level or has_its_land)


def _rank_places(parse: AddressParse, parse_number: int) -> list[_RankedPlace]:
    """Return the places that can be meant by the names of a parse."""
    names = [_apply_qualifier(name) for name in parse.names if not _is_city(name)]
    ranked = []
    for number, name in enumerate(names):
        others = names[:number] + names[number + 1 :]
        ranked += [
            _rank_match(match, name, others, (parse_number, number))
            for match in name.matches
            if match.place.kind in WARD_KINDS
            or (match.place.kind is PlaceKind.DISTRICT and _is_district_meant(name, parse))
        ]
    ranked += _rank_doubtful_words(parse, names, parse_number)
    if len(names) > 1 and not any(each.agreement[0] for each in ranked):
        ranked += _rank_misspelt_names(names, parse_number)
    return ranked


def _rank_doubtful_words(
    parse: AddressParse, names: list[NameMatch], parse_number: int
) -> Iterator[_RankedPlace]:
    """Yield the wards that the doubtful words name, misspelt, and that another name agrees with.

    The agreement is set to 0: they are offered beside the names that were parsed, not instead.
    """
    for number, token in enumerate(parse.doubtful, len(names)):
        name = NameMatch((), token)
        for match in match_misspelt_name(token, load_gazetteer())[1]:
            ranked = _rank_match(match, name, names, (parse_number, number))
            if match.place.kind in WARD_KINDS and ranked.agreement[0]:
                yield ranked._replace(agreement=(0, 0))


def _rank_misspelt_names(names: list[NameMatch], parse_number: int) -> Iterator[_RankedPlace]:
    """Yield the wards that a name with a typing error gives, if another name agrees with them.

    It is for names that contradict each other. The agreement is set to 0: the wards are offered
    beside those that were typed, not instead.
    """
    for number, name in enumerate(names):
        others = names[:number] + names[number + 1 :]
        for match in match_misspelt_name(name.typed, load_gazetteer())[1]:
            if match.place.kind in WARD_KINDS:
                ranked = _rank_match(match, name, others, (parse_number, number))
                if ranked.agreement[0]:
                    yield ranked._replace(agreement=(0, 0))


def _is_city(name: NameMatch) -> bool:
    return all(match.place.kind is PlaceKind.CITY for match in name.matches)


def _apply_qualifier(name: NameMatch) -> NameMatch:
    """Return a name with the places that "old" or "new" leaves; with all if it leaves none."""
    if name.qualifier is None:
        return name
    is_new = name.qualifier is ContextWord.NEW
    fitting = tuple(
        match for match in name.matches if (match.place.kind is PlaceKind.UNIT) is is_new
    )
    return replace(name, matches=fitting or name.matches)


def _is_district_meant(name: NameMatch, parse: AddressParse) -> bool:
    """Return True if the name can stand for the district and not only for the unit: rule 5."""
    if all(match.place.kind is PlaceKind.DISTRICT for match in name.matches):
        return True
    return not name.levels and (name.qualifier is ContextWord.OLD or parse.unknown_count > 0)


def _rank_match(
    match: PlaceMatch, name: NameMatch, others: Sequence[NameMatch], name_id: tuple[int, int]
) -> _RankedPlace:
    """Return a place of a name with its ranks. `others` are the other names of the parse."""
    place = match.place
    agreements = [_compare_name(place, other) for other in others]
    codes = place.codes
    for other, agreement in zip(others, agreements, strict=True):
        if agreement is _Agreement.SHARED_LAND:
            units = {
                other_match.place.codes[0]
                for other_match in other.matches
                if other_match.place.kind is PlaceKind.UNIT
            }
            codes = tuple(code for code in codes if code in units) or codes
    # A resident who names the former district or province means the former ward.
    is_former = place.kind is PlaceKind.FORMER_WARD and _Agreement.LIES_IN not in agreements
    fits_level = place.kind is PlaceKind.DISTRICT or place.level in (name.levels or {place.level})
    return _RankedPlace(
        codes,
        place,
        name_id,
        match.letters,
        agreement=(-sum(agreement > 0 for agreement in agreements), -sum(agreements)),
        level_mismatch=int(not fits_level),
        marks=match.marks,
        former_rank=int(is_former),
        has_level=bool(name.levels),
        is_misspelt=match.letters != name.typed.letters or match.marks > COMPATIBLE_MARKS,
    )


class _Agreement(IntEnum):
    """The strength with which another name agrees with a place."""

    NONE = 0
    SHARED_LAND = 1
    """One is a unit and the other a former ward, and they share land."""
    LIES_IN = 2
    """The other name is the former district or province in which the place lies."""


def _compare_name(place: Place, other: NameMatch) -> _Agreement:
    """Return the strongest agreement of another name with a place."""
    if place.kind not in WARD_KINDS:
        return _Agreement.NONE
    return max(
        (_compare_place(place, match.place) for match in other.matches), default=_Agreement.NONE
    )


def _compare_place(place: Place, other: Place) -> _Agreement:
    """Return the agreement of another place with a unit or former ward."""
    if other.kind is PlaceKind.DISTRICT and other.districts & place.districts:
        return _Agreement.LIES_IN
    if other.kind is PlaceKind.PROVINCE and other.provinces & place.provinces:
        return _Agreement.LIES_IN
    if {place.kind, other.kind} == WARD_KINDS and set(place.codes) & set(other.codes):
        return _Agreement.SHARED_LAND
    return _Agreement.NONE
