"""Units on the command line: searched by typed names, and their boundaries imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.commandline.test_mistakes import ROOT, get_only_line, run_bot
from tests.rules.test_location import make_collection, make_feature


def run_units(folder: Path, *words: str, typed: bytes = b"", **environment: str) -> list[bytes]:
    """Run a `units` command in a fresh interpreter, which reads the locale; return its output
    lines.
    """
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


def find_units(folder: Path, typed: bytes, **environment: str) -> list[dict[str, object]]:
    """Return the results of `units find` for the typed lines."""
    return [orjson.loads(line) for line in run_units(folder, "find", typed=typed, **environment)]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.ISO-8859-1"])
def test_each_line_is_answered_in_utf8(tmp_path: Path, locale: str) -> None:
    """In order, in any locale, with or without a final line break; an empty line has no units."""
    typed = "quận lê chân\r\n\nquỳnh lôi hà nội\nle chan".encode()
    settings = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert find_units(tmp_path, typed, **settings) == [
        {"query": "quận lê chân", "codes": ["11383", "11407"]},
        {"query": "", "codes": []},
        {"query": "quỳnh lôi hà nội", "codes": []},
        {"query": "le chan", "codes": ["11383"]},
    ]


def test_invalid_utf8_is_answered_too(tmp_path: Path) -> None:
    """A byte order mark is no part of a name; invalid bytes do not end the answers."""
    found = find_units(tmp_path, b"\xef\xbb\xbfle chan\n\xff\xfe\nle chan\n")
    assert [each["codes"] for each in found] == [["11383"], [], ["11383"]]


def test_names_are_listed_in_any_locale(tmp_path: Path) -> None:
    """The list has diacritics, also in the locale C."""
    listed = run_units(tmp_path, "list", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert len(listed) == 114


def test_boundaries_are_checked_and_copied(tmp_path: Path) -> None:
    """They are copied to the configured file; units without an area are listed."""
    content = make_collection(make_feature("11383", 20.84, 106.68))
    (tmp_path / "mine.geojson").write_bytes(content)
    kept = {"BOT_AREAS__BOUNDARIES": "kept/units.geojson"}
    done = run_bot(tmp_path, "units", "import", "mine.geojson", **kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert "An Biên" in done.stdout
    assert (tmp_path / "kept" / "units.geojson").read_bytes() == content


def test_bad_boundaries_leave_the_old_ones(tmp_path: Path) -> None:
    """Status 1, and a line names the file and the feature; status 2 if no file is configured."""
    (tmp_path / "old.geojson").write_bytes(b"old")
    (tmp_path / "bad.geojson").write_bytes(make_collection(make_feature("1", 20.84, 106.68)))
    kept = {"BOT_AREAS__BOUNDARIES": "old.geojson"}
    done = run_bot(tmp_path, "units", "import", "bad.geojson", **kept)
    assert (done.returncode, "bad.geojson: feature 1: '1'" in get_only_line(done)) == (1, True)
    assert run_bot(tmp_path, "units", "import", "none.geojson", **kept).returncode == 1
    assert (tmp_path / "old.geojson").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.geojson", "old.geojson"]
    unset = run_bot(tmp_path, "units", "import", "bad.geojson")
    assert (unset.returncode, "areas.boundaries" in get_only_line(unset)) == (2, True)
