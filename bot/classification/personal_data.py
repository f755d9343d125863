"""Personal data in what people write: pointed out to them, and hidden where it is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PersonalDataKind(StrEnum):
    """What kind of personal data it is."""

    EMAIL = "email"
    PHONE = "phone"
    PLATE = "plate"
    IDENTITY = "identity"
    PASSPORT = "passport"
    INSURANCE = "insurance"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class PersonalDataSpan:
    """Where in a text personal data stands, and what they are."""

    kind: PersonalDataKind
    begin: int
    end: int


_SEP = r"[ .\-]?"
# The first that fits counts; each is bounded so that no longer number is cut.
_PATTERNS = (
    (PersonalDataKind.EMAIL, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    # Plates: two digits of the province, letters (and a digit on motorcycles), 4 or 5 digits.
    (
        PersonalDataKind.PLATE,
        r"\d{2}[ -]?(?:[A-Z]{1,2}\d?|[A-Z]Đ\d?)[ -]{0,3}\d{3}[. ]?\d{2}|"
        r"\d{2}[ -]?[A-Z]{1,2}\d?[ -]{1,3}\d{4}",
    ),
    # Telephones: mobile numbers have ten digits, beginning 03, 05, 07, 08 or 09; fixed ones 02.
    (PersonalDataKind.PHONE, rf"(?:\+?84|0){_SEP}(?:[35789](?:{_SEP}\d){{8}}|2(?:{_SEP}\d){{9}})"),
    # A citizen's number has 12 digits, the older one 9; a passport a letter and 7 or 8.
    (PersonalDataKind.IDENTITY, r"0\d{2}(?:[ .]?\d{3}){3}"),
    (PersonalDataKind.INSURANCE, r"[A-Z]{2}[ -]?\d(?:[ -]?\d){12}"),
    (PersonalDataKind.PASSPORT, r"[A-Z]\d{7,8}"),
    (
        PersonalDataKind.IDENTITY,
        r"(?<=cmnd )\d{9}|(?<=cmt )\d{9}|(?<=cmnd: )\d{9}|(?<=cmnd số )\d{9}",
    ),
    (
        PersonalDataKind.ACCOUNT,
        r"(?:(?:stk|số tài khoản|so tai khoan|tài khoản|tk)\s*:?\s*(?:số\s*)?)"
        r"\d[\d ]{5,18}\d",
    ),
)
_ANY = re.compile(
    "|".join(
        rf"(?P<{kind}_{number}>(?<![\w+]){pattern}(?![\w]))"
        for number, (kind, pattern) in enumerate(_PATTERNS)
    ),
    re.IGNORECASE,
)
_MARK = "▒▒▒"


def find_personal_data(text: str) -> Sequence[PersonalDataSpan]:
    """The personal data in a text, in order; nothing is found twice."""
    return [
        PersonalDataSpan(
            PersonalDataKind((match.lastgroup or "").rpartition("_")[0]), match.start(), match.end()
        )
        for match in _ANY.finditer(text)
    ]


def hide_personal_data(text: str) -> str:
    """The text with a mark in the place of each."""
    for found in reversed(find_personal_data(text)):
        text = f"{text[: found.begin]}{_MARK}{text[found.end :]}"
    return text
