"""Typed words that stand for a button: "vâng", "thôi", "ko biết", "gửi đi em", "hai người".

A message counts as such a word only if nothing else is in it: a word within a sentence is no
answer. Only the names of options count within a short sentence, at a question that takes no text.
The words are those of `typed_words.toml`. Pure functions.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.conversation.meanings import Meaning
from bot.core.text_folding import replace_lookalikes
from bot.core.typed_numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_FILE = "typed_words.toml"
_MAX_CHARACTERS = 100  # of a message that can be an answer of a few words
_MAX_OTHER_WORDS = 3  # of a sentence that names an option, beside its name and polite words
_BEFORE_NUMBERS = frozenset({"so", "nut", "chon", "cau", "muc", "thu", "cai", "y", "number", "no"})
_NODS = ("👍", "👌", "✅", "🆗")
_NEGATIONS = ("khong", "ko", "k", "chua", "dung", "chang", "cha", "hong", "not", "no", "dont")

# A word as its letters, each with the marks that it has.
_Word = tuple[tuple[str, frozenset[str]], ...]
_Phrase = tuple[_Word, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """The content of the file.

    `phrases` maps the number of words and the letters of the first one to phrases. The meaning of a
    particle is empty. `polite` and `enough` are the phrases that a stronger one overrides.
    """

    phrases: Mapping[str, tuple[tuple[_Phrase, frozenset[Meaning]], ...]]
    polite: frozenset[_Phrase]
    enough: frozenset[_Phrase]
    names: Mapping[str, tuple[_Phrase, ...]]


def read_meanings(text: str) -> frozenset[Meaning]:
    """Return what a message of a few words can mean; nothing if it says anything else, too.

    Several meanings are returned for words such as "được rồi", which means yes or that it is all.
    """
    if len(text) > _MAX_CHARACTERS:
        return frozenset()
    words, table = split_words(text), _load_table()
    polite = not words and any(sign in text for sign in _NODS)
    enough, strong, position = False, list[frozenset[Meaning]](), 0
    while position < len(words):
        found = _find_phrase(table, words, position)
        if found is None:
            return frozenset()
        phrase, meanings = found
        position += len(phrase)
        if phrase in table.polite:
            polite = True
        elif phrase in table.enough:
            enough = True
        elif meanings:
            strong.append(meanings)
    if strong:
        return frozenset.intersection(*strong)
    if enough:
        return frozenset({Meaning.NO})
    return frozenset({Meaning.YES}) if polite else frozenset()


def is_polite_only(text: str) -> bool:
    """Return True if a message is a bare yes, no or the like, and so no content."""
    return bool(read_meanings(text) & {Meaning.YES, Meaning.NO})


def fold_request(text: str) -> str:
    """Return a message without diacritics, punctuation and the polite words around what it says.

    A message of polite words alone is returned with them.
    """
    words = split_words(text)
    kept = [word for word in words if not _is_particle(word)]
    return " ".join(_fold(word) for word in kept or words)


def read_number(text: str) -> int | None:
    """Return the number of a button: "2", "số 2", "chọn 2 ạ"; None for any other text."""
    words = [_fold(word) for word in split_words(text[:_MAX_CHARACTERS])]
    numbers = [number for word in words if (number := parse_number(word)) is not None]
    others = {word for word in words if parse_number(word) is None} - _BEFORE_NUMBERS
    return numbers[0] if len(numbers) == 1 and others <= _map_particles().keys() else None


def find_named(text: str, names: Mapping[str, Sequence[_Phrase]]) -> str | None:
    """Return the key of the one option that a short sentence names; None if it names none or two.

    A name of one word counts only if polite words are all there is beside it. With a negation
    outside the name nothing is found.
    """
    if len(text) > _MAX_CHARACTERS:
        return None
    words = split_words(text)
    spans = [
        (key, start, start + len(name))
        for key, each in names.items()
        for name in each
        for start in range(len(words) - len(name) + 1)
        if _matches(words[start : start + len(name)], name)
    ]
    longest = [
        (key, start, end)
        for key, start, end in spans
        if not any(s <= start and end <= e and e - s > end - start for _, s, e in spans)
    ]
    if len({key for key, _, _ in longest}) != 1:
        return None
    covered = {n for _, start, end in longest for n in range(start, end)}
    others = [word for n, word in enumerate(words) if n not in covered]
    if any(_fold(word) in _NEGATIONS for word in others):
        return None
    unknown = sum(not _is_particle(word) for word in others)
    has_long_name = any(end - start > 1 for _, start, end in longest)
    is_named = unknown <= _MAX_OTHER_WORDS if has_long_name else unknown == 0
    return longest[0][0] if is_named else None


def list_names(key: str, label: str | None) -> tuple[_Phrase, ...]:
    """Return the further names of an option, and its label; `key` is that of the label."""
    own = () if label is None else (tuple(split_words(label)),)
    return (*own, *_load_table().names.get(key, ()))


def split_words(text: str) -> list[_Word]:
    """Return the words of a text, without punctuation, emoji, and repeated letters."""
    plain = unicodedata.normalize("NFC", replace_lookalikes(text)).casefold()
    plain = re.sub("['’`]", "", plain)
    return [_make_word(word) for word in re.findall(r"\w+", plain)]


@lru_cache(maxsize=2048)  # people write the same words, and each message is split several times
def _make_word(word: str) -> _Word:
    letters: list[tuple[str, frozenset[str]]] = []
    for letter in word:
        parts = list(unicodedata.normalize("NFD", letter))
        base, marks = parts[0], frozenset(parts[1:])
        made = ("d", frozenset("-")) if base == "đ" else (base, marks)
        if letters and letters[-1][0] == made[0] and not base.isdigit():
            letters[-1] = (made[0], letters[-1][1] | made[1])
        else:
            letters.append(made)
    return tuple(letters)


def _fold(word: _Word) -> str:
    return "".join(letter for letter, _ in word)


def _matches(typed: Sequence[_Word], name: Sequence[_Word]) -> bool:
    """Return True if words are these: marks may be left out, but none may be another."""
    return len(typed) == len(name) and all(
        _fold(own) == _fold(known) and _get_marks(own) <= _get_marks(known)
        for own, known in zip(typed, name, strict=True)
    )


def _get_marks(word: _Word) -> frozenset[str]:
    """Return the marks of a word. On which vowel a tone stands is a matter of taste: hủy, huỷ."""
    return frozenset(mark for _, marks in word for mark in marks)


def _find_phrase(
    table: _Table, words: Sequence[_Word], position: int
) -> tuple[_Phrase, frozenset[Meaning]] | None:
    """Return the longest phrase that begins at a position, with its meanings.

    Without diacritics it may be one of several, such as "dung" for "đúng", "đừng" and "dừng". Their
    meanings are returned together.
    """
    fitting = [
        (phrase, meanings)
        for phrase, meanings in table.phrases.get(_fold(words[position]), ())
        if _matches(words[position : position + len(phrase)], phrase)
    ]
    if not fitting:
        return None
    length = len(fitting[0][0])
    typed = [_get_marks(word) for word in words[position : position + length]]
    longest = [each for each in fitting if len(each[0]) == length]
    exact = [each for each in longest if [_get_marks(word) for word in each[0]] == typed]
    kept = exact or longest
    return kept[0][0], frozenset().union(*(meanings for _, meanings in kept))


def _is_particle(word: _Word) -> bool:
    marks = _get_marks(word)
    return any(marks <= known for known in _map_particles().get(_fold(word), ()))


@cache
def _map_particles() -> Mapping[str, tuple[frozenset[str], ...]]:
    """Return the polite words by their letters; each has the marks of its spellings."""
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for each in _load_table().phrases.values():
        for phrase, meanings in each:
            if len(phrase) == 1 and (not meanings or phrase in _load_table().polite):
                letters = _fold(phrase[0])
                found[letters] = (*found.get(letters, ()), _get_marks(phrase[0]))
    return found


@cache
def _load_table() -> _Table:
    content = tomllib.loads(files("bot.conversation").joinpath(_FILE).read_text("utf-8"))
    found: dict[_Phrase, frozenset[Meaning]] = {}
    for phrase in _split_all(content["particles"]):
        found[phrase] = frozenset()
    polite, enough = (frozenset(_split_all(content[name])) for name in ("polite", "enough"))
    for phrase in polite | enough:
        found[phrase] = frozenset({Meaning.YES if phrase in polite else Meaning.NO})
    for name, listed in content["words"].items():
        for phrase in _split_all(listed):
            found[phrase] = found.get(phrase, frozenset()) | {Meaning(name)}
    grouped: dict[str, list[tuple[_Phrase, frozenset[Meaning]]]] = {}
    # A phrase comes before its beginning, and a meaning before a polite word.
    for phrase, meanings in sorted(found.items(), key=lambda each: (-len(each[0]), not each[1])):
        grouped.setdefault(_fold(phrase[0]), []).append((phrase, meanings))
    names = {key: tuple(_split_all(listed)) for key, listed in content["options"].items()}
    return _Table({key: tuple(each) for key, each in grouped.items()}, polite, enough, names)


def _split_all(listed: Iterable[str]) -> Iterator[_Phrase]:
    for each in listed:
        yield tuple(split_words(each))
