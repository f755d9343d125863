"""The form in which texts are searched: folded, with every telephone number in one form.

"0912.345.678" and "+84 912 345 678" are found by each other, because the searched text holds the
digits of E.164 too.
"""

from bot.core.phone_numbers import find_phone_numbers
from bot.core.text_folding import fold_text


def make_search_text(text: str) -> str:
    """Return a text folded, followed by the digits of the telephone numbers in it."""
    numbers = dict.fromkeys(span.number.removeprefix("+") for span in find_phone_numbers(text))
    return "\n".join([fold_text(text), *numbers])


def make_search_query(words: str) -> str:
    """Return what to search for, folded, with telephone numbers in the form of the texts."""
    for span in reversed(find_phone_numbers(words)):
        words = f"{words[: span.start]} {span.number.removeprefix('+')} {words[span.end :]}"
    return fold_text(words)
