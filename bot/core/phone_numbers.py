"""Telephone numbers as people write them or a messenger shares them, in one form: E.164.

A number without a country code is Vietnamese. Numbers in the form before 2018 are converted by
`former_phone_numbers.py`. What remains invalid by the metadata of `phonenumbers` is refused.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from bot.core.former_phone_numbers import renumber

_REGION = "VN"  # of a number without a country code
_LOCAL_LENGTHS = range(6, 9)  # digits of a landline number without its area code
# A candidate: 3 to 20 digits with the signs that people write between them.
_CANDIDATE = re.compile(r"(?<![\d+])(?:\+{1,2} ?)?\(?\d(?:[ \t.()/_\-]{0,3}\d){2,19}(?!\d)")
_EXTENSION = re.compile(r"\b(?:m[aá]y l[eẻ]|ext\.?|l[eẻ])[ :]*\d{1,5}\b", re.IGNORECASE)
_EXTRA_PLUS = re.compile(r"^\+(?=[+0])")
_SURE_BEGINNING = re.compile(r"\(?(?:\+|0|84)")
_MAX_LENGTH = 12  # characters of a written number in which no second one can stand
_TRUNK_ZERO = re.compile(r"^(\+ ?84|84|0084)[ .\-]*\(0\)")
# People write the letter o for a zero: at the beginning, and between digits.
_LETTER_ZERO = re.compile(r"(?<![^\W\d_])[oO](?=[ .\-]?\d)|(?<=[\doO])[oO](?=[oO]*[ .\-]?\d)")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\ufe63\u00ad"
_SIGNS = dict.fromkeys(_DASHES, "-") | {
    "\uff0b": "+",
    "\uff08": "(",
    "\uff09": ")",
    "\uff0e": ".",
    "\u00b7": ".",
    "\u2022": ".",
    "[": "(",
    "]": ")",
}


class InvalidPhone(ValueError):
    """The text is not one telephone number. `reason` says why.

    "not-a-phone": it holds no number. "no-area-code": a landline number without its area code.
    "dead": no such number can be called now: a wrong length or a prefix out of use. "several": it
    holds more than one number.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PhoneSpan(NamedTuple):
    """A telephone number in a text: the index of its first character, its end, and its E.164."""

    start: int
    end: int
    number: str


def parse_phone_number(typed: str) -> str:
    """Return the only number in a text as E.164, for example "+84844666531". Raises InvalidPhone.

    Words around it are allowed; "0844666531" and "844666531" are the same number.
    """
    candidates = _list_candidates(typed)
    numbers = {span.number for each in candidates for span in _parse_candidate(each)}
    if len(numbers) == 1:
        return numbers.pop()
    if numbers:
        raise InvalidPhone("several")
    digits = max((sum(c.isdigit() for c in each.group()) for each in candidates), default=0)
    if digits < _LOCAL_LENGTHS.start:
        raise InvalidPhone("not-a-phone")
    raise InvalidPhone("no-area-code" if digits in _LOCAL_LENGTHS else "dead")


def parse_shared_number(shared: str) -> str:
    """Return a number that a messenger shares as E.164. Raises InvalidPhone.

    It is international, but the messenger may leave out the plus. The messenger has checked it, so
    it may be newer than our list of prefixes.
    """
    import phonenumbers

    if shared.isdecimal() and not shared.startswith("0"):
        shared = f"+{shared}"
    if shared.startswith("+"):
        try:
            number = phonenumbers.parse(shared)
        except phonenumbers.NumberParseException:
            raise InvalidPhone("not-a-phone") from None
        if number.country_code != 84 and phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return parse_phone_number(shared)


def find_phone_numbers(text: str) -> list[PhoneSpan]:
    """Return the numbers in a text, in order, that begin with a zero, 84 or a plus.

    Other digits may be a price, a date or an account.
    """
    return [
        span
        for candidate in _list_candidates(text)
        if _SURE_BEGINNING.match(candidate.group())
        for span in _parse_candidate(candidate)
    ]


def _list_candidates(text: str) -> list[re.Match[str]]:
    """Return the parts of a text that look like numbers; their indexes are those of the text."""
    unified = _LETTER_ZERO.sub("0", "".join(map(_unify, text)))
    without_extension = _EXTENSION.sub(lambda match: "x" * len(match.group()), unified)
    return list(_CANDIDATE.finditer(without_extension))


def _parse_candidate(candidate: re.Match[str]) -> list[PhoneSpan]:
    """Return the number that a candidate is, or the numbers that stand in it side by side."""
    written = candidate.group()
    number = to_e164(written)
    if number is not None:
        return [PhoneSpan(candidate.start(), candidate.end(), number)]
    if len(written) <= _MAX_LENGTH:
        return []
    import phonenumbers

    return [
        PhoneSpan(candidate.start() + match.start, candidate.start() + match.end, found)
        for match in phonenumbers.PhoneNumberMatcher(written, _REGION)
        if (found := to_e164(match.raw_string))
    ]


def _unify(character: str) -> str:
    """Return a digit of any script as ASCII, a dash as "-"; one character for one."""
    if character.isascii() and character not in "[]":
        return character
    digit = unicodedata.decimal(character, None)
    return str(digit) if digit is not None else _SIGNS.get(character, character)


@lru_cache(maxsize=1024)
def to_e164(written: str) -> str | None:
    """Return a number, written with ASCII digits and signs, as E.164; None if it is not valid."""
    # Imported when the first number comes: few conversations have one.
    import phonenumbers

    compact = re.sub(r"[^\d+]", "", _TRUNK_ZERO.sub(r"\1", written))
    compact = _EXTRA_PLUS.sub("", compact)
    try:
        number = phonenumbers.parse(renumber(compact), _REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
