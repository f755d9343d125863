"""Vietnamese text that was typed or copied in an old encoding, and its conversion to Unicode.

Three encodings still turn up in messages: TCVN3 (the fonts whose names begin with ".Vn"), VNI
Windows, and UTF-8 that a program read as Windows-1252. `convert_text` tries all three and keeps the
one with the most Vietnamese syllables.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from bot.core.text_folding import fold_text

# The characters of TCVN3 from code 0xA1 to 0xFF (TCVN 5712:1993, third set).
_TCVN3 = (
    "ĂÂÊÔƠƯĐăâêôơưđẶ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịòỔỏõóọồổỗố"
    "ộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_TCVN3_TABLE = {0xA1 + place: letter for place, letter in enumerate(_TCVN3)}

# VNI Windows writes a mark as a character of its own after the letter.
_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_CIRCUMFLEX = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_VNI_SINGLE = {
    "í": "í",
    "ì": "ì",
    "æ": "ỉ",
    "ó": "ĩ",
    "ò": "ị",
    "ô": "ơ",
    "ö": "ư",
    "î": "ỵ",
    "ñ": "đ",
}

_LETTER = re.compile(r"[^\W\d_]+")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
# A syllable without tone and diacritics: an initial consonant, vowels, a final consonant.
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdghklmnprstvx])?"
    r"(?:uye|uya|uyu|uoi|uou|ieu|yeu|oai|oay|oeo|uay|uy|ua|ue|uo|ui|uu|ia|ie|iu|io|ya|ye|oa|oe|oi|oo"
    r"|ai|ao|au|ay|eo|eu|[aeiouy])"
    r"(?:ngh|ng|nh|ch|[cmnpt])?"
)
_ENOUGH = 0.8  # of the words with diacritics must be syllables after a conversion
_BETTER = 0.2  # the least improvement of that share


def convert_text(text: str) -> str | None:
    """Return a Vietnamese text converted from an old encoding; None if it needs no conversion.

    Of several conversions the one with the most Vietnamese syllables is returned. If few words are
    Vietnamese in any of them, the result is None: the text may be in another language.
    """
    text = unicodedata.normalize("NFC", text)
    before = _score(text)
    if before is None or before + _BETTER > 1:
        return None
    best, best_score = None, max(_ENOUGH, before + _BETTER)
    for candidate in (_from_utf8(text), _from_tcvn3(text), _from_vni(text)):
        score = _score(candidate) if candidate != text else None
        if score is not None and score >= best_score:
            best, best_score = candidate, score
    return best


def _score(text: str) -> float | None:
    """Return the share of words with diacritics that are Vietnamese syllables; None without any."""
    words = [word for word in text.split() if _NON_ASCII.search(word)]
    if not words:
        return None
    return sum(_is_vietnamese(word) for word in words) / len(words)


def _is_vietnamese(word: str) -> bool:
    """Return True if the letters of a word make one Vietnamese syllable."""
    letters = _LETTER.findall(word)
    return bool(letters) and all(_is_syllable(part) for part in letters)


@cache
def _vietnamese_letters() -> frozenset[str]:
    """Return every lower-case letter that Vietnamese is written with."""
    bases = ("a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y")
    marks = ("", *_TONES.values())
    marked = {unicodedata.normalize("NFC", base + mark) for base in bases for mark in marks}
    return frozenset(marked | set("bcdđghklmnpqrstvx"))


@lru_cache(maxsize=4096)  # the syllables of a text are few, and come again
def _is_syllable(word: str) -> bool:
    lowered = word.lower()
    if not set(lowered) <= _vietnamese_letters():
        return False
    tones = sum(mark in unicodedata.normalize("NFD", lowered) for mark in _TONES.values())
    return tones <= 1 and _SYLLABLE.fullmatch(fold_text(lowered)) is not None


def _from_utf8(text: str) -> str:
    """Return a text whose words were UTF-8 read as Windows-1252 (or Latin-1), word by word."""
    # Only at plain spaces: the last byte of "à" was read as a no-break space.
    return " ".join(_decode_word(word) or word for word in text.split(" "))


def _decode_word(word: str) -> str | None:
    content = bytearray()
    for character in word:
        try:
            content += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > 0xFF:
                return None
            content.append(ord(character))  # one of the bytes that Windows-1252 leaves undefined
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _from_tcvn3(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_TCVN3_TABLE))


@cache
def _vni_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern of all letters of VNI, longest first, and what each stands for."""
    letters = dict(_VNI_SINGLE)
    for base in ("a", "e", "o", "u", "y"):
        letters |= {base + sign: base + mark for sign, mark in _TONES.items()}
    for base in ("a", "e", "o"):
        letters |= {base + sign: f"{base}\u0302{mark}" for sign, mark in _CIRCUMFLEX.items()}
    letters |= {f"a{sign}": f"a\u0306{mark}" for sign, mark in _BREVE.items()}
    for sign, base in (("ô", "ơ"), ("ö", "ư")):
        letters |= {sign + tone: base + mark for tone, mark in _TONES.items()}
    letters |= {old.upper(): new.upper() for old, new in letters.items()}
    letters |= {old[0].upper() + old[1:]: new[0].upper() + new[1:] for old, new in letters.items()}
    longest_first = sorted(letters, key=len, reverse=True)
    return re.compile("|".join(longest_first)), letters


def _from_vni(text: str) -> str:
    pattern, letters = _vni_pattern()
    converted = pattern.sub(lambda match: letters[match[0]], text)
    return unicodedata.normalize("NFC", converted)
