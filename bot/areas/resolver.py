"""Which units of today a person may mean by what was typed.

Decided by evidence only: where it fits several units all of them are returned, to be asked. For a
name that is read in one place the rules are, in this order:

1. It is no answer when a place outside the city is named.
2. The reading counts that explains most of the words; a typing error costs less than a word that
   stays unexplained.
3. Of what a name may stand for, that counts which most of the other names agree with: a ward with
   its former district or province, or with the unit that its land went to (which narrows it).
4. Then a reading is dropped when another of the same name fits no worse the word of level and the
   diacritics, and fits one of them better. Where they fit alike, the unit of today goes before a
   ward of before if a word of level says its full name, or if it has land of that ward, whose name
   it carries on; otherwise both are asked, today's first.
5. A district of before is meant only when it is said: by a word of level, by "old", or by standing
   behind a name that is not known. Otherwise its name is that of the unit of today.

Names that contradict each other are all kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.former import District, FormerWard
from bot.areas.gazetteer import WARD_LIKE, Around, PlaceKind, load_gazetteer
from bot.areas.reading import AreaReading, Fit, Mention, list_misspelt, list_readings
from bot.areas.spelling import split_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.areas.gazetteer import Place

_MOST_LETTERS = 400


@dataclass(frozen=True, slots=True)
class AreaCandidate:
    """A unit that may be meant; `former` is what it was called by, if by a name of before."""

    code: str
    former: FormerWard | District | None = None


@dataclass(frozen=True, slots=True)
class ResolvedArea:
    """The units that the evidence fits, best first: one is sure, several must be asked, none known.

    `elsewhere` says that there are none because a place outside the city is named.
    """

    candidates: tuple[AreaCandidate, ...]
    elsewhere: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the candidates."""
        return tuple(each.code for each in self.candidates)


def resolve_area(typed: str) -> ResolvedArea:
    """The units that may be meant. Total on any text."""
    found = list_readings(split_words(typed[:_MOST_LETTERS]), load_gazetteer())
    local = [way for way in found if not way.elsewhere]
    candidates = _candidates(
        [reading for number, way in enumerate(local) for reading in _readings(way, number)]
    )
    return ResolvedArea(candidates, elsewhere=bool(found) and not local)


def _candidates(readings: list[_Reading]) -> tuple[AreaCandidate, ...]:
    left = [one for one in readings if not any(other.beats(one) for other in readings)]
    left.sort(
        key=lambda one: (one.level + one.accents, one.older, one.place.kind is not PlaceKind.UNIT)
    )
    found: dict[str, tuple[tuple[int, int, str], AreaCandidate]] = {}
    for one in left:
        for code in one.codes:
            rank = (one.level + one.accents, one.older, code)
            found.setdefault(code, (rank, AreaCandidate(code, one.place.former)))
    return tuple(candidate for _rank, candidate in sorted(found.values(), key=itemgetter(0)))


class _Reading(NamedTuple):
    """A place that a name may stand for, and what speaks for it; of every rank lower is better.

    agreeing: how many other names agree with it, and how strongly; both negative
    """

    codes: tuple[str, ...]
    place: Place
    name: tuple[int, int]  # which: the way to read, and the mention in it
    letters: str
    agreeing: tuple[int, int]
    level: int
    accents: int
    older: int
    has_level: bool

    def beats(self, other: _Reading) -> bool:
        """Whether nothing speaks for the other that does not speak for this one as well."""
        if self.agreeing != other.agreeing:
            return self.agreeing < other.agreeing
        if self.name != other.name or self.level > other.level or self.accents > other.accents:
            return False
        if (self.level, self.accents) != (other.level, other.accents):
            return True
        is_namesake = self.letters == other.letters and self.older < other.older
        return is_namesake and (self.has_level or not set(self.codes).isdisjoint(other.codes))


def _readings(way: AreaReading, number: int) -> list[_Reading]:
    mentions = [_of_then_or_now(each) for each in way.mentions if not _is_city(each)]
    found = []
    for at, mention in enumerate(mentions):
        others = mentions[:at] + mentions[at + 1 :]
        found += [
            _reading(fit, mention, others, (number, at))
            for fit in mention.fits
            if fit.place.kind in WARD_LIKE
            or (fit.place.kind is PlaceKind.DISTRICT and _says_district(mention, way))
        ]
    found += _hidden(way, mentions, number)
    if len(mentions) > 1 and not any(one.agreeing[0] for one in found):
        found += _agreeing_if_misspelt(mentions, number)
    return found


def _hidden(way: AreaReading, mentions: list[Mention], number: int) -> Iterator[_Reading]:
    """Misspelt names of which only words that say nothing are left, if another name agrees.

    They are asked beside what is read, so that they count as agreeing no more than that does.
    """
    for at, word in enumerate(way.before):
        mention = Mention((), word)
        for fit in list_misspelt(word, load_gazetteer())[1]:
            reading = _reading(fit, mention, mentions, (number, len(mentions) + at))
            if fit.place.kind in WARD_LIKE and reading.agreeing[0]:
                yield reading._replace(agreeing=(0, 0))


def _agreeing_if_misspelt(mentions: list[Mention], number: int) -> Iterator[_Reading]:
    """Where names contradict each other: what one may be by an error that the others agree with.

    It is asked beside what was typed, so it counts as agreeing no more than that does.
    """
    for at, mention in enumerate(mentions):
        others = mentions[:at] + mentions[at + 1 :]
        for fit in list_misspelt(mention.typed, load_gazetteer())[1]:
            if fit.place.kind in WARD_LIKE:
                reading = _reading(fit, mention, others, (number, at))
                if reading.agreeing[0]:
                    yield reading._replace(agreeing=(0, 0))


def _is_city(mention: Mention) -> bool:
    return all(fit.place.kind is PlaceKind.CITY for fit in mention.fits)


def _of_then_or_now(mention: Mention) -> Mention:
    """What "old" or "new" behind a name leaves; all of it if that leaves nothing."""
    if mention.says is None:
        return mention
    is_new = mention.says is Around.NEW
    left = tuple(fit for fit in mention.fits if (fit.place.kind is PlaceKind.UNIT) is is_new)
    return replace(mention, fits=left or mention.fits)


def _says_district(mention: Mention, way: AreaReading) -> bool:
    if all(fit.place.kind is PlaceKind.DISTRICT for fit in mention.fits):
        return True
    return not mention.levels and (mention.says is Around.OLD or way.unknown > 0)


def _reading(
    fit: Fit, mention: Mention, others: Sequence[Mention], name: tuple[int, int]
) -> _Reading:
    place = fit.place
    agreements = [_agreement(place, other) for other in others]
    codes = place.codes
    for other, agreement in zip(others, agreements, strict=True):
        if agreement is _Agreement.LAND:
            now = {each.place.codes[0] for each in other.fits if each.place.kind is PlaceKind.UNIT}
            codes = tuple(code for code in codes if code in now) or codes
    # Who names the district names the ward of then.
    is_older = place.kind is PlaceKind.FORMER and _Agreement.RELATED not in agreements
    is_of_level = place.kind is PlaceKind.DISTRICT or place.level in (
        mention.levels or {place.level}
    )
    return _Reading(
        codes,
        place,
        name,
        fit.letters,
        agreeing=(-sum(each > 0 for each in agreements), -sum(agreements)),
        level=int(not is_of_level),
        accents=fit.accents,
        older=int(is_older),
        has_level=bool(mention.levels),
    )


class _Agreement(IntEnum):
    """How strongly another name agrees with a place."""

    NONE = 0
    LAND = 1  # the land of one is, or is in part, that of the other
    RELATED = 2  # the place lay in that district or province


def _agreement(place: Place, other: Mention) -> _Agreement:
    if place.kind not in WARD_LIKE:
        return _Agreement.NONE
    return max((_agrees(place, each.place) for each in other.fits), default=_Agreement.NONE)


def _agrees(place: Place, context: Place) -> _Agreement:
    if context.kind is PlaceKind.DISTRICT and context.districts & place.districts:
        return _Agreement.RELATED
    if context.kind is PlaceKind.PROVINCE and context.provinces & place.provinces:
        return _Agreement.RELATED
    if {place.kind, context.kind} == WARD_LIKE and set(place.codes) & set(context.codes):
        return _Agreement.LAND
    return _Agreement.NONE
