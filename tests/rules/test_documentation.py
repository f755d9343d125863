"""The documentation is checked against the repository: paths, links, names, commands, labels."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from pydantic import BaseModel
from typer.core import TyperGroup

from bot.channels.telegram.commands import COMMANDS, GROUP_COMMANDS
from bot.cli.main import cli
from bot.runtime.settings import Settings
from bot.texts import load_texts
from storage.models import ForumState, Kind, Role, State, Topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "storage", "tests")
README, DATA = ROOT / "README.md", ROOT / "tests" / "data" / "README.md"
PAGES = [
    README,
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    DATA,
]
# Every other text that may name a path of the repository, or a module.
SOURCES = [
    *(path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))),
    *sorted((ROOT / "bot").rglob("*.toml")),
    ROOT / "pyproject.toml",
    ROOT / "config.example.toml",
    ROOT / "Makefile",
    ROOT / ".importlinter",
]

_PATH = re.compile(r"(?<![\w/.-])(?:bot|storage|tests|docs|requirements)/[\w./*{},-]*[\w*/}]")
_FILE = re.compile(r"(?<![\w/*.-])[\w-]+\.(?:py|toml|md|jsonl|csv|png|txt)(?![\w-])")
_MODULE = re.compile(r"`((?:bot|storage|tests)(?:\.\w+)+)`")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
# Files that an operator makes, and placeholders.
_NOT_IN_THE_REPOSITORY = {"config.toml", "FILE.jsonl"}


def format_path(path: Path) -> str:
    """Return the path from the root of the repository, for messages and test ids."""
    return path.relative_to(ROOT).as_posix()


def list_missing_paths(text: str) -> list[str]:
    """Return the paths in a text, from the root of the repository, that no file or folder has."""
    return [path for path in _PATH.findall(text) if not any(map(path_exists, expand_braces(path)))]


def expand_braces(path: str) -> Iterator[str]:
    """Yield the paths that the shell makes of `texts/{vi,en}.toml`."""
    found = re.search(r"\{([^}]*)\}", path)
    if found is None:
        yield path
        return
    for part in found[1].split(","):
        yield from expand_braces(path[: found.start()] + part + path[found.end() :])


def path_exists(path: str) -> bool:
    """Return True if a file or folder has this path; `*` stands for any name."""
    if "*" in path:
        return any(ROOT.glob(path.rstrip("/")))
    return (ROOT / path).exists()


def list_missing_modules(text: str) -> list[str]:
    """Return the dotted names in backticks that are neither a module nor something in one."""
    return [name for name in _MODULE.findall(text) if not is_importable(name)]


def is_importable(name: str) -> bool:
    """Return True if a dotted name is a module, or an attribute of a module or class."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[end:]:
            if not hasattr(value, attribute):
                return False
            value = getattr(value, attribute)
        return True
    return False


def list_commands(command: Any, prefix: str = "") -> Iterator[str]:
    """Yield every command of the command line, such as `officers invite`."""
    if not isinstance(command, TyperGroup):
        yield prefix
        return
    context: Any = None  # the commands do not depend on it
    for name in command.list_commands(context):
        yield from list_commands(command.get_command(context, name), f"{prefix} {name}".strip())


def list_settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every section and key of the settings, such as `telegram.token`."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from list_settings(field.annotation, f"{prefix}{name}.")


def make_anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return plain.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=format_path)
def test_every_path_in_a_page_exists(page: Path) -> None:
    """A page names only files, folders and modules of the repository."""
    text = page.read_text("utf-8")
    names = {name for code in _CODE.findall(text) for name in _FILE.findall(code)}
    files = {
        each.name
        for package in (*PACKAGES, "docs", "requirements")
        for each in (ROOT / package).rglob("*")
    } | {each.name for each in ROOT.iterdir()}
    assert not list_missing_paths(text)
    assert not list_missing_modules(text)
    assert not names - files - _NOT_IN_THE_REPOSITORY


@pytest.mark.parametrize("page", PAGES, ids=format_path)
def test_every_link_in_a_page_has_a_target(page: Path) -> None:
    """A relative link leads to a file and, after `#`, to a heading of it."""
    for link in _LINK.findall(page.read_text("utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"(?m)^#+ (.+)$", target.read_text("utf-8"))
            assert anchor in map(make_anchor, headings), link


def test_every_path_in_the_sources_exists() -> None:
    """Docstrings and comments name only paths and modules that exist."""
    missing = {}
    for path in SOURCES:
        text = path.read_text("utf-8").replace("\\.", ".")  # a path in a regular expression
        if found := [*list_missing_paths(text), *list_missing_modules(text)]:
            missing[format_path(path)] = found
    assert not missing


def test_every_command_is_in_the_readme() -> None:
    """The table of commands has every command of the command line, and no other."""
    table = README.read_text("utf-8").partition("## Commands")[2].partition("\n## ")[0]
    first_cells = re.findall(r"(?m)^\| (`[^|]*) \|", table)[1:]
    documented = {
        " ".join(word for word in code.split() if word.islower())
        for cell in first_cells
        for code in _CODE.findall(cell)
    }
    assert documented == set(list_commands(typer.main.get_command(cli)))


def test_every_chat_command_is_in_the_readme() -> None:
    """The README has both names of every command, and no command that does not exist."""
    table = README.read_text("utf-8").partition("## In the chat")[2].partition("\n## ")[0]
    known = {
        f"/{name}" for names in (*COMMANDS.values(), *GROUP_COMMANDS.values()) for name in names
    }
    assert set(re.findall(r"/[a-z]+", table)) == known


@pytest.mark.parametrize("page", PAGES, ids=format_path)
def test_every_setting_in_a_page_exists(page: Path) -> None:
    """A dotted name in backticks that begins with a section is a setting."""
    sections = "|".join(Settings.model_fields)
    found = re.findall(rf"`((?:{sections})(?:\.[a-z_]+)+)[ `]", page.read_text("utf-8"))
    files = {name for name in found if _FILE.fullmatch(name)}
    assert set(found) - files <= set(list_settings(Settings))


@pytest.mark.parametrize(
    ("enum", "key"),
    [
        (Kind, "feedback.kind.options"),
        (Topic, "feedback.topic.options"),
        (State, "state"),
        (ForumState, "forum.state"),
        (Role, "role"),
    ],
)
def test_the_glossary_has_every_code_with_its_vietnamese_label(
    enum: type[StrEnum], key: str
) -> None:
    """The tables of the glossary have the same codes as the database and the labels of the bot."""
    glossary, texts = (ROOT / "docs" / "glossary.md").read_text("utf-8"), load_texts("vi")
    for value in enum:
        assert f"| `{value}` | {texts[f'{key}.{value}']} |" in glossary


def test_the_index_of_decisions_is_complete() -> None:
    """The index has every page, in order, and each page has the number of its file."""
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("0*.md"))
    assert re.findall(r"\]\((0[^)]*)\)", (folder / "README.md").read_text("utf-8")) == [
        page.name for page in pages
    ]
    for page in pages:
        assert page.read_text("utf-8").startswith(f"# {page.name[:4]}: ")
