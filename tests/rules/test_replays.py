"""The table in docs/replays.md has each kind of fault, with the tests of its number."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = 26
_ROW = re.compile(r"^\| (\d+) \|.*\| (.*) \|$", re.MULTILINE)
_LINK = re.compile(r"\]\(\.\./tests/replays/([\w.]+)\)")


def test_every_kind_has_the_tests_that_the_page_names() -> None:
    """A kind without a test, and a test that the page does not name, fail here."""
    page = (ROOT / "docs" / "replays.md").read_text("utf-8")
    named = {int(number): set(_LINK.findall(links)) for number, links in _ROW.findall(page)}
    found: dict[int, set[str]] = {}
    for path in (ROOT / "tests" / "replays").glob("test_*.py"):
        found.setdefault(int(path.name[5:7]), set()).add(path.name)
    assert list(named) == list(range(1, KINDS + 1))
    assert named == found
