"""Names of modules, classes, functions and constants: no retired name is used.

The names of classes are unique.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

# Verbs without an object: what does the function find, take or tell?
RETIRED_FUNCTIONS = frozenset(
    {"do", "find", "follow", "get", "hear", "hold", "keep", "look", "note", "of", "on", "say"}
    | {"always", "perform", "take", "tell"}
    | {"alert_waiting", "checks_in", "is_open", "keep_words", "keeps_tickets"}
    | {"ask_cancellation", "ask_withdrawal", "choose_next", "finish_action", "list_concerned"}
    | {"list_serving", "mark_subject", "print_link_code"}
    | {"make_offer", "may_relay", "not_yet_agreed", "offered_input", "show_mine", "takes_opinions"}
    | {"clear_aliases", "described", "list_aliases", "plainly", "roster", "tidy"}
    | {"show_further_answer"}
)
# Riddles, and names that two classes shared.
RETIRED_CLASSES = frozenset(
    {
        "Address",
        "AuditSeal",
        "Deed",
        "Desk",
        "Gate",
        "KeptWords",
        "Limits",
        "Matter",
        "Move",
        "Numbers",
    }
    | {"Reach", "Room", "Rounds", "Seal", "Standing", "Terms", "TestCalls", "Trail", "Verdict"}
)
RETIRED_MODULES = frozenset(
    {"acting", "aftermath", "announcing", "arrival", "attending", "effects"}
    | {"failures", "folding", "following", "followup", "gate", "hearing", "hearings", "intake"}
    | {"later", "offers", "office", "promising", "reach", "reading", "recorded"}
    | {"reminding", "replies", "rights", "rounds", "seal", "sealed", "showing", "spoken"}
    | {"standing", "subscribing", "trail", "when", "workdays", "workflow"}
)
# A name with two meanings, and one that said another thing than its value.
RETIRED_CONSTANTS = frozenset({"ERASURE_REFUSED", "HELD"})


class Definition(NamedTuple):
    """A module, class, function or constant: its path, its kind and its name."""

    path: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind} {self.name}"


def list_definitions() -> Iterator[Definition]:
    """Yield every module, class, function, method and assigned name of bot and storage."""
    for folder in ("bot", "storage"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            yield Definition(path, "module", file.stem)
            yield Definition(path, "package", file.parent.name)
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    yield Definition(path, "class", node.name)
                elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield Definition(path, "function", node.name)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield Definition(path, "constant", node.id)


DEFINITIONS = tuple(list_definitions())


@pytest.mark.parametrize(
    ("kinds", "retired"),
    [
        ({"module", "package"}, RETIRED_MODULES),
        ({"class"}, RETIRED_CLASSES),
        ({"function"}, RETIRED_FUNCTIONS),
        ({"constant"}, RETIRED_CONSTANTS),
    ],
)
def test_no_retired_name_is_used(kinds: set[str], retired: frozenset[str]) -> None:
    """A leading underscore makes no difference."""
    used = {
        str(each) for each in DEFINITIONS if each.kind in kinds and each.name.strip("_") in retired
    }
    assert not used, "\n".join(sorted(used))


def test_class_names_are_unique() -> None:
    """No two classes of bot and storage have the same name."""
    places = defaultdict(set)
    for each in DEFINITIONS:
        if each.kind == "class":
            places[each.name].add(each.path)
    shared = {name: sorted(paths) for name, paths in places.items() if len(paths) > 1}
    assert not shared
