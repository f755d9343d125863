"""Attack 15: malware that no rule of the bot knows. ClamAV's daemon is asked about every file."""

from __future__ import annotations

import asyncio
import tempfile
from typing import TYPE_CHECKING

import pytest

from bot.evidence.scanner import ScannerUnavailable, VirusScanner
from bot.runtime.builders import make_scanner
from bot.runtime.doctor import check_scanner
from bot.runtime.ops import format_metrics
from bot.runtime.settings import EvidenceSettings, Settings
from storage.models import EvidenceState
from tests.attacks.clamd_double import EICAR, NAME, run_clamd
from tests.attacks.test_15_malware import open_case, submit
from tests.marked_files import MARKED_FILES
from tests.stories.test_evidence import list_attachments

if TYPE_CHECKING:
    from tests.town.town import Town

PHOTO_WITH_MALWARE = MARKED_FILES["anh.jpg"]() + EICAR
CLEAN = MARKED_FILES["anh.jpg"]()


@pytest.mark.parametrize("content", [EICAR, PHOTO_WITH_MALWARE, b"Don kien nghi " + EICAR])
async def test_malware_reaches_nobody(town: Town, content: bytes) -> None:
    """Resident and officer are told, and nothing of it is stored."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    async with run_clamd() as clamd:
        town.app.evidence._scanner = VirusScanner(clamd.url)
        code = await submit(ann, content, "don.txt")
        assert clamd.scanned == [content]
    (row,) = await list_attachments(town)
    assert (row.state, row.error) == (EvidenceState.DANGEROUS, f"malware: {NAME}")
    assert row.original is None
    assert await open_case(town, officer, code) == []
    assert officer.was_told("case.files.dangerous")
    assert ann.was_told("files.given_up.dangerous")


@pytest.mark.parametrize("identity", ["channel", "unnamed"])
@pytest.mark.parametrize("mode", ["error", "closed", "away"])
async def test_a_file_waits_while_the_scanner_is_down(town: Town, mode: str, identity: str) -> None:
    """For more than a day; officers do not see it, and metrics count it.

    Nothing is lost although Telegram deletes it meanwhile. Afterwards it comes within two minutes.
    """
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    async with run_clamd() as clamd:
        clamd.mode = mode
        down = VirusScanner("tcp://127.0.0.1:1" if mode == "away" else clamd.url)
        town.app.evidence._scanner = down
        code = await submit(ann, CLEAN, "anh.jpg", identity)
        town.simulator.state.files._by_id.clear()
        for _ in range(9):
            town.advance(hours=3)
            await town.settle()
        (row,) = await list_attachments(town)
        assert row.state is EvidenceState.WAITING
        assert await open_case(town, officer, code) == []
        assert officer.was_told("case.files.waiting")
        metrics = (await format_metrics(town.app.database)).decode()
        assert "langnghe_evidence_unscanned 1.0" in metrics
        assert 'langnghe_evidence_files{state="waiting"} 1.0' in metrics
        clamd.mode = ""
        town.app.evidence._scanner = VirusScanner(clamd.url)
        town.advance(minutes=2)
        await town.settle()
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.STORED
    assert len(await open_case(town, officer, code)) == 1
    assert not ann.was_told("files.given_up.failed")
    metrics = (await format_metrics(town.app.database)).decode()
    assert "langnghe_evidence_unscanned 0.0" in metrics


async def test_a_deaf_scanner_is_given_up_in_time() -> None:
    """It took the connection and says nothing."""
    async with run_clamd() as clamd:
        clamd.mode = "deaf"
        with pytest.raises(ScannerUnavailable, match="too long"):
            await VirusScanner(clamd.url, seconds=0.05).find_malware(CLEAN)


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 20 * 1024 * 1024])
async def test_files_of_all_sizes_are_sent_whole(size: int) -> None:
    """The largest is the largest that a bot can fetch; the socket is a file."""
    with tempfile.TemporaryDirectory() as folder:
        async with run_clamd(f"{folder}/clamd.ctl") as clamd:
            content = bytes(size)
            assert await VirusScanner(clamd.url).find_malware(content) is None
            assert clamd.scanned == [content]


async def test_a_scanner_that_refuses_a_large_file_early_is_no_deadlock() -> None:
    """It answers before it has read everything."""
    async with run_clamd() as clamd:
        clamd.mode = "error"
        async with asyncio.timeout(20):
            with pytest.raises(ScannerUnavailable, match="size limit"):
                await VirusScanner(clamd.url).find_malware(bytes(20 * 1024 * 1024))


async def test_doctor_says_whether_the_scanner_answers() -> None:
    """Its version, or that files wait."""
    lines: list[str] = []
    async with run_clamd() as clamd:
        assert await check_scanner(VirusScanner(clamd.url), lines.append)
        assert "ClamAV 1.4.3" in lines[-1]
    assert not await check_scanner(VirusScanner("tcp://127.0.0.1:1"), lines.append)
    assert "evidence.scanner" in lines[-1]
    assert await check_scanner(None, lines.append)
    assert "evidence.scanner" in lines[-1]


@pytest.mark.parametrize("url", ["unix:///run/clamav/clamd.ctl", "tcp://clamd.local:3310", ""])
def test_the_address_of_the_scanner_is_a_setting(url: str) -> None:
    """An empty one is no scanner."""
    scanner = make_scanner(Settings(evidence=EvidenceSettings(scanner=url)))
    assert (scanner is None) == (url == "")


@pytest.mark.parametrize("url", ["clamd", "http://127.0.0.1:3310", "unix:relative", "tcp://host"])
def test_another_address_is_refused(url: str) -> None:
    """At the start, with the two forms."""
    with pytest.raises(ValueError, match="unix:///path"):
        EvidenceSettings(scanner=url)
