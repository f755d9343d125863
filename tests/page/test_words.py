"""Tests of the page's texts, read from its files."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "bot" / "simulator" / "page"
ENTRY = re.compile(r'"([\w.]+)":\s*\[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\]')


def read_texts() -> dict[str, tuple[str, str]]:
    """Return the Vietnamese and English text of each key in words.js."""
    source = (PAGE / "words.js").read_text(encoding="utf-8")
    return {key: (vietnamese, english) for key, vietnamese, english in ENTRY.findall(source)}


def test_every_key_that_is_used_has_texts() -> None:
    """Scripts use keys in translate("..."), index.html in data-word and data-label."""
    used = set(
        re.findall(r'data-(?:word|label)="([^"]+)"', (PAGE / "index.html").read_text("utf-8"))
    )
    for script in PAGE.glob("*.js"):
        used.update(re.findall(r'\btranslate\("([^"]+)"', script.read_text("utf-8")))
    assert used - set(read_texts()) == set()


def test_both_languages_have_the_same_parameters() -> None:
    """The {parameters} of a Vietnamese text are those of its English text."""
    table = read_texts()
    assert len(table) > 90
    parameters = re.compile(r"\{\w+\}")
    differing = [
        k
        for k, (vi, en) in table.items()
        if set(parameters.findall(vi)) != set(parameters.findall(en))
    ]
    assert differing == []


def test_every_script_has_fewer_than_300_lines() -> None:
    """A longer module must be split."""
    long = [f.name for f in PAGE.glob("*.js") if len(f.read_text("utf-8").splitlines()) >= 300]
    assert long == []
