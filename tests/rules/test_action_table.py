"""The table of actions decides everything about an action: no other code compares names."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.casework.actions import ACCEPT, ACTIONS
from bot.casework.documentation import draw_cases, list_actions
from tests.rules.test_texts import list_action_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CASEWORK = sorted((ROOT / "bot" / "casework").glob("*.py"))
NAMES = {action.name for action in ACTIONS}

# The functions that write the state of a submission: the engine's, receiving one, erasing one.
WRITERS = {
    "bot/casework/case_access.py": {"write_columns"},
    "storage/submissions.py": {"update_submission", "add_submission"},
    "storage/erasure.py": {"erase_submission"},
}


def parse_module(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text("utf-8"), str(path))


def find_action_names(node: ast.AST) -> set[str]:
    """Return the names of actions among the constants below a node."""
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value in NAMES
    }


def find_dispatches(tree: ast.Module) -> Iterator[tuple[int, set[str]]]:
    """Yield the line and the action names of each comparison, match or lookup by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.MatchValue):
            found = find_action_names(node)
        elif isinstance(node, ast.Subscript):
            found = find_action_names(node.slice) if "BY_NAME" in ast.unparse(node.value) else set()
        elif isinstance(node, ast.Dict):
            keys = [find_action_names(key) for key in node.keys if key is not None]
            found = set().union(*keys)
            found = found if len(found) > 1 else set()
        else:
            continue
        if found:
            yield node.lineno, found


@pytest.mark.parametrize("path", CASEWORK, ids=lambda path: path.stem)
def test_no_module_dispatches_on_the_name_of_an_action(path: Path) -> None:
    """The differences between actions are columns of the table."""
    assert list(find_dispatches(parse_module(path))) == []


def find_state_writers(path: Path) -> set[str]:
    """Return the functions of a module that write the column `state` of a submission."""
    writers = set()
    for function in ast.walk(parse_module(path)):
        if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and _writes_state(call):
                writers.add(function.name)
    return writers


def _writes_state(call: ast.Call) -> bool:
    text = ast.unparse(call.func)
    keywords = {keyword.arg for keyword in call.keywords}
    if text.endswith("update_submission"):
        return bool(keywords & {"state", None})  # None: columns that are not spelled out
    about_submissions = "update(_cases)" in text or "update(_rows)" in text
    return text.endswith(".values") and about_submissions and "state" in keywords


@pytest.mark.parametrize("package", ["bot", "storage"])
def test_only_the_engine_writes_the_state_of_a_submission(package: str) -> None:
    """Except when one is received or erased, each change of state is a row of the table."""
    submissions = {"submissions.py", "casework.py", "erasure.py", "search.py"}
    for path in sorted((ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if package == "storage" and path.name not in submissions:
            continue
        assert find_state_writers(path) <= WRITERS.get(name, set()), name


def test_a_new_row_is_all_that_a_new_action_needs() -> None:
    """Its audit name, texts, arrows in the diagram and line of the page follow from the row."""
    action = replace(ACCEPT, name="example")
    table = [*ACTIONS, action]
    assert action.audit_action == "case.example"
    assert {"notice.example", "mine.events.case.example"} <= list_action_keys(action)
    assert "received --> in_progress: example" in draw_cases(table)
    assert "| example |" in list_actions(table)
    assert draw_cases(table) != draw_cases()
