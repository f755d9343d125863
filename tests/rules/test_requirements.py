"""The pinned packages: those of an installation are held back by no package of the tests."""

from __future__ import annotations

import re
from pathlib import Path

from tests.outdated import list_outdated

_FOLDER = Path(__file__).parents[2]
_PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
_INDEX = re.compile(r"https?://|^--?(index|extra-index|find-links|i )", re.MULTILINE)


def read_pins(name: str) -> dict[str, str]:
    """Return the versions of a file of pins, by package."""
    return dict(_PIN.findall((_FOLDER / "requirements" / f"{name}.txt").read_text("utf-8")))


def test_packages_of_an_installation_are_resolved_by_themselves() -> None:
    """Neither a constraint of the tests nor an extra is given to the resolver."""
    recipe = (_FOLDER / "Makefile").read_text("utf-8").partition("\nrequirements:\n")[2]
    lines = [line.strip() for line in recipe.splitlines() if "requirements/runtime.txt" in line]
    assert lines == ["$(COMPILE) -o requirements/runtime.txt"]


def test_an_installation_has_no_package_of_the_simulator_or_of_the_tests() -> None:
    """aiogram asks for older versions of packages that the bot uses too."""
    assert not {"aiogram", "pytest", "mypy", "setuptools"} & read_pins("runtime").keys()
    assert read_pins("runtime").keys() <= read_pins("demo").keys() <= read_pins("dev").keys()


def test_every_pin_has_hashes_and_no_file_names_an_index() -> None:
    """An installation refuses a package that was changed, and uses the operator's index."""
    for name in ("runtime", "demo", "dev"):
        written = (_FOLDER / "requirements" / f"{name}.txt").read_text("utf-8")
        assert not _INDEX.search(written), name
        blocks = re.split(r"^(?=[\w.-]+==)", written, flags=re.MULTILINE)[1:]
        assert blocks
        assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_outdated_pins_are_named_with_both_versions() -> None:
    """A package that only one of the files has is left out."""
    pinned = "aiohttp==3.13.5 \\\n    --hash=sha256:0\nlxml==6.0\nold==1\n"
    assert list_outdated(pinned, "aiohttp==3.14.5\nlxml==6.0\nnew==2\n") == [
        "aiohttp 3.13.5 -> 3.14.5"
    ]
