"""Open exports of hostile texts in LibreOffice, and count the formulas that it finds.

Run it with `make spreadsheets`. It is not part of the gate, because LibreOffice is large.
"""

from __future__ import annotations

import asyncio
import io
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.reports.export import ExportFormat, write_records
from tests.attacks.test_16_spreadsheets import COLUMNS, HIDDEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_LETTERS = "=+-@\t\r\n;,\"'|_x0041# \x01\uffff\u200b\ufeff\uff1d\uff0b\ufe63\u22121ASUM()"
_RANDOM_TEXTS = 3000
# Filter, delimiter, quote, UTF-8, first row, ..., and that formulas are evaluated.
_CSV_FILTER = "Text - txt - csv (StarCalc):{},34,76,1,,0,false,true,false,false,false,0,true"


async def _yield_records() -> AsyncIterator[dict[str, Any]]:
    chance = random.Random(1)
    for text in HIDDEN:
        yield dict.fromkeys(COLUMNS, text)
    for _ in range(_RANDOM_TEXTS):
        yield dict.fromkeys(COLUMNS, "".join(chance.choices(_LETTERS, k=chance.randint(1, 20))))


def _export(form: ExportFormat, *, excel: bool = False) -> bytes:
    out = io.BytesIO()
    asyncio.run(write_records(_yield_records(), COLUMNS, form, out, excel=excel))
    return out.getvalue()


def _count_formulas(folder: Path, name: str, content: bytes, *options: str) -> int:
    """Return the number of formulas that LibreOffice finds in a file."""
    (folder / name).write_bytes(content)
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    target = ["--convert-to", "fods", "--outdir", str(folder), str(folder / name)]
    line = [*command, *options, *target]
    subprocess.run(line, check=True, capture_output=True)  # noqa: S603 - fixed arguments
    opened = (folder / name).with_suffix(".fods").read_text("utf-8")
    assert opened.count("<table:table-cell") > len(HIDDEN)
    return opened.count("table:formula=")


def main() -> int:
    """Print the number of formulas in each file. Return 1 if there is one, or else 0."""
    total = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files: dict[str, tuple[bytes, tuple[str, ...]]] = {}
        files["export.xlsx"] = (_export(ExportFormat.XLSX), ())
        for excel in (False, True):
            for delimiter in map(ord, ",;\t"):
                option = f"--infilter={_CSV_FILTER.format(delimiter)}"
                content = _export(ExportFormat.CSV, excel=excel)
                files[f"excel-{excel}-{delimiter}.csv"] = (content, (option,))
        for file_name, (content, options) in files.items():
            count = _count_formulas(folder, file_name, content, *options)
            sys.stdout.write(f"{file_name}: {count} formulas\n")
            total += count
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
