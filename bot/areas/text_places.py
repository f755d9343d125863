"""Find the unit that the text of an opinion names, anywhere in the text.

A review card states what is found here, so precision comes first. A name counts

- if a word of level stands before it ("phường An Biên"), or the name of its former district behind
  it ("Máy Tơ, Ngô Quyền");
- if it is in one of the two lists of plain names in text_words.toml;
- if it is a landmark (see `bot.areas.landmarks`).

A name of a street, a person, a school or a shop does not count: the word before it says so. Names
that stand together are resolved together, by the rules of `bot.areas.resolver`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.gazetteer import WARD_KINDS, PlaceKind, load_gazetteer
from bot.areas.landmarks import LandmarkMatch, load_landmarks
from bot.areas.resolver import resolve_area
from bot.areas.text_mentions import Mention, list_mentions, load_text_words
from bot.areas.text_scanning import Gap, scan_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.areas.text_scanning import ScannedText

_MAX_CHARACTERS = 4096  # of a text; the rest is not read
_MAX_CODES = 12  # units that are offered; a name that fits more tells too little
_QUALIFIERS = frozenset({"cũ", "mới", "cu"})
_MAX_WORDS_BETWEEN = 3  # two names of one address
# Units of a name that narrows another name down. Two districts share land somewhere: this tells
# nothing.
_MAX_NARROW = 3
_MAX_GROUP = 4  # names of one address
_MAX_GROUPS = 20  # addresses of one text; the rest is not resolved


class Sureness(StrEnum):
    """The certainty that a text means a unit."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    """One unit, but the words may mean something else, or are misspelt. It must be asked."""
    SEVERAL = "several"
    """One of several units. It must be asked which."""


@dataclass(frozen=True, slots=True)
class TextPlace:
    """The place that a text names.

    codes:    the codes of the units that can be meant, most likely first; one if it is sure
    words:    the words of the text that name it
    sureness: whether it may be stated, or must be asked
    """

    codes: tuple[str, ...]
    words: str
    sureness: Sureness


class _Finding(NamedTuple):
    """Names that stand together, or a landmark, and the units that they can mean."""

    codes: tuple[str, ...]
    words: str
    is_sure: bool


def find_place_in_text(text: str) -> TextPlace | None:
    """Return the place that a text names, or None. Any text is allowed."""
    scanned = scan_text(text[:_MAX_CHARACTERS])
    landmarks = _list_landmarks(scanned)
    taken = {landmark.start: landmark.end for landmark in landmarks}
    mentions = [mention for mention in list_mentions(scanned, taken) if not mention.is_other]
    findings = [
        finding
        for group in islice(_group_mentions(scanned, mentions), _MAX_GROUPS)
        if (finding := _resolve_group(scanned, group)) is not None
    ]
    findings += [
        _Finding(each.landmark.codes, scanned.cut(each.start, each.end), each.is_sure)
        for each in landmarks
    ]
    return _combine([each for each in findings if 0 < len(each.codes) <= _MAX_CODES])


def _list_landmarks(scanned: ScannedText) -> list[LandmarkMatch]:
    index, is_plain = load_landmarks(), scanned.text.isascii()
    found: list[LandmarkMatch] = []
    start = 0
    while start < len(scanned.letters):
        match = index.match_at(scanned, start, is_plain=is_plain)
        if match is not None and _is_meant(scanned, match):
            found.append(match)
        start = match.end if match is not None else start + 1
    return found


def _is_meant(scanned: ScannedText, match: LandmarkMatch) -> bool:
    """Return True if a landmark is named as a place; a short name needs a sign of it.

    The sign is a capital, or a word of place before it. "cho Do Son" is the market of Đồ Sơn, not
    the chợ Đổ.
    """
    words = load_text_words()
    if words.elsewhere.find_before(scanned, match.start) is not None:
        return False
    if not match.is_short:
        return True
    last = match.end - 1
    longer = "".join(scanned.letters[last : last + 2])
    if scanned.is_phrase(last, last + 2) and longer in load_gazetteer().names:
        return False
    locative = words.locative if match.is_marked else words.plain_locative
    is_located = any(
        phrases.find_before(scanned, match.start) is not None for phrases in (locative, words.near)
    )
    name = min(match.start + 1, last)  # the word behind the word for the kind
    return is_located or scanned.text[scanned.starts[name]].isupper()


def _group_mentions(scanned: ScannedText, mentions: Sequence[Mention]) -> Iterator[list[Mention]]:
    """Yield the mentions that belong to one address together, in order."""
    group: list[Mention] = []
    for mention in mentions:
        is_full = len(group) == _MAX_GROUP
        if group and (is_full or not _is_continued(scanned, group[-1], mention)):
            yield group
            group = []
        group.append(mention)
    if group:
        yield group


def _is_continued(scanned: ScannedText, one: Mention, other: Mention) -> bool:
    """Return True if two mentions belong to one address.

    Only commas and joining words stand between them, and the second one is a larger place, or the
    unit of today that has the land of the first one.
    """
    if one.is_elsewhere is not other.is_elsewhere:
        return False
    if one.letters == other.letters:
        return False
    between = range(one.end, other.first)
    if len(between) > _MAX_WORDS_BETWEEN or Gap.END in scanned.gaps[one.end : other.start + 1]:
        return False
    joining = load_text_words().joining
    if any(not joining.is_at(scanned, index, index + 1) for index in between):
        return False
    return _agrees(one, other) or other.is_outside or _is_larger(other)


def _agrees(one: Mention, other: Mention) -> bool:
    """Return True if a place of the second mention contains one of the first, or shares land."""
    return any(
        place.kind in WARD_KINDS
        and (
            (larger.kind is PlaceKind.DISTRICT and larger.districts & place.districts)
            or (larger.kind is PlaceKind.PROVINCE and larger.provinces & place.provinces)
            or ({place.kind, larger.kind} == WARD_KINDS and set(place.codes) & set(larger.codes))
        )
        for place in one.places
        for larger in other.places
    )


def _is_larger(mention: Mention) -> bool:
    return any(
        place.kind in {PlaceKind.DISTRICT, PlaceKind.PROVINCE, PlaceKind.CITY}
        for place in mention.places
    )


def _resolve_group(scanned: ScannedText, group: list[Mention]) -> _Finding | None:
    """Return what the mentions of an address mean; None if they mean no place of the city."""
    if group[0].is_elsewhere:
        return None
    # A word of level that fits none of the places does not count, but makes the name doubtful.
    fits = all(mention.fits_level for mention in group if mention.levels)
    group = [mention if mention.fits_level else mention.without_level() for mention in group]
    first = group[0]
    agrees = any(_agrees(one, other) for one, other in pairwise(group))
    has_level = any(mention.levels for mention in group)
    is_plain = any(_is_plain(scanned, mention) for mention in group)
    if not (agrees or has_level or is_plain or not first.is_exact):
        return None
    if any(mention.is_outside for mention in group):
        return None
    end = _find_end(scanned, group[-1])
    words = scanned.cut(first.first, end)
    is_office = load_text_words().office.find_before(scanned, first.first) is not None
    codes = _list_codes(words, group, is_office=is_office)
    is_exact = all(mention.is_exact for mention in group)
    is_typed = agrees or has_level or all(m.is_marked or m.is_located for m in group)
    return _Finding(codes, words, is_exact and is_typed and (fits or agrees))


def _list_codes(words: str, group: list[Mention], *, is_office: bool) -> tuple[str, ...]:
    """Return the units that the words of an address can mean.

    `is_office` says that it is the address of the police or of the administration of today.
    """
    resolved = resolve_area(words)
    if resolved.is_outside:
        return ()
    districts = [place for place in group[0].places if place.kind is PlaceKind.DISTRICT]
    if len(group) == 1 and not group[0].levels and districts:
        # Without a level, the name may mean the whole former district.
        codes = (*resolved.codes, *(code for place in districts for code in place.codes))
        return tuple(dict.fromkeys(codes))
    if len(group) == 1 and group[0].levels and not is_office and not words.endswith("mới"):
        return tuple(dict.fromkeys((*resolved.codes, *_list_namesakes(group[0], resolved.codes))))
    return resolved.codes


def _list_namesakes(mention: Mention, codes: tuple[str, ...]) -> Iterator[str]:
    """Yield the units of former wards that have the name and level of one unit of today.

    Residents use the former names. A former ward whose land the unit of today has is no namesake.
    """
    if len(codes) == 1:
        for place in mention.places:
            is_former = place.kind is PlaceKind.FORMER_WARD and place.level in mention.levels
            if is_former and codes[0] not in place.codes:
                yield from place.codes


def _is_plain(scanned: ScannedText, mention: Mention) -> bool:
    """Return True if the name means the place without a word of level."""
    if mention.levels or not mention.is_exact:
        return False
    words = load_text_words()
    letters = "".join(scanned.letters[mention.start : mention.end])
    if mention.is_partial:
        return False
    if letters in words.plain:
        return mention.is_located or mention.is_capital or mention.is_marked
    return letters in words.plain_behind_locative and mention.is_located


def _find_end(scanned: ScannedText, mention: Mention) -> int:
    """Return the end of a mention with the word "cũ" or "mới" behind it."""
    end = mention.end
    if end < len(scanned.letters) and scanned.gaps[end] is Gap.SPACE:
        return end + (scanned.cut(end, end + 1).casefold() in _QUALIFIERS)
    return end


def _combine(findings: Sequence[_Finding]) -> TextPlace | None:
    """Return the place that the findings of a text mean together.

    Findings that can mean the same unit confirm each other. Others are asked between.
    """
    if not findings:
        return None
    sure = [finding for finding in findings if finding.is_sure] or findings
    common = [code for code in sure[0].codes if all(code in other.codes for other in sure)]
    if min(len(finding.codes) for finding in sure) > _MAX_NARROW:
        common = []
    codes = common or list(dict.fromkeys(code for each in sure for code in each.codes))
    named = min(sure, key=lambda finding: len(finding.codes)) if common else sure[0]
    if len(codes) > 1:
        sureness = Sureness.SEVERAL
    else:
        # What follows only from two names that fit several units each is asked.
        is_stated = named.is_sure and len(named.codes) == 1
        sureness = Sureness.SURE if is_stated else Sureness.DOUBTFUL
    return TextPlace(tuple(codes[:_MAX_CODES]), named.words, sureness)
