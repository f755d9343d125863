"""Names of police units of the city, in what is typed as another agency."""

from __future__ import annotations

import re

from bot.core.text_folding import fold_text
from bot.core.visible_text import clean_name

_POLICE = re.compile(
    r"\b(cong an|canh sat|ca (phuong|xa|quan|huyen|thanh pho|hai phong)|ca ?tp|csgt|cshs|pccc)\b"
)
_ABBREVIATION = re.compile(r"\bC\.?A\.? ?(P|X|TP|H|Q)?\b")  # as people write it, in capitals
# Police that is not of this city: of the ministry, of provinces, of the other large cities.
_ELSEWHERE = re.compile(
    r"\b(bo cong an|tinh [^\W\d_]{2,}"
    r"|(thanh pho|tp\.?) ?(ha noi|ho chi minh|hcm|da nang|can tho|hue))\b"
)


def names_city_police(text: str) -> bool:
    """Return True if a text names police, and not that of the ministry or of another province.

    A police unit of the city gets a case by the action "route", which keeps its lane.
    """
    plain = clean_name(text)
    folded = " ".join(fold_text(plain).split())
    is_police = _POLICE.search(folded) or _ABBREVIATION.search(plain)
    return bool(is_police) and not _ELSEWHERE.search(folded)
