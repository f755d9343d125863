"""The checks of imports: allowlists and cycles."""

from __future__ import annotations

import grimp
import pytest

from tests.import_contracts import (
    find_row,
    list_library_violations,
    list_package_violations,
    list_upward_rows,
    parse_rows,
)
from tests.import_cycles import list_cycles

ROWS = parse_rows(
    ["bot.cli: bot.rules storage", "bot.rules: storage", "bot.rules.deep:", "storage:"]
)


def make_graph(*edges: tuple[str, str]) -> grimp.ImportGraph:
    """Return a graph of imports from (importer, imported) pairs."""
    made = grimp.ImportGraph()
    for importer, imported in edges:
        made.add_import(importer=importer, imported=imported)
    return made


def test_a_module_belongs_to_the_most_specific_row() -> None:
    """A row of a sub-package counts more than the row of its package."""
    assert find_row("bot.rules.deep.one", ROWS) == "bot.rules.deep"
    assert find_row("bot.rules.other", ROWS) == "bot.rules"
    assert find_row("bot.rulesother", ROWS) is None


@pytest.mark.parametrize(
    ("importer", "imported", "is_allowed"),
    [
        ("bot.cli.one", "bot.rules.two", True),
        ("bot.cli.one", "bot.cli.two", True),
        ("bot.rules.one", "bot.cli.two", False),
        ("bot.cli.one", "bot.rules.deep.two", False),
        ("bot.new", "storage", False),
        ("bot.cli.one", "bot.new", False),
    ],
)
def test_only_imports_of_a_row_are_allowed(importer: str, imported: str, is_allowed: bool) -> None:
    """A package without a row may import nothing, and nobody may import it."""
    violations = list_package_violations(make_graph((importer, imported)), ROWS)
    assert (not violations) == is_allowed


def test_an_exception_is_only_allowed_while_it_is_needed() -> None:
    """The list of exceptions can only shrink."""
    edge = "bot.rules.one -> bot.cli.two"
    assert not list_package_violations(make_graph(("bot.rules.one", "bot.cli.two")), ROWS, [edge])
    assert list_package_violations(make_graph(("bot.cli.two", "storage")), ROWS, [edge])


def test_a_row_allows_only_rows_below_it() -> None:
    """So the allowed imports have a direction."""
    assert not list_upward_rows(ROWS)
    assert list_upward_rows({"bot.low": ("bot.high",), "bot.high": ()}) == []
    assert list_upward_rows({"bot.high": (), "bot.low": ("bot.high",)})


def test_a_library_needs_a_row() -> None:
    """A package also has the libraries of its parents; the standard library is free."""
    rows = {"bot.rules": ("orjson",)}
    assert not list_library_violations(make_graph(("bot.rules.deep", "orjson")), rows)
    assert not list_library_violations(make_graph(("bot.cli", "json")), rows)
    assert list_library_violations(make_graph(("bot.cli", "orjson")), rows)


def test_cycles_are_found() -> None:
    """Each cycle is listed once, from a module to the same module."""
    assert list_cycles({"a": ["b"], "b": ["c"], "c": []}) == []
    (cycle,) = list_cycles({"a": ["b"], "b": ["c"], "c": ["a"]})
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"a", "b", "c"}
    assert len(list_cycles({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]})) == 2
