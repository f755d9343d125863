"""The linking attacker: has a full copy of the database without the key, and pairs identities.

An identity is a named or unnamed resident, or any other number that rows are stored under. The
attacker collects what stands in its rows and in rows that refer to them. It pairs each unnamed
resident with the named one that has the nearest value, for every pair of columns; and by two steps
over the other numbers.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.attacks.stolen_copy import StolenCopy

Column = tuple[str, str]
# For each column the values of each identity.
Values = dict[Column, dict[int, list[Any]]]

_KEY_COLUMNS = ("alias", "chat_id", "key")
_BEST = 6  # columns that the two steps are tried with
_MOST = 100  # equally near people, among whom a guess is worth nothing
_FEWEST = 3  # different values of a column that may tell people apart


@dataclass(frozen=True)
class Score:
    """Right links of one pair of columns: their number, and what chance alone gives."""

    columns: tuple[Column, ...]
    right: float
    by_chance: float


@dataclass
class Attacker:
    """Tries to link the identities of a copy. `owners` is the truth: the person of each number."""

    copy: StolenCopy
    owners: Mapping[int, int]

    def __post_init__(self) -> None:
        residents = self.copy.tables["resident"]
        self.named = _collect(self.copy, [row for row in residents if row["named"]])
        self.unnamed = _collect(self.copy, [row for row in residents if not row["named"]])
        known = {row["alias"] for row in residents}
        self.others = _collect_others(self.copy, known)

    def try_everything(self) -> list[Score]:
        """Return the scores of all pairs of columns and of the best chains, the best one first."""
        scores = self._try_pairs(self.named, self.unnamed)
        to_named, to_unnamed = (
            self._try_pairs(each, self.others)[:_BEST] for each in (self.named, self.unnamed)
        )
        for one, two in product(to_named, to_unnamed):
            if one.columns[1][0] and two.columns[1][0]:
                scores.append(self._try_chain(one.columns, two.columns))
        return sorted(scores, key=lambda each: each.right - each.by_chance, reverse=True)

    def _try_pairs(self, targets: Values, sources: Values) -> list[Score]:
        scores = [
            self._score((mine, theirs), _pair(targets[mine], sources[theirs]), targets[mine])
            for mine, theirs in product(targets, sources)
            if _is_comparable(targets[mine], sources[theirs])
        ]
        return sorted(scores, key=lambda each: each.right - each.by_chance, reverse=True)

    def _try_chain(self, one: tuple[Column, ...], two: tuple[Column, ...]) -> Score:
        """Pair unnamed residents with other numbers, and these with named residents."""
        to_named = _pair(self.named[one[0]], self.others[one[1]])
        to_other = _pair(self.others[two[1]], self.unnamed[two[0]])
        chained = {
            unnamed: {
                named: share * more
                for other, share in others.items()
                for named, more in to_named.get(other, {}).items()
            }
            for unnamed, others in to_other.items()
        }
        return self._score((*two, *one), chained, self.named[one[0]])

    def _score(
        self,
        columns: tuple[Column, ...],
        guesses: Mapping[int, Mapping[int, float]],
        targets: Mapping[int, Any],
    ) -> Score:
        right = sum(
            share
            for source, guessed in guesses.items()
            for target, share in guessed.items()
            if self.owners.get(source, -1) == self.owners.get(target, -2)
        )
        known = {self.owners.get(each) for each in targets}
        possible = sum(self.owners.get(each, -1) in known for each in guesses)
        return Score(columns, right, possible / max(1, len(targets)))


def compute_limit(by_chance: float, tries: int) -> int:
    """Return the number of right links that all tries together exceed once in 10,000 times."""
    mean, number, below = by_chance + 1.5, 0, 0.0  # a person has one language: two classes
    while True:
        below += math.exp(-mean) * mean**number / math.factorial(number)
        number += 1
        if 1 - below < 1e-4 / tries:
            return number


def _collect(copy: StolenCopy, residents: Sequence[Mapping[str, Any]]) -> Values:
    """Return the values of residents: of their rows, and of all rows that lead to them."""
    found: Values = defaultdict(lambda: defaultdict(list))
    by_number = {row["alias"]: row["alias"] for row in residents}
    by_id = {row["id"]: row["alias"] for row in residents}
    cases = {
        row["id"]: by_id[row["resident_id"]]
        for row in copy.tables["submission"]
        if row["resident_id"] in by_id
    }
    codes = {
        row["code"]: cases[row["id"]] for row in copy.tables["submission"] if row["id"] in cases
    }
    for table, rows in copy.tables.items():
        for row in rows:
            owner = _find_owner(table, row, by_number, cases, codes)
            if owner is not None:
                _add(found, table, row, owner)
    return found


def _find_owner(
    table: str,
    row: Mapping[str, Any],
    by_number: Mapping[int, int],
    cases: Mapping[int, int],
    codes: Mapping[str, int],
) -> int | None:
    for name in _KEY_COLUMNS:
        if row.get(name) in by_number:
            return by_number[row[name]]
    if table == "submission":
        return cases.get(row["id"])
    return cases.get(row.get("submission_id") or 0) or codes.get(row.get("subject") or "")


def _collect_others(copy: StolenCopy, known: set[int]) -> Values:
    """Return the values of all numbers that are no residents', such as those of conversations."""
    found: Values = defaultdict(lambda: defaultdict(list))
    for table, rows in copy.tables.items():
        for row in rows:
            for name in _KEY_COLUMNS:
                number = row.get(name)
                if isinstance(number, int) and number not in known:
                    _add(found, table, row, number)
    return found


def _add(found: Values, table: str, row: Mapping[str, Any], owner: int) -> None:
    for column, value in row.items():
        for part, number in _make_comparable(column, value):
            found[table, part][owner].append(number)


def _make_comparable(column: str, value: Any) -> Iterable[tuple[str, Any]]:
    """Return a value as numbers or texts; numbers in a list count, times are microseconds."""
    match value:
        case None | bool():
            return
        case datetime():
            yield column, value.timestamp() * 1e6
        case int() | float() | str() | bytes():
            yield column, value
        case list():
            for each in value:
                yield from _make_comparable(column, each)
        case dict():
            for name, each in value.items():
                yield from _make_comparable(f"{column}.{name}", each)


def _is_comparable(targets: Mapping[int, list[Any]], sources: Mapping[int, list[Any]]) -> bool:
    """Return True if values of one column can be near values of the other, and differ at all."""
    one, two = ({value for each in values for value in each} for values in _list(targets, sources))
    if len(one) < _FEWEST or len(two) < _FEWEST:
        return False
    if any(isinstance(value, str | bytes) for value in (*one, *two)):
        return not one.isdisjoint(two)
    return bool(min(one) <= max(two) and min(two) <= max(one))


def _list(*columns: Mapping[int, list[Any]]) -> list[list[list[Any]]]:
    return [list(each.values()) for each in columns]


def _pair(
    targets: Mapping[int, list[Any]], sources: Mapping[int, list[Any]]
) -> dict[int, dict[int, float]]:
    """Return for each source the targets with the nearest value; equally near ones share it."""
    holders: dict[Any, set[int]] = defaultdict(set)
    for target, values in targets.items():
        for value in values:
            holders[value].add(target)
    is_text = any(isinstance(value, str | bytes) for value in holders)
    ordered = [] if is_text else sorted(holders)
    found = {}
    for source, values in sources.items():
        nearest = _find_nearest(holders, ordered, values)
        if 0 < len(nearest) <= _MOST:
            found[source] = {target: 1 / len(nearest) for target in nearest}
    return found


def _find_nearest(
    holders: Mapping[Any, set[int]], ordered: Sequence[Any], values: Iterable[Any]
) -> set[int]:
    """Return who holds the value that is nearest to one of `values`; of texts, an equal one."""
    nearest: set[int] = set()
    distance = math.inf
    for value in values:
        place = bisect_left(ordered, value) if ordered else 0
        around = [value] if value in holders else ordered[max(0, place - 1) : place + 1]
        for each in around:
            away = 0.0 if each == value else abs(each - value)
            if away < distance:
                distance, nearest = away, set()
            if away == distance:
                nearest = nearest | holders[each]
    return nearest
