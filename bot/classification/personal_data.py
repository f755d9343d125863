"""Find personal data in texts, to warn the writer and to hide them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.core.phone_numbers import find_phone_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence


class PersonalDataKind(StrEnum):
    """The kinds of personal data; `bot/texts` names them under "feedback.personal.kind"."""

    EMAIL = "email"
    PHONE = "phone"
    PLATE = "plate"  # of a vehicle
    IDENTITY = "identity"  # the number of an identity card
    PASSPORT = "passport"
    INSURANCE = "insurance"  # the number of a health insurance card
    ACCOUNT = "account"  # the number of a bank account


@dataclass(frozen=True, slots=True)
class PersonalDataSpan:
    """Personal data in a text: its kind, and its first and (exclusive) last character index."""

    kind: PersonalDataKind
    start: int
    end: int


_SEPARATOR = r"[ .\-]?"
# At each place of the text the first matching pattern counts. A pattern never matches a part of a
# longer number.
_PATTERNS = (
    (PersonalDataKind.EMAIL, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    # Number plates: two digits of the province, letters (and a digit on motorcycles), and 4 or 5
    # digits.
    (
        PersonalDataKind.PLATE,
        r"\d{2}[ -]?(?:[A-Z]{1,2}\d?|[A-Z]Đ\d?)[ -]{0,3}\d{3}[. ]?\d{2}|"
        r"\d{2}[ -]?[A-Z]{1,2}\d?[ -]{1,3}\d{4}",
    ),
    # Telephone numbers: mobile numbers have ten digits and begin with 03, 05, 07, 08 or 09.
    # Landline numbers have eleven digits and begin with 02.
    (
        PersonalDataKind.PHONE,
        rf"(?:\+?84|0){_SEPARATOR}"
        rf"(?:[35789](?:{_SEPARATOR}\d){{8}}|2(?:{_SEPARATOR}\d){{9}})",
    ),
    # Citizen identity numbers have 12 digits.
    (PersonalDataKind.IDENTITY, r"0\d{2}(?:[ .]?\d{3}){3}"),
    (PersonalDataKind.INSURANCE, r"[A-Z]{2}[ -]?\d(?:[ -]?\d){12}"),
    # Passport numbers have a letter and 7 or 8 digits.
    (PersonalDataKind.PASSPORT, r"[A-Z]\d{7,8}"),
    # Older identity numbers have 9 digits, so they are recognized only behind their name.
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
_ANY_PATTERN = re.compile(
    "|".join(
        rf"(?P<{kind}_{number}>(?<![\w+]){pattern}(?![\w]))"
        for number, (kind, pattern) in enumerate(_PATTERNS)
    ),
    re.IGNORECASE,
)
_REPLACEMENT = "▒▒▒"  # what stands for hidden personal data


def find_personal_data(text: str) -> Sequence[PersonalDataSpan]:
    """Return the personal data in a text, in order and without overlaps.

    Telephone numbers that begin with a zero, 84 or a plus are found in old forms too, and in digits
    of other scripts.
    """
    found = [
        PersonalDataSpan(
            PersonalDataKind((match.lastgroup or "").rpartition("_")[0]), match.start(), match.end()
        )
        for match in _ANY_PATTERN.finditer(text)
    ]
    for start, end, _number in find_phone_numbers(text):
        if not any(span.start < end and start < span.end for span in found):
            found.append(PersonalDataSpan(PersonalDataKind.PHONE, start, end))
    return sorted(found, key=lambda span: span.start)


def hide_personal_data(text: str) -> str:
    """Return the text with all personal data replaced by a mark."""
    for span in reversed(find_personal_data(text)):
        text = f"{text[: span.start]}{_REPLACEMENT}{text[span.end :]}"
    return text
