"""Personal data in what people write: pointed out to them, and hidden where it is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Personal(StrEnum):
    """What kind of personal data it is."""

    EMAIL = "email"
    PHONE = "phone"
    PLATE = "plate"
    IDENTITY = "identity"
    PASSPORT = "passport"
    INSURANCE = "insurance"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Found:
    """Where in a text personal data stands, and what they are."""

    kind: Personal
    begin: int
    end: int


_SEP = r"[ .\-]?"
# The first that fits counts; each is bounded so that no longer number is cut.
_PATTERNS = (
    (Personal.EMAIL, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    # Plates: two digits of the province, letters (and a digit on motorcycles), 4 or 5 digits.
    (Personal.PLATE, r"\d{2}[ -]?(?:[A-Z]{1,2}\d?|[A-Z]Đ\d?)[ -]{0,3}\d{3}[. ]?\d{2}|"
                     r"\d{2}[ -]?[A-Z]{1,2}\d?[ -]{1,3}\d{4}"),
    # Telephones: mobile numbers have ten digits, beginning 03, 05, 07, 08 or 09; fixed ones 02.
    (Personal.PHONE, rf"(?:\+?84|0){_SEP}(?:[35789](?:{_SEP}\d){{8}}|2(?:{_SEP}\d){{9}})"),
    # A citizen's number has 12 digits, the older one 9; a passport a letter and 7 or 8.
    (Personal.IDENTITY, r"0\d{2}(?:[ .]?\d{3}){3}"),
    (Personal.INSURANCE, r"[A-Z]{2}[ -]?\d(?:[ -]?\d){12}"),
    (Personal.PASSPORT, r"[A-Z]\d{7,8}"),
    (Personal.IDENTITY, r"(?<=cmnd )\d{9}|(?<=cmt )\d{9}|(?<=cmnd: )\d{9}|(?<=cmnd số )\d{9}"),
    (Personal.ACCOUNT, r"(?:(?:stk|số tài khoản|so tai khoan|tài khoản|tk)\s*:?\s*(?:số\s*)?)"
                       r"\d[\d ]{5,18}\d"),
)  # fmt: skip
_ANY = re.compile(
    "|".join(
        rf"(?P<{kind}_{number}>(?<![\w+]){pattern}(?![\w]))"
        for number, (kind, pattern) in enumerate(_PATTERNS)
    ),
    re.IGNORECASE,
)
_MARK = "▒▒▒"


def find(text: str) -> Sequence[Found]:
    """The personal data in a text, in order; nothing is found twice."""
    return [
        Found(Personal((match.lastgroup or "").rpartition("_")[0]), match.start(), match.end())
        for match in _ANY.finditer(text)
    ]


def hidden(text: str) -> str:
    """The text with a mark in the place of each."""
    for found in reversed(find(text)):
        text = f"{text[: found.begin]}{_MARK}{text[found.end :]}"
    return text
