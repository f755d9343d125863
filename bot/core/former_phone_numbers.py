"""Vietnamese numbers in the forms before 2017 (landlines) and 2018 (mobiles), renumbered.

Sources: decisions 2036/QĐ-BTTTT of 21 November 2016 (area codes) and 798/QĐ-BTTTT of 30 May 2018
(mobile numbers of eleven digits). The old forms do not work any more, but stand in address books.
"""

from __future__ import annotations

import re

# The old prefix of an eleven-digit mobile number, without the zero, and its new one.
_MOBILES = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38",
    "169": "39", "186": "56", "188": "58", "199": "59",
}  # fmt: skip
# The old area code, without the zero, and its new one. Codes that did not change are not listed.
_AREAS = {
    "20": "214", "22": "212", "25": "205", "26": "206", "27": "207", "29": "216", "230": "215",
    "231": "213", "240": "204", "241": "222", "280": "208", "281": "209",
    "30": "229", "31": "225", "320": "220", "321": "221", "33": "203", "350": "228", "351": "226",
    "36": "227", "37": "237", "38": "238", "39": "239",
    "4": "24", "8": "28",
    "500": "262", "501": "261", "510": "235", "511": "236", "52": "232", "53": "233", "54": "234",
    "55": "255", "56": "256", "57": "257", "58": "258", "59": "269",
    "60": "260", "61": "251", "62": "252", "63": "263", "64": "254", "650": "274", "651": "271",
    "66": "276", "67": "277", "68": "259",
    "70": "270", "710": "292", "711": "293", "72": "272", "73": "273", "74": "294", "75": "275",
    "76": "296", "77": "297", "780": "290", "781": "291", "79": "299",
}  # fmt: skip
_PRESENT_AREAS = frozenset(_AREAS.values()) | {"210", "211", "218", "219"}
_NATIONAL = re.compile(r"(?P<country>\+?84|0084)?0?(?P<number>\d+)")
_LOCAL_DIGITS = 7  # of a landline number; 8 in Hà Nội and Hồ Chí Minh City
# Prefixes of ten-digit numbers that only mobiles have now: such a number is no old landline.
_MOBILE_NOW = re.compile(r"3[2-9]|5[2689]|7[06-9]|8[1-9]|9\d")


def renumber(compact: str) -> str:
    """Return a number in its present form; unchanged if it is not in an old form.

    `compact` has digits only, perhaps after a plus.
    """
    match = _NATIONAL.fullmatch(compact)
    if match is None or (match["country"] is None and not compact.startswith("0")):
        return compact
    number = match["number"]
    if len(number) == 10 and number[:3] in _MOBILES:
        return f"0{_MOBILES[number[:3]]}{number[3:]}"
    if len(number) == 9 and (_MOBILE_NOW.match(number) or number[:3] in _PRESENT_AREAS):
        return compact  # a mobile number, or a landline number that lacks a digit
    for length in (3, 2, 1):
        code = number[:length]
        local = number[length:]
        if code in _AREAS and len(local) == _LOCAL_DIGITS + (length == 1):
            return f"0{_AREAS[code]}{local}"
    return compact
