"""The table in docs/reliability.md has each fault, with exactly the tests of its number."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAULTS = 30
_TEST = re.compile(r"def test_fault_(\d\d)_(\w+)\(")
_ROW = re.compile(r"^\| (\d+) \|.*\| (.*) \|$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(\.\./([\w/.]+)\)")


def list_tests() -> dict[int, set[tuple[str, str]]]:
    """Return the tests of each fault as (words of the name, path of the file)."""
    tests: dict[int, set[tuple[str, str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for number, name in _TEST.findall(path.read_text("utf-8")):
            found = (name.replace("_", " "), path.relative_to(ROOT).as_posix())
            tests.setdefault(int(number), set()).add(found)
    return tests


def test_every_fault_has_the_tests_that_the_page_names() -> None:
    """A renamed test, a fault without a test, and a row without a fault fail here."""
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    named = {int(number): set(_LINK.findall(links)) for number, links in _ROW.findall(page)}
    assert list(named) == list(range(1, FAULTS + 1))
    assert named == list_tests()
