"""The page's own words, read from its files."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "bot" / "simulator" / "page"
ENTRY = re.compile(r'"([\w.]+)":\s*\[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\]')


def words() -> dict[str, tuple[str, str]]:
    source = (PAGE / "words.js").read_text(encoding="utf-8")
    return {key: (vietnamese, english) for key, vietnamese, english in ENTRY.findall(source)}


def test_every_word_asked_for_is_in_the_table() -> None:
    """By a script with t("..."), by the page with data-word or data-label."""
    asked = set(
        re.findall(r'data-(?:word|label)="([^"]+)"', (PAGE / "index.html").read_text("utf-8"))
    )
    for script in PAGE.glob("*.js"):
        asked.update(re.findall(r'\bt\("([^"]+)"', script.read_text("utf-8")))
    assert asked - set(words()) == set()


def test_both_languages_have_the_same_gaps() -> None:
    """A name or a number that one language shows, the other shows too."""
    table = words()
    assert len(table) > 90
    gaps = re.compile(r"\{\w+\}")
    differing = [
        k for k, (vi, en) in table.items() if set(gaps.findall(vi)) != set(gaps.findall(en))
    ]
    assert differing == []


def test_every_script_is_short() -> None:
    """A module of the page fits three screens."""
    long = [f.name for f in PAGE.glob("*.js") if len(f.read_text("utf-8").splitlines()) >= 300]
    assert long == []
