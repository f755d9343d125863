"""Texts that only name a place: "Lê Chân", "ngõ 12 lê lợi", "an duong le chan hai phong".

Such an answer to a question says nothing else, whatever the model of texts makes of its letters.
"""

from __future__ import annotations

import re
from functools import cache

from bot.areas.former_units import list_former_wards, map_former_districts
from bot.areas.landmarks import list_landmarks
from bot.areas.units import list_units
from bot.core.text_folding import fold_text

# Words beside the names of an address.
_OF_ADDRESSES = frozenset(
    {
        "phuong", "xa", "dac", "khu", "quan", "huyen", "thi", "tran", "thanh", "pho", "hai",
        "phong", "tp", "tt", "o", "tai", "so", "nha", "ngo", "ngach", "hem", "duong", "thon",
        "xom", "to", "cu", "ward", "commune", "street",
    }
)  # fmt: skip
_MAX_WORDS = 15


def is_only_places(text: str) -> bool:
    """Return True if every word of a text belongs to the name of a place or to an address.

    Upper case and diacritics are ignored.
    """
    words = re.findall(r"\w+", fold_text(text))
    if not words or len(words) > _MAX_WORDS:
        return False
    names = _list_names()
    # The numbers of words from the beginning that are covered, and whether a name is among them.
    covered: dict[int, bool] = {0: False}
    for start in range(len(words)):
        if start not in covered:
            continue
        if words[start] in _OF_ADDRESSES or words[start][0].isdecimal():
            is_numbered = words[start][0].isdecimal() and start > 0  # "ngõ 12"
            covered[start + 1] = covered.get(start + 1, False) or covered[start] or is_numbered
        for end in range(start + 1, len(words) + 1):
            if tuple(words[start:end]) in names:
                covered[end] = True
    return covered.get(len(words), False)


@cache
def _list_names() -> frozenset[tuple[str, ...]]:
    names = {unit.name for unit in list_units()}
    names |= {ward.name for ward in list_former_wards()} | set(map_former_districts())
    names |= {name for each in list_landmarks() for name in (each.name, *each.also)}
    return frozenset(tuple(re.findall(r"\w+", fold_text(name))) for name in names)
