"""The tables in docs/architecture.md name the files on the way of a message."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
MAX_FILES_TO_ALERT = 9
_ROW = re.compile(
    r"\| `(?P<file>[\w/]+\.py)` \| `(?P<function>[\w.]+)` \| `(?P<calls>\w+)`(?P<through> \*)? \|"
)


class Station(NamedTuple):
    """A file on a way, its function, and the name by which it calls the next file."""

    file: str
    function: str
    calls: str
    is_indirect: bool


def read_ways() -> dict[str, list[Station]]:
    """Return the stations by the name of the way."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    ways = {}
    for section in page.split("\n### ")[1:]:
        rows = [_ROW.match(line) for line in section.splitlines()]
        stations = [
            Station(row["file"], row["function"], row["calls"], bool(row["through"]))
            for row in rows
            if row
        ]
        ways[section.splitlines()[0]] = stations
    return ways


WAYS = read_ways()
STATIONS = [(name, number) for name, way in WAYS.items() for number in range(len(way))]


def list_functions(tree: ast.Module) -> set[str]:
    """Return the names of functions, and of methods as Class.method."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {
                f"{node.name}.{each.name}"
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return names


def list_used_names(tree: ast.Module) -> set[str]:
    """Return the names and attributes that a module uses."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_the_page_has_every_way() -> None:
    """The page shows the four promised ways and their common end."""
    assert list(WAYS) == [
        "message → alert",
        "approve → answer",
        "announcement → sent",
        "reminder → sent",
        "outbox → Telegram",
    ]
    assert all(len(way) > 3 for way in WAYS.values())


@pytest.mark.parametrize(("way", "number"), STATIONS)
def test_every_station_leads_to_the_next(way: str, number: int) -> None:
    """The file has the function, and uses the name of the next function."""
    station = WAYS[way][number]
    tree = ast.parse((ROOT / station.file).read_text("utf-8"))
    assert station.function in list_functions(tree), f"{station.file} has no such function"
    assert station.calls in list_used_names(tree), f"{station.file} does not use this name"
    following = WAYS[way][number + 1 :][:1]
    if following and not station.is_indirect:
        reached = following[0].function.rpartition(".")[2]
        assert reached == station.calls, f"{station.file} does not lead to {following[0].file}"


def test_the_way_to_an_alert_is_short() -> None:
    """It has at most nine files, and the page and the README say their number."""
    files = len({station.file for station in WAYS["message → alert"]})
    assert files <= MAX_FILES_TO_ALERT
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert f"to the alert in the outbox: **{files} files**" in page
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"{files} files from a resident's message to the alert of an officer" in readme
