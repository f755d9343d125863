"""List import cycles of modules, type-checking imports included (`python -m tests.import_cycles`).

Exits with 1 if there is one.
"""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import grimp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def list_cycles(imports: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return cycles of a graph until no other is left; the first module of each is repeated.

    `imports` has the imported modules by importing module. After a cycle was found, one of its
    imports is ignored.
    """
    remaining = {module: set(imported) for module, imported in imports.items()}
    cycles = []
    while True:
        try:
            TopologicalSorter(remaining).prepare()
        except CycleError as error:
            cycle: list[str] = list(reversed(error.args[1]))
            cycles.append(cycle)
            remaining[cycle[0]].discard(cycle[1])
        else:
            return cycles


def main() -> int:
    """Print the cycles of the project, and return the exit status."""
    graph = grimp.build_graph("bot", "storage", exclude_type_checking_imports=False, cache_dir=None)
    cycles = list_cycles(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    )
    for cycle in cycles:
        sys.stdout.write(f"import cycle: {' -> '.join(cycle)}\n")
    return 1 if cycles else 0


if __name__ == "__main__":
    sys.exit(main())
