"""Phrases by which the operator overrides the model: always a danger, or never one."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.classification.features import normalize_text
from bot.core.text_folding import fold_text

_FILE = "danger_phrases.toml"


class BadPhrases(Exception):
    """The file of phrases has a mistake. The message names it."""


class _PhraseFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class DangerPhrases:
    """Finds the phrases of a file in texts; case and diacritics are ignored."""

    def __init__(self, content: str) -> None:
        """Take the content of a TOML file with the lists `always` and `never`.

        Raises BadPhrases.
        """
        try:
            lists = _PhraseFile.model_validate(tomllib.loads(content))
        except tomllib.TOMLDecodeError as error:
            raise BadPhrases(f"not TOML: {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            raise BadPhrases(f"{place}: {first['msg']}; allowed are always and never") from error
        self._always, self._never = _compile(lists.always), _compile(lists.never)

    def find_verdict(self, text: str) -> bool | None:
        """Return True or False if a phrase decides whether a text is a danger; else None.

        If there are phrases of both lists in the text, it is a danger.
        """
        folded = fold_text(normalize_text(text))
        if self._always and self._always.search(folded):
            return True
        return False if self._never and self._never.search(folded) else None


def read_phrases(path: Path) -> DangerPhrases:
    """Read a file of phrases. Raises BadPhrases."""
    try:
        return DangerPhrases(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, BadPhrases) as error:
        raise BadPhrases(f"{path}: {error}") from error


@cache
def load_default_phrases() -> DangerPhrases:
    """Return the phrases of this release."""
    return DangerPhrases(files("bot.classification").joinpath(_FILE).read_text("utf-8"))


def _compile(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern of whole words, or None without phrases."""
    folded = [r"\s+".join(map(re.escape, fold_text(each).split())) for each in phrases]
    choices = "|".join(each for each in folded if each)
    return re.compile(rf"(?<!\w)(?:{choices})(?!\w)") if choices else None
