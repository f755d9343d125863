"""Units on the command line: found by what people type, and their boundaries taken in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.commandline.test_mistakes import ROOT, bot, said
from tests.rules.test_location import make_collection, make_feature


def units(folder: Path, *words: str, typed: bytes = b"", **environment: str) -> list[bytes]:
    """What a command about units writes: by a fresh interpreter, which looks at the locale."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", "units", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        input=typed,
        capture_output=True,
        timeout=40,
        check=True,
    )
    return done.stdout.splitlines()


def find(folder: Path, typed: bytes, **environment: str) -> list[dict[str, object]]:
    """What `units find` writes about what was typed."""
    return [orjson.loads(line) for line in units(folder, "find", typed=typed, **environment)]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.ISO-8859-1"])
def test_each_line_is_answered_in_utf8(tmp_path: Path, locale: str) -> None:
    """In order, in any locale, with or without a last line break; an empty line has no units."""
    typed = "quận lê chân\r\n\nquỳnh lôi hà nội\nle chan".encode()
    settings = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert find(tmp_path, typed, **settings) == [
        {"query": "quận lê chân", "codes": ["11383", "11407"]},
        {"query": "", "codes": []},
        {"query": "quỳnh lôi hà nội", "codes": []},
        {"query": "le chan", "codes": ["11383"]},
    ]


def test_what_is_not_utf8_is_answered_too(tmp_path: Path) -> None:
    """A byte order mark is no part of a name; broken bytes do not end the answers."""
    found = find(tmp_path, b"\xef\xbb\xbfle chan\n\xff\xfe\nle chan\n")
    assert [each["codes"] for each in found] == [["11383"], [], ["11383"]]


def test_names_are_listed_in_any_locale(tmp_path: Path) -> None:
    """The list has diacritics."""
    listed = units(tmp_path, "list", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert len(listed) == 114


def test_boundaries_are_checked_and_copied(tmp_path: Path) -> None:
    """To where the settings say; which units have no area is said."""
    content = make_collection(make_feature("11383", 20.84, 106.68))
    (tmp_path / "mine.geojson").write_bytes(content)
    kept = {"BOT_AREAS__BOUNDARIES": "kept/units.geojson"}
    done = bot(tmp_path, "units", "import", "mine.geojson", **kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert "An Biên" in done.stdout
    assert (tmp_path / "kept" / "units.geojson").read_bytes() == content


def test_bad_boundaries_leave_the_old_ones(tmp_path: Path) -> None:
    """1 and one line that names the file and the feature; 2 when the settings name no place."""
    (tmp_path / "old.geojson").write_bytes(b"old")
    (tmp_path / "bad.geojson").write_bytes(make_collection(make_feature("1", 20.84, 106.68)))
    kept = {"BOT_AREAS__BOUNDARIES": "old.geojson"}
    done = bot(tmp_path, "units", "import", "bad.geojson", **kept)
    assert (done.returncode, "bad.geojson: feature 1: '1'" in said(done)) == (1, True)
    assert bot(tmp_path, "units", "import", "none.geojson", **kept).returncode == 1
    assert (tmp_path / "old.geojson").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.geojson", "old.geojson"]
    unset = bot(tmp_path, "units", "import", "bad.geojson")
    assert (unset.returncode, "areas.boundaries" in said(unset)) == (2, True)
