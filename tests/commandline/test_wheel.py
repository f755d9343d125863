"""The wheel: what it contains, and what the command line says without the simulator."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from shutil import copytree, ignore_patterns
from typing import TYPE_CHECKING

import pytest

from bot.cli import base
from bot.cli.base import Failure, require_simulator
from tests.commandline.test_mistakes import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of the files in a wheel built from this tree."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    for name in ("bot", "storage"):
        copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    subprocess.run(  # noqa: S603
        [*build, "--no-build-isolation", "--wheel-dir", str(folder / "out"), str(folder)],
        check=True,
    )
    (file,) = (folder / "out").glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return frozenset(archive.namelist())


def test_the_wheel_has_the_bot_and_not_the_simulator(wheel_files: frozenset[str]) -> None:
    """Every module and data file of bot and storage is in it.

    Left out are the simulator, and the examples that the weights of the model are made from.
    """
    needed = {
        path.relative_to(ROOT).as_posix()
        for folder in ("bot", "storage")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "simulator", "data"}.intersection(path.parts)
    }
    packaged = {name for name in wheel_files if ".dist-info/" not in name}
    assert packaged == needed


@pytest.mark.parametrize("missing", ["bot.simulator", "aiogram"])
def test_without_the_simulator_one_line_says_what_to_do(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo and the simulator need the source folder and the libraries of the demo."""
    monkeypatch.setattr(base, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(Failure, match=r"requirements/demo\.txt") as raised:
        require_simulator()
    assert "\n" not in str(raised.value)
    assert base.describe_failure(raised.value) == (str(raised.value), 1)
