"""Import contracts that are allowlists: `.importlinter` says what each package may import.

import-linter's own contracts say what is forbidden, so a new package is free to import everything.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import grimp
from importlinter import Contract, ContractCheck, fields, output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grimp import ImportGraph

_PROJECT = ("bot", "storage")


def parse_rows(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the allowed names by package, in the order of the lines.

    A line is "package: allowed allowed"; with nothing after the colon, nothing is allowed.
    """
    rows = {}
    for line in lines:
        package, _, allowed = line.partition(":")
        rows[package.strip()] = tuple(allowed.split())
    return rows


def find_row(module: str, rows: Iterable[str]) -> str | None:
    """Return the most specific row that a module belongs to, or None."""
    matching = (row for row in rows if module == row or module.startswith(f"{row}."))
    return max(matching, key=len, default=None)


def list_upward_rows(rows: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each allowed name that is no row below the row that allows it."""
    order = list(rows)
    return [
        f"the row {package} allows {name}, which is no row below it"
        for package, allowed in rows.items()
        for name in allowed
        if name not in order or order.index(name) <= order.index(package)
    ]


def list_package_violations(
    graph: ImportGraph, rows: Mapping[str, Sequence[str]], exceptions: Iterable[str] = ()
) -> list[str]:
    """Return a sentence for each import inside the project that no row allows.

    An exception is "importer -> imported", with full module names. An exception that no import
    needs is a violation too, so that the list can only shrink.
    """
    violations = list_upward_rows(rows)
    unused = set(exceptions)
    for importer in sorted(graph.modules):
        own = find_row(importer, rows)
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            other = find_row(imported, rows)
            if own == other or (own and other in rows[own]):
                continue
            edge = f"{importer} -> {imported}"
            if edge in unused:
                unused.discard(edge)
            else:
                violations.append(f"{edge}: {own or 'its package'} may not import {other}")
    violations += [f"{edge}: this exception is not needed any more" for edge in sorted(unused)]
    return violations


def list_library_violations(graph: ImportGraph, rows: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each import of a library that no row allows.

    A package may import what its own row and the rows of its parent packages allow. The standard
    library is always allowed.
    """
    violations = []
    for importer in sorted(graph.modules):
        if importer.partition(".")[0] not in _PROJECT:
            continue
        allowed = {
            name
            for row, names in rows.items()
            if importer == row or importer.startswith(f"{row}.")
            for name in names
        }
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            library = imported.partition(".")[0]
            if library in _PROJECT or library in sys.stdlib_module_names or library in allowed:
                continue
            violations.append(f"{importer} -> {library}: no row allows this library")
    return violations


class PackageAllowlist(Contract):
    """Imports inside the project, type-checking imports included, are those that rows allow.

    The rows are in order: a package may only import packages whose rows are below its own.
    """

    type_name = "package_allowlist"

    rows = fields.ListField(subfield=fields.StringField())
    exceptions = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the violations; the contract is kept when there are none."""
        rows = parse_rows(self.rows)  # type: ignore[arg-type]
        exceptions: Any = self.exceptions or ()
        return _report(list_package_violations(_without_libraries(graph), rows, exceptions))

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print a line for each violation."""
        _print_violations(check)


class LibraryAllowlist(Contract):
    """Imports of libraries when the program runs are those that rows allow.

    Imports for type checking are free: a signature may name a connection of SQLAlchemy.
    """

    type_name = "library_allowlist"

    rows = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the violations; the contract is kept when there are none."""
        running = grimp.build_graph(
            *_PROJECT,
            include_external_packages=True,
            exclude_type_checking_imports=True,
            cache_dir=None,
        )
        rows = parse_rows(self.rows)  # type: ignore[arg-type]
        return _report(list_library_violations(running, rows))

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print a line for each violation."""
        _print_violations(check)


def _without_libraries(graph: ImportGraph) -> ImportGraph:
    for module in graph.modules:
        if module.partition(".")[0] not in _PROJECT:
            graph.remove_module(module)
    return graph


def _report(violations: list[str]) -> ContractCheck:
    return ContractCheck(kept=not violations, metadata={"violations": violations})


def _print_violations(check: ContractCheck) -> None:
    for violation in check.metadata["violations"]:
        output.print_error(violation)
    output.new_line()
