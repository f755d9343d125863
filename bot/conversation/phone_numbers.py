"""Phone numbers as people type them or a messenger shares them, in one form: E.164."""

from __future__ import annotations

import re

_REGION = "VN"  # of a number without a country code
_ALLOWED = re.compile(r"\+?[\d\s().-]+")


def parse_phone_number(typed: str) -> str | None:
    """Return a typed number as E.164, for example "+84844666531"; None if it cannot be a number.

    A number without a country code is Vietnamese; "0844666531" and "844666531" are the same.
    """
    # Imported when the first number comes: few conversations ask for one.
    import phonenumbers

    if not _ALLOWED.fullmatch(typed):
        return None
    try:
        number = phonenumbers.parse(typed, _REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_shared_number(shared: str) -> str | None:
    """Return a number that a messenger shared as E.164; None if it cannot be a number.

    A shared number has a country code, but the plus sign may be missing.
    """
    import phonenumbers

    if shared.isdecimal() and not shared.startswith("0"):
        international = f"+{shared}"
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(international)):
                return parse_phone_number(international)
        except phonenumbers.NumberParseException:
            pass
    return parse_phone_number(shared)
