"""The status of the keys: how many values of each column are under which key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.privacy.key_rotation import get_sealed, map_row_pseudonyms
from storage import key_rows
from storage.key_columns import KEY_COLUMNS, KeyColumns
from storage.statements import table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Row

    from bot.privacy.pseudonyms import Pseudonyms
    from storage.database import Database

_PAGE = 500


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """The number of values of a column (or of files) under each key.

    - `column`: "" for the files of the store.
    - `counts`: by the number of the key in the settings, from 0. None stands for no key of them.
    """

    table: str
    column: str
    counts: Mapping[int | None, int]


async def count_keys(
    database: Database, pseudonyms: Pseudonyms, report: Callable[[str, int, int], None]
) -> list[KeyCounts]:
    """Return how many values of each column of KEY_COLUMNS are under which key.

    A pseudonym is known by the address in its row, or in another row of the same person. `report`
    is called with the name of a table, the number of rows that are done, and the total. Raises
    Unavailable.
    """
    known: dict[int, int] = {}  # every pseudonym of a chat that is named in an address
    found: list[KeyCounts] = []
    entries = sorted(KEY_COLUMNS, key=lambda entry: entry.address is None)
    for entry in entries:
        names = (*entry.encrypted, *entry.sealed)
        counters: dict[str, Counter[int | None]] = {name: Counter() for name in names}
        if entry.pseudonym is not None:
            counters[entry.pseudonym] = Counter()
        await _count_table(database, pseudonyms, entry, counters, known, report)
        found += [KeyCounts(table(entry.model).name, name, each) for name, each in counters.items()]
    return found


async def _count_table(
    database: Database,
    pseudonyms: Pseudonyms,
    entry: KeyColumns,
    counters: Mapping[str, Counter[int | None]],
    known: dict[int, int],
    report: Callable[[str, int, int], None],
) -> None:
    name, done, after = table(entry.model).name, 0, None
    async with database.reading() as connection:
        total = await key_rows.count_rows(connection, entry)
    while True:
        async with database.reading() as connection:
            page = await key_rows.list_page(connection, entry, after, _PAGE)
        if not page:
            break
        for row in page:
            for column in entry.encrypted:
                if value := getattr(row, column):
                    counters[column][pseudonyms.cipher.find_key(value.encode())] += 1
            for column in entry.sealed:
                if value := get_sealed(getattr(row, column)):
                    counters[column][pseudonyms.sealer.find_key(value)] += 1
            if entry.pseudonym is not None:
                _count_pseudonym(pseudonyms, entry, row, counters[entry.pseudonym], known)
        done, after = done + len(page), page[-1].row_id
        report(name, done, max(done, total))
    report(name, done, done)


def _count_pseudonym(
    pseudonyms: Pseudonyms,
    entry: KeyColumns,
    row: Row[Any],
    counter: Counter[int | None],
    known: dict[int, int],
) -> None:
    """Count the key of a row's pseudonym; a chat id of an officer or a group has none.

    A pseudonym in a table without addresses is not counted if no other row leads to its person.
    """
    assert entry.pseudonym is not None
    pseudonym = getattr(row, entry.pseudonym)
    mapped = map_row_pseudonyms(pseudonyms, entry, row)
    known.update((each, number) for each, (number, _) in mapped.items())
    if pseudonym in known:
        counter[known[pseudonym]] += 1
    elif entry.address and pseudonym is not None and pseudonyms.is_pseudonym(pseudonym):
        counter[None] += 1


def list_unreadable(counts: Sequence[KeyCounts]) -> list[KeyCounts]:
    """Return those of the counts with values that no key of the settings decrypts.

    Pseudonyms are not encrypted: of one without an address nobody can say which key it is under.
    """
    pseudonyms = {(table(entry.model).name, entry.pseudonym) for entry in KEY_COLUMNS}
    return [
        each
        for each in counts
        if each.counts.get(None) and (each.table, each.column) not in pseudonyms
    ]


def find_needed_keys(counts: Sequence[KeyCounts]) -> set[int | None]:
    """Return the numbers of the keys under which there is anything; None for an unknown key."""
    return {number for each in counts for number, count in each.counts.items() if count}
