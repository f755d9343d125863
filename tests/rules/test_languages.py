"""Languages: chosen by settings, chats and people, never by a code written in a module."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

from bot.runtime.settings import LocaleSettings
from bot.texts import LANGUAGES

BOT = Path(__file__).parents[2] / "bot"
# The module of the texts names the languages, the settings list them; the simulator is no part of
# the bot.
NAMING = {BOT / "texts" / "__init__.py", BOT / "runtime" / "settings.py"}


def test_no_module_names_a_language() -> None:
    """Code takes the language of the chat, the policy's default, or a constant of the texts."""
    found = [
        f"{path.relative_to(BOT)}:{node.lineno}"
        for path in BOT.rglob("*.py")
        if path not in NAMING and "simulator" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in LANGUAGES
    ]
    assert not found


def test_the_settings_know_every_language() -> None:
    """A language with texts can be the default."""
    assert get_args(LocaleSettings.model_fields["default"].annotation) == LANGUAGES
