"""A dedup key is only compared as a whole. No code parses it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
KEY = "dedup_key"


def list_sources() -> list[Path]:
    """Return the Python files of the project except migrations, which fill columns from keys."""
    found = [path for name in ("bot", "storage") for path in (ROOT / name).rglob("*.py")]
    return [path for path in found if "migrations" not in path.parts]


def find_parsed_keys(source: str) -> Iterator[str]:
    """Yield the expressions that take a dedup key apart or select keys alone."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Attribute(attr="dedup_key"), attr=method):
                if method != "in_":
                    yield ast.unparse(node)
            case ast.Subscript(value=ast.Attribute(attr="dedup_key")):
                yield ast.unparse(node)
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Attribute(attr=attr)]):
                if attr == KEY:
                    yield ast.unparse(node)
            case ast.Call(func=ast.Name(id="select"), args=[ast.Attribute(attr="dedup_key")]):
                yield ast.unparse(node)


def test_no_part_of_a_dedup_key_is_read() -> None:
    """Statements select by the columns kind, submission_id, forum_id and start_version."""
    found = {
        f"{path.relative_to(ROOT)}: {reading}"
        for path in list_sources()
        for reading in find_parsed_keys(path.read_text("utf-8"))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "row.dedup_key.split(':')[1]",
        "rows.c.dedup_key.startswith('remind:')",
        "rows.c.dedup_key.contains(code)",
        "code in row.dedup_key",
        "row.dedup_key[6:]",
        "select(rows.c.dedup_key).where(rows.c.chat_id == chat_id)",
    ],
)
def test_the_check_finds_parsed_keys(source: str) -> None:
    """The check above finds each way that the code once used."""
    assert list(find_parsed_keys(source))
