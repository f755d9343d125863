"""Controllers use no messenger and open no transaction, and all are in the table of routes."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

from bot.channels.telegram import routes
from bot.core.requests import CancelFlow, Route, StartFlow, SwitchFlow

_ROOT = Path(__file__).parents[2]
_MODULES = sorted(
    path.relative_to(_ROOT) for name in ("bot", "storage") for path in (_ROOT / name).rglob("*.py")
)
_CONTROLLERS = [path for path in _MODULES if path.stem.endswith("controller")]
_MAY_KNOW_TELEGRAM = (Path("bot/channels/telegram"), Path("bot/runtime"))
_OPENS = {"transaction", "reading", "begin_work", "begin", "connect"}


def _parse(path: Path) -> ast.Module:
    return ast.parse((_ROOT / path).read_text("utf-8"))


def list_imports(tree: ast.AST) -> set[str]:
    """Return the names of all imported modules, also those for type checking."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def list_calls(tree: ast.AST) -> set[str]:
    """Return the names of all called functions and methods."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {function.id for function in functions if isinstance(function, ast.Name)}
    return names | {function.attr for function in functions if isinstance(function, ast.Attribute)}


def test_only_the_channel_and_the_composition_root_import_telegram() -> None:
    """A feature works in another messenger without a change."""
    importers = {
        path
        for path in _MODULES
        if any(name.partition(".")[0] == "telegram" for name in list_imports(_parse(path)))
    }
    assert importers  # the check sees imports
    assert {p for p in importers if not p.is_relative_to(_MAY_KNOW_TELEGRAM[0])} == {
        p for p in importers if p.is_relative_to(_MAY_KNOW_TELEGRAM[1])
    }


@pytest.mark.parametrize("path", _CONTROLLERS, ids=str)
def test_a_controller_opens_no_transaction(path: Path) -> None:
    """The adapter opens it: one update is one transaction."""
    tree = _parse(path)
    assert not list_calls(tree) & _OPENS
    assert not {name for name in list_imports(tree) if "channels" in name or "database" in name}


def test_a_call_that_opens_a_transaction_is_found() -> None:
    """The check of controllers finds both ways to open one."""
    tree = ast.parse("async def f(db):\n async with db.transaction(), begin_work(db): pass")
    assert list_calls(tree) & _OPENS == {"transaction", "begin_work"}


def test_every_controller_is_in_the_table_of_routes() -> None:
    """No route is forgotten, and no two controllers answer the same verb."""
    tables = []
    for path in _CONTROLLERS:
        module = importlib.import_module(".".join(path.with_suffix("").parts))
        tables.append(module.ROUTES)
    verbs = [verb for table in tables for verb in table]
    assert len(verbs) == len(set(verbs))
    assert set(verbs) == set(routes.ROUTES)


def test_every_route_has_a_function_or_an_answer() -> None:
    """A route without a function starts or cancels a conversation."""
    for verb, route in routes.ROUTES.items():
        assert isinstance(route, Route | StartFlow | SwitchFlow | CancelFlow), verb


@pytest.mark.parametrize(
    ("data", "is_routed"),
    [
        ("mine:show=HP-1", True),
        ("help:", True),
        ("feedback.kind=report", False),
        ("mine", False),
        ("/mine", False),
        ("start:invite_=token", False),
        ("nothing:of=this", False),
    ],
)
def test_buttons_of_routes_and_questions_differ(data: str, is_routed: bool) -> None:
    """A button is never a command or a deep link, whatever a changed client sends."""
    assert routes.is_routed_button(data) is is_routed


@pytest.mark.parametrize(
    ("payload", "verb", "argument"),
    [
        ("code_HP1234", "start:code_", "HP1234"),
        ("invite_a_b", "start:invite_", "a_b"),
        ("unit_31", "start:unit_", "31"),
        ("", "/start", ""),
        ("other_thing", "/start", ""),
    ],
)
def test_a_deep_link_is_found_by_its_prefix(payload: str, verb: str, argument: str) -> None:
    """An unknown payload shows the welcome."""
    assert routes.parse_link(payload) == (verb, argument)
