"""The table of columns that depend on a key is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, PrimaryKeyConstraint, UniqueConstraint

from bot import cli
from storage import models
from storage.key_columns import FILE_COLUMNS, KEY_COLUMNS, PLAIN_CHAT_IDS
from storage.statements import table

_MODELS = [getattr(models, name) for name in models.__all__]
TABLES = {table(each).name: each for each in _MODELS if hasattr(each, "__table__")}
LISTED = {
    (table(entry.model).name, name)
    for entry in KEY_COLUMNS
    for name in (*entry.encrypted, *entry.sealed, entry.pseudonym)
} | {(table(model).name, name) for model, name in FILE_COLUMNS}

# Words in the name of a column, or in its description, that say that it depends on a key.
_NAMES = re.compile(r"sealed|encrypted|cipher|alias|pseudonym|phone|chat_id")
_DESCRIPTIONS = re.compile(r"encrypted|pseudonym|holder of the key")


def list_described(documentation: str) -> set[str]:
    """Return the columns whose description in a model's docstring speaks of encryption."""
    found = set()
    for item in re.split(r"\n\s*- (?=`)", documentation)[1:]:
        for names, text in re.findall(r"((?:`\w+`(?:, | and )?)+):([^`]*)", item):
            if _DESCRIPTIONS.search(text):
                found |= set(re.findall(r"`(\w+)`", names))
    return found


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_that_depends_on_a_key_is_listed(name: str) -> None:
    """By its name, by its type (what is stored as bytes is sealed), and by its description."""
    model = TABLES[name]
    columns = set(table(model).columns.keys())
    found = {each for each in columns if _NAMES.search(each)}
    found |= {each.name for each in table(model).columns if isinstance(each.type, LargeBinary)}
    found |= list_described(model.__doc__ or "") & columns
    missing = {(name, each) for each in found} - LISTED - PLAIN_CHAT_IDS
    assert not missing, "add it to storage/key_columns.py"


def test_the_listed_columns_exist() -> None:
    """And those that are said to hold plain chat ids."""
    for name, column in LISTED | PLAIN_CHAT_IDS:
        assert column is None or column in table(TABLES[name]).columns


def test_a_column_is_found_by_its_description() -> None:
    """Otherwise the test above could find nothing."""
    described = list_described("A row.\n\n    - `a`: the encrypted name. `b`: plain.\n    - `c`: x")
    assert described == {"a"}
    assert ("message_subject", "key") in LISTED
    assert "key" in list_described(models.MessageSubject.__doc__ or "")


def test_merged_rows_are_told_apart() -> None:
    """A column that is unique with the pseudonym is listed, so that equal rows are merged."""
    for entry in KEY_COLUMNS:
        if entry.pseudonym is None:
            continue
        rows = table(entry.model)
        groups = {
            frozenset(constraint.columns.keys())
            for constraint in rows.constraints
            if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
        } | {frozenset({each.name}) for each in rows.columns if each.unique}
        unique = [group - {entry.pseudonym} for group in groups if entry.pseudonym in group]
        assert unique == ([] if entry.unique is None else [frozenset(entry.unique)]), rows.name


@pytest.mark.parametrize(
    "path", sorted(Path(cli.__file__).parent.glob("*.py")), ids=lambda each: each.stem
)
def test_no_command_uses_a_key_that_was_not_checked(path: Path) -> None:
    """Commands load the keys with `bot.runtime.keys`, which compares them with the database."""
    assert not re.search(r"make_pseudonyms|make_policy|load_keys", path.read_text("utf-8"))
