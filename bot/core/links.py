"""Links, names and addresses of the internet in a text, however they are disguised."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

# Characters that look like a full stop, and Cyrillic and Greek letters that look like Latin ones.
_DOTS = dict.fromkeys(map(ord, "。｡．․‧∙•·⋅﹒・٠۔"), ".")
_LOOKALIKES = str.maketrans("асеорхуіјѕԁԛԝӏкмтвнαεικνορτυχ", "aceopxyijsdqwlkmtbhaeiknoptux")

_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]*://\S*|\b(?:mailto|tg|javascript):\S+")
_NAME = re.compile(r"(?<![\w.])@\w{4,}|(?<=\w)@(?=\w)")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_DOMAIN = re.compile(r"(?<![\w.-])(?:[^\W_](?:[\w-]*[^\W_])?\.)+[a-z]{2,24}(?![^\W\d_])")
# Ends of domains that are recognised even beside a space, or after a dot in words.
_ENDS = "com|net|org|info|biz|xyz|top|vip|club|site|online|shop|app|click|vn|ly|gl|io"
_SPACED = re.compile(
    rf"[^\W_][\w-]*(?:\s+\.\s*|\s*[(\[]\s*(?:dot|chấm|cham|\.)\s*[)\]]\s*|\s+(?:dot|chấm)\s+)"
    rf"(?:{_ENDS})(?!\w)"
)
# "TP.HCM", "UBND.P": abbreviations in capital letters, unless they end as a domain does.
_ABBREVIATION = re.compile(r"[A-ZĐ]{1,6}(?:\.[A-ZĐ]\w*)+")


def find_links(text: str, allowed: Collection[str] = ()) -> list[str]:
    """Return the parts of a text that are, or that a messenger may show as, links or names.

    `allowed` are domains ("haiphong.gov.vn", with what is below them) and names ("@congan") that
    are no finding. A domain is found with look-alike letters and dots, with invisible characters
    between, or with its dot written as a word.
    """
    plain = _strip_invisible(unicodedata.normalize("NFKC", text).translate(_DOTS))
    lower = plain.lower()
    folded = lower.translate(_LOOKALIKES)
    is_allowed = {each.lower() for each in allowed}
    found = []
    for match in _SCHEME.finditer(folded):
        hosts = [each.group() for each in _DOMAIN.finditer(match.group())]
        if not hosts or not all(_is_below(lower, host, is_allowed) for host in hosts):
            found.append(match.group())
    for match in _DOMAIN.finditer(folded):
        written = plain[match.start() : match.end()] if len(plain) == len(folded) else match.group()
        if _is_abbreviation(written) or _is_below(lower, match.group(), is_allowed):
            continue
        found.append(match.group())
    found += [match.group() for match in _NAME.finditer(folded) if match.group() not in is_allowed]
    found += [match.group() for match in _ADDRESS.finditer(folded)]
    found += [match.group() for match in _SPACED.finditer(folded)]
    return list(dict.fromkeys(found))


def _strip_invisible(text: str) -> str:
    return "".join(
        each
        for each in text
        if unicodedata.category(each) not in {"Cf", "Mn", "Cc"} or each in "\n\t"
    )


def _is_below(lower: str, host: str, allowed: Collection[str]) -> bool:
    """Return True if a host is an allowed domain or below one, in exactly the letters written."""
    is_listed = any(host == each or host.endswith(f".{each}") for each in allowed)
    return is_listed and host in lower


def _is_abbreviation(written: str) -> bool:
    ending = written.rpartition(".")[2].lower()
    return bool(_ABBREVIATION.fullmatch(written)) and ending not in _ENDS.split("|")
