"""Attack 17: a small file that needs much memory or time stops the bot for everybody."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.evidence.cleaning_process import CleaningProcess
from bot.evidence.errors import NotCheckable, UnreadableMedia
from storage.models import EvidenceState
from tests.attacks.bombs import BOMBS, make_png
from tests.attacks.test_15_malware import open_case, submit
from tests.marked_files import MARKED_FILES
from tests.stories.test_evidence import list_attachments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.town.town import Town

MAX_PEAK = 800  # megabytes of memory of the process that cleans
MAX_SECONDS = 45
# Cleans the file of standard input like the process does, and prints the peak of its memory in KB.
_MEASURE = """
import pathlib, sys
from bot.evidence import cleaning_process
content = sys.stdin.buffer.read()
cleaning_process._limit_resources()
head, _body = cleaning_process._answer({"extension": sys.argv[1]}, content)
status = pathlib.Path("/proc/self/status").read_text().splitlines()
(peak,) = (line.split()[1] for line in status if line.startswith("VmHWM"))
print(head.get("error", "none"), peak)
"""


@pytest.fixture
def process() -> Iterator[CleaningProcess]:
    """A process that cleans."""
    opened = CleaningProcess()
    yield opened
    opened.close()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_not_opened(name: str) -> None:
    """Neither memory nor time of the process that cleans go over the limits."""
    content = BOMBS[name]()
    assert len(content) < 20 * 1024 * 1024
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - this program itself
        [sys.executable, "-c", _MEASURE, name.rpartition(".")[2]],
        input=content, capture_output=True, timeout=MAX_SECONDS,
        env={"PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    assert time.monotonic() - started < MAX_SECONDS
    if done.returncode == 0:
        error, peak = done.stdout.split()
        assert error in {b"NotCheckable", b"UnreadableMedia"}
        assert int(peak) < MAX_PEAK * 1024


def test_the_memory_of_the_bot_itself_does_not_grow(process: CleaningProcess) -> None:
    """A picture of 33 million pixels is unpacked in the other process only."""
    content = make_png(6_000, 5_500)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    copy = process.check_file(content, "png").copy
    assert copy is not None
    assert Image.open(io.BytesIO(copy)).size == (6_000, 5_500)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 * 1024


@pytest.mark.parametrize("name", ["anh.jpg", "anh.heic", "don.pdf", "don.docx", "phim.mp4"])
def test_after_a_bomb_the_next_file_is_cleaned(process: CleaningProcess, name: str) -> None:
    """Also if the bomb ended the process."""
    with pytest.raises((NotCheckable, UnreadableMedia)):
        process.check_file(BOMBS["nang.docx"](), "docx")
    assert process.check_file(MARKED_FILES[name](), "").copy


async def test_files_are_cleaned_one_at_a_time(
    process: CleaningProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait, there is one process, and the event loop goes on."""
    started: list[int] = []
    popen = subprocess.Popen

    def count(*given: object, **more: object) -> object:
        started.append(1)
        return popen(*given, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", count)
    content, longest = make_png(3_000, 2_000), 0.0
    tasks = [asyncio.to_thread(process.check_file, content, "png") for _ in range(6)]
    work = asyncio.gather(*tasks)
    while not work.done():
        before = time.monotonic()
        await asyncio.sleep(0)
        longest = max(longest, time.monotonic() - before)
    assert all(each.copy for each in await work)
    assert len(started) == 1
    assert longest < 1


@pytest.mark.parametrize("name", ["anh-mau.png", "nang.docx", "nhieu.pdf"])
async def test_a_bomb_is_kept_and_both_sides_read_why(town: Town, name: str) -> None:
    """Nobody is shown it, also of a named resident."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await submit(ann, BOMBS[name](), name)
    assert await open_case(town, officer, code) == []
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.UNCHECKED
    assert officer.was_told("case.files.unchecked")
    assert ann.was_told("files.given_up.unchecked")
