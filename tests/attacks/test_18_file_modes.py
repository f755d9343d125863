"""Attack from another account of the same machine: it reads the files that the bot made."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from tests.commandline.test_mistakes import run_bot

if TYPE_CHECKING:
    from pathlib import Path


def list_readable(folder: Path) -> list[str]:
    """Return the files and folders that other accounts may read."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    )


def test_no_other_account_reads_what_the_bot_writes(tmp_path: Path) -> None:
    """The database, the key, an export in every format."""
    for words in (
        ("migrate",),
        ("officers", "invite", "--unit", "31"),
        *(
            ("export", "submissions", "--format", form, "--out", f"a.{form}")
            for form in ("jsonl", "csv", "xlsx")
        ),
        ("export", "audit", "--format", "jsonl", "--out", "audit.jsonl"),
    ):
        done = run_bot(tmp_path, *words)
        assert done.returncode == 0, done.stderr
    assert {"a.csv", "langnghe.db", "langnghe.key"} <= {path.name for path in tmp_path.iterdir()}
    assert list_readable(tmp_path) == []


def test_the_doctor_names_files_that_others_read(tmp_path: Path) -> None:
    """Those of an earlier version stay as they are until the operator changes them."""
    run_bot(tmp_path, "migrate")
    (tmp_path / "langnghe.db").chmod(0o644)
    (tmp_path / "evidence").mkdir(mode=0o755)
    (tmp_path / "config.toml").write_text("")
    done = run_bot(tmp_path, "doctor")
    assert "chmod go= config.toml langnghe.db evidence" in done.stdout
    for name in ("config.toml", "langnghe.db", "evidence"):
        (tmp_path / name).chmod(0o700)
    assert "chmod" not in run_bot(tmp_path, "doctor").stdout
