"""Attacks with files that fill the disk: a quota of a person and in all, with an alarm before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import select, update

from bot.evidence.fetcher import StorageQuota
from bot.runtime import jobs
from bot.runtime.ops import format_metrics
from storage import evidence
from storage.models import Attachment, EvidenceState, Role
from storage.statements import table

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

NAMED, FILES = "Phường An Biên", table(Attachment)
MEGABYTE, ALARM = 1_000_000, "store.nearly_full"


async def send_photo(person: Person, text: str = "Đèn hỏng.") -> str:
    """Give an opinion with a photo; return its code."""
    await person.begins()
    await person.says(text)
    await person.does("photo")
    return await person.finishes(area=NAMED)


async def list_states(town: Town) -> list[EvidenceState]:
    """Return the states of all files, in order."""
    async with town.app.database.reading() as connection:
        found = await connection.execute(select(FILES.c.state).order_by(FILES.c.id))
        return list(found.scalars())


async def fill_store(town: Town, size: int) -> None:
    """Make the newest stored file as large as that, in the database."""
    async with town.app.database.transaction() as connection:
        stored = FILES.c.original.is_not(None)
        newest = select(FILES.c.id).where(stored).order_by(FILES.c.id.desc()).limit(1)
        changed = update(FILES).where(FILES.c.id == newest.scalar_subquery()).values(size=size)
        await connection.execute(changed)


async def watch_store(town: Town) -> None:
    """Run the job that looks at the store, with a quota of one megabyte in all."""
    context = town.app.job_context
    section = context.settings.evidence.model_copy(update={"megabytes_in_all": 1})
    settings = context.settings.model_copy(update={"evidence": section})
    await jobs.watch_store(replace(context, settings=settings))
    await town.settle()


@pytest.mark.parametrize(("own", "in_all"), [(0, 10_000_000), (10_000_000, 0)])
async def test_a_file_over_a_quota_is_not_stored(town: Town, own: int, in_all: int) -> None:
    """Of a person and in all. Its resident is told; the words stay."""
    town.app.evidence._quota = StorageQuota(a_person=own, in_all=in_all)
    ann = town.resident("Ann")
    code = await send_photo(ann)
    assert (await town.get_submission(code)).text == "Đèn hỏng."
    assert ann.was_told("files.given_up.over_quota")
    async with town.app.database.reading() as connection:
        assert await evidence.measure_stored(connection) == 0


async def test_the_quota_in_all_is_shared_by_everybody(town: Town) -> None:
    """What Ann stored leaves no room for Bob; when Ann erases it, there is room again."""
    ann, bob = town.resident("Ann"), town.resident("Bob")
    await send_photo(ann)
    async with town.app.database.reading() as connection:
        used = await evidence.measure_stored(connection)
    assert used > 0
    town.app.evidence._quota = StorageQuota(a_person=10 * MEGABYTE, in_all=2 * used - 1)
    await send_photo(bob)
    assert bob.was_told("files.given_up.over_quota")
    assert await list_states(town) == [EvidenceState.STORED, EvidenceState.OVER_QUOTA]
    town.app.evidence._quota = StorageQuota(a_person=10 * MEGABYTE, in_all=2 * used)
    await send_photo(bob)
    assert (await list_states(town))[-1] == EvidenceState.STORED


@pytest.mark.parametrize(("before", "is_warned"), [(0.5, False), (0.9, True)])
async def test_the_log_warns_before_the_store_is_full(
    town: Town, before: float, *, is_warned: bool
) -> None:
    """From 80 percent on, also while the file itself still has room."""
    await send_photo(town.resident("Ann"))
    await fill_store(town, int(before * 100 * MEGABYTE))
    town.app.evidence._quota = StorageQuota(a_person=100 * MEGABYTE, in_all=100 * MEGABYTE)
    with structlog.testing.capture_logs() as logs:
        await send_photo(town.resident("Bob"))
    warnings = [entry for entry in logs if "nearly full" in entry["event"]]
    assert bool(warnings) == is_warned
    assert await list_states(town) == [EvidenceState.STORED] * 2


async def test_the_city_is_told_once_until_there_was_room_again(town: Town) -> None:
    """Coordinators and administrators of the city get it, and nobody else."""
    told = [
        await town.officer("An", role=Role.COORDINATOR),
        await town.officer("Ba", role=Role.ADMINISTRATOR),
    ]
    others = [
        await town.officer("Chi"),
        await town.officer("Dung", unit="11407", role=Role.APPROVER),
    ]
    await send_photo(town.resident("Ann"))

    async def count_after(size: int, checks: int = 2) -> list[int]:
        await fill_store(town, size)
        for _ in range(checks):
            town.advance(minutes=5)
            await watch_store(town)
        assert [each.count_told(ALARM) for each in others] == [0, 0]
        return [each.count_told(ALARM) for each in told]

    assert await count_after(MEGABYTE * 79 // 100) == [0, 0]
    assert await count_after(MEGABYTE * 85 // 100) == [1, 1]
    assert told[0].has_heard("85%")
    town.advance(days=30)
    await jobs.purge_data(town.app.job_context)
    assert await count_after(MEGABYTE * 95 // 100) == [1, 1]
    assert await count_after(MEGABYTE * 70 // 100) == [1, 1]
    assert await count_after(MEGABYTE * 90 // 100) == [2, 2]


async def test_without_a_coordinator_all_officers_of_the_city_are_told(town: Town) -> None:
    """While the city has no officer at all, nothing counts as told."""
    await send_photo(town.resident("Ann"))
    await fill_store(town, MEGABYTE)
    await watch_store(town)
    officer = await town.officer("Binh")
    await watch_store(town)
    await watch_store(town)
    assert officer.count_told(ALARM) == 1


async def test_the_metrics_show_the_bytes_and_the_quota(town: Town) -> None:
    """An alarm of the operator's own monitoring compares the two."""
    before = (await format_metrics(town.app.database, 50 * MEGABYTE)).decode()
    assert "\nlangnghe_evidence_bytes 0.0\n" in before
    assert "\nlangnghe_evidence_quota_bytes 5e+07\n" in before
    await send_photo(town.resident("Ann"))
    await fill_store(town, 4_321)
    after = (await format_metrics(town.app.database, 50 * MEGABYTE)).decode()
    assert "\nlangnghe_evidence_bytes 4321.0\n" in after
