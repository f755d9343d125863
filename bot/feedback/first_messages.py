"""Messages that are no opinion: greetings, thanks, calls for help, questions about the bot, codes.

They are answered at once, and nothing of them is stored. An opinion must not be taken for one of
them: only a message that is a known phrase, or a short one whose intent is sure, is answered so.
Measured on 7,641 opinions of writers that the model had not seen: see docs/suggestion.md.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from bot.areas.place_names import is_only_places
from bot.casework.submission_rules import CODE_ALPHABET
from bot.classification.labels import Intent
from bot.conversation.typed_words import fold_request, read_meanings
from bot.core.screen import Words
from bot.core.text_encoding import convert_text
from bot.core.text_folding import fold_text
from bot.feedback.text_suggestions import suggest_cached

if TYPE_CHECKING:
    from bot.conversation.reply import Reply

_FILE = "first_messages.toml"
_MAX_CHARACTERS = 80  # of a message whose intent is acted on
_MAX_CHARACTERS_OF_NOTHING = 40  # of a test or an insult
_MAX_BEFORE, _MAX_AFTER = 25, 16  # characters beside the question who can read it
_MAX_CHARACTERS_AT_TEXT = 40  # the same at a question that takes text
_MAX_WORDS_BESIDE_CODE = 12  # of a message that asks about a code


class Aside(StrEnum):
    """What a message asks for that is no opinion.

    NOTHING is a test, an insult, or a "yes" to no question. The values are the lists of phrases of
    the file, except CODE and NOTHING.
    """

    GREETING = "greeting"
    THANKS = "thanks"
    HELP = "help"
    HUMAN = "human"
    FORUMS = "forums"
    CASES = "cases"
    PRIVACY = "privacy"
    CODE = "code"
    NOTHING = "nothing"


class DirectAnswer(NamedTuple):
    """The route whose screen answers a message: its verb, and its argument."""

    verb: str
    argument: str = ""


# The route that answers a message without an open conversation.
_VERBS = {
    Aside.GREETING: DirectAnswer("/start"),
    Aside.THANKS: DirectAnswer("help:thanks"),
    Aside.HELP: DirectAnswer("/help"),
    Aside.HUMAN: DirectAnswer("help:human"),
    Aside.FORUMS: DirectAnswer("forums:coming", "0"),
    Aside.CASES: DirectAnswer("mine:list"),
    Aside.PRIVACY: DirectAnswer("help:privacy"),
    Aside.NOTHING: DirectAnswer("help:nothing"),
}
_OF_INTENTS = {
    Intent.GREETING: Aside.GREETING,
    Intent.THANKS: Aside.THANKS,
    Intent.HELP: Aside.HELP,
    Intent.HUMAN: Aside.HUMAN,
    Intent.FORUM_QUESTION: Aside.FORUMS,
    Intent.RECEIPT_CODE: Aside.CASES,
    Intent.TEST: Aside.NOTHING,
    Intent.ABUSE: Aside.NOTHING,
    Intent.YES: Aside.NOTHING,
    Intent.NO: Aside.NOTHING,
    Intent.DONT_KNOW: Aside.NOTHING,
}
# What an opinion can be about, too: such a message must be a question or a wish.
_MUST_ASK = frozenset({Aside.FORUMS, Aside.HUMAN, Aside.HELP})
# What is no answer to any question that takes text.
_NEVER_ANSWERS = frozenset({Aside.GREETING, Aside.THANKS, Aside.HELP})
_LETTER = f"[{CODE_ALPHABET.lower()}]"
_CODE = re.compile(rf"\bhp[\s-]*({_LETTER}{{4}})[\s-]*({_LETTER}{{4}})\b")
_BARE_CODE = re.compile(rf"(?=.*\d){_LETTER}{{4}}-{_LETTER}{{4}}")
_WHO_READS = re.compile(
    r"\b(cong an|can bo|phuong|xa|ai|nguoi khac|nguoi ta|hang xom|to truong|chung no|ho)\b.{0,25}"
    r"\b(doc duoc|xem duoc|doc|biet (la )?(toi|em|chau|minh|ai gui)|biet ten)\b"
    r".{0,12}\b(khong|ko|k|chu)\b"
    r"|\b(lo|giau) (danh tinh|ten|thong tin)\b.{0,12}\b(khong|ko|k)\b"
)


def read_aside(text: str) -> Aside | None:
    """Return what a message asks for that is no opinion; None if it may be one.

    What is written in an old encoding is confirmed first.
    """
    if convert_text(text) is not None:
        return None
    if find_code(text):
        return Aside.CODE if _asks_about_code(text) else None
    if found := _find_phrase(text):
        return found
    if is_only_places(text):
        return None
    if read_meanings(text):
        return Aside.NOTHING
    if len(text) > _MAX_CHARACTERS:
        return None
    if _asks_who_reads(_fold(text)):
        return Aside.PRIVACY
    suggestion = suggest_cached(text)
    aside = _OF_INTENTS.get(suggestion.intent) if suggestion.intent_is_sure else None
    return aside if aside is not None and _is_plain(text, aside) else None


def _find_phrase(text: str) -> Aside | None:
    return _load_lists().phrases.get(fold_request(text)) if len(text) <= _MAX_CHARACTERS else None


def asks_for_help(text: str) -> bool:
    """Return True if a message is one of the phrases that ask how to use the bot."""
    return _find_phrase(text) is Aside.HELP


class _Lists(NamedTuple):
    """The content of the file: phrases, words of courtesy, and a pattern of questions."""

    phrases: dict[str, Aside]
    courtesy: frozenset[str]
    asks: re.Pattern[str]


@cache
def _load_lists() -> _Lists:
    content = tomllib.loads(files("bot.feedback").joinpath(_FILE).read_text("utf-8"))
    phrases = {
        fold_request(phrase): Aside(name)
        for name, listed in content["phrases"].items()
        for phrase in listed
    }
    asks, at_end = "|".join(content["asks"]), "|".join(content["asks_at_end"])
    pattern = rf"\?|\b({asks})\b|\b({at_end})( a| e| em| ban| ad)?\W*$"
    return _Lists(phrases, frozenset(content["courtesy"]), re.compile(pattern))


def _is_plain(text: str, aside: Aside) -> bool:
    """Return True if nothing in a message speaks for an opinion."""
    if aside in _MUST_ASK and not _load_lists().asks.search(_fold(text)):
        return False
    if aside is Aside.NOTHING and len(text) > _MAX_CHARACTERS_OF_NOTHING:
        return False
    if aside not in {Aside.GREETING, Aside.THANKS}:
        return True
    left = [word for word in fold_request(text).split() if word not in _load_lists().courtesy]
    return len(left) <= 1 or suggest_cached(" ".join(left)).intent is not Intent.OPINION


def _asks_who_reads(folded: str) -> bool:
    """Return True if a message asks who can read it, and says hardly anything else."""
    found = _WHO_READS.search(folded)
    is_all = found and found.start() <= _MAX_BEFORE and len(folded) - found.end() <= _MAX_AFTER
    return bool(is_all)


def _fold(text: str) -> str:
    return " ".join(fold_text(text).split())


def find_code(text: str) -> str | None:
    """Return the receipt code in a message, in its usual form; None if there is none."""
    folded = _fold(text)
    found = _CODE.search(folded)
    if found is not None:
        return f"HP-{found[1]}-{found[2]}".upper()
    return f"HP-{folded}".upper() if _BARE_CODE.fullmatch(folded) else None


def _asks_about_code(text: str) -> bool:
    """Return True if a message with a code has nothing else to say than to ask about it."""
    left = _CODE.sub(" ", _fold(text))
    words = re.findall(r"\w+", left)
    if len(words) <= 3 or _BARE_CODE.fullmatch(left.strip()):
        return True
    is_content = suggest_cached(left).intent in {Intent.OPINION, Intent.ADDITION}
    return len(words) <= _MAX_WORDS_BESIDE_CODE and not is_content


def is_said_to_be_added(text: str) -> bool:
    """Return True if a message says that it adds something to what was sent before."""
    suggestion = suggest_cached(text)
    return bool(suggestion.intent is Intent.ADDITION and suggestion.intent_is_sure)


def answer_first_message(reply: Reply) -> DirectAnswer | None:
    """Return the route that answers a message without an open conversation; None for a submission.

    A message with a file, a place or a contact is content.
    """
    if not reply.text or reply.attachment or reply.place or reply.nearby is not None or reply.phone:
        return None
    aside = read_aside(reply.text)
    if aside is Aside.CODE:
        return DirectAnswer("mine:open", find_code(reply.text) or "")
    return _VERBS.get(aside) if aside is not None else None


def find_aside(text: str, takes_text: bool) -> Words | None:
    """Return the answer to a message that is none to the open question; None for any other.

    `takes_text`: words are an answer to the question, so that only those count that are none.
    """
    aside = read_aside(text)
    if aside is None or aside in {Aside.CODE, Aside.NOTHING}:
        return None
    is_answer = len(text) > _MAX_CHARACTERS_AT_TEXT or aside not in _NEVER_ANSWERS
    return None if takes_text and is_answer else Words(f"aside.{aside}")
