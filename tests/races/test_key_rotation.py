"""The rotation of the keys meets turns, erasures and replicas that do not know the new key."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from bot.core.addresses import load_address
from bot.evidence.store import EvidenceStore
from bot.privacy.encryption import make_key
from bot.privacy.pseudonyms import Pseudonyms
from bot.runtime import keys
from storage import attendance
from storage.models import Attachment, EvidenceState, Resident, Subscription
from storage.statements import table
from tests.stories.test_rotated_keys import give_with_photo
from tests.town.keys import begin_rotation, list_needed_keys, restart_with, rotate
from tests.town.settings import KEY

if TYPE_CHECKING:
    import pytest

    from tests.town.town import Town

NEW = make_key()


async def test_a_turn_that_reads_before_the_move_and_writes_after_it(twin_town: Town) -> None:
    """The rotation leaves the person alone until the turn is committed."""
    ann = twin_town.resident("Ann")
    await ann.gives("Đèn đường bị hỏng.")
    async with restart_with(twin_town, NEW, KEY):
        await begin_rotation(twin_town)
        async with twin_town.work() as work:
            address = await load_address(work, ann.id, named=True)
            assert not (await rotate(twin_town)).is_finished
            values = {"alias": address.pseudonym, "sealed": address.encrypted_chat_id}
            more = {"language": "vi", "subject": "31", "created_at": twin_town.now}
            await attendance.add_subscription(work.connection, {**values, **more})
        assert (await rotate(twin_town)).is_finished
        assert await list_needed_keys(twin_town) == {0}
        async with twin_town.app.database.reading() as connection:
            aliases = [
                (await connection.execute(select(table(model).c.alias))).scalar_one()
                for model in (Resident, Subscription)
            ]
    assert aliases == [*Pseudonyms([NEW]).list_pseudonyms(ann.id, named=True)] * 2


async def test_a_replica_that_missed_the_change_writes_under_the_old_key(town: Town) -> None:
    """What it wrote after the rotation is counted, and the next rotation moves it."""
    ann = town.resident("Ann")
    async with restart_with(town, NEW, KEY):
        late = town.app
        async with restart_with(town, NEW, KEY):
            assert (await rotate(town)).is_finished
        assert late.policy.cipher.present == 1
        code = await ann.gives("Đèn đường bị hỏng.")
        assert 1 in await list_needed_keys(town)
        assert (await rotate(town)).is_finished
        assert await list_needed_keys(town) == {0}
    async with restart_with(town, NEW):
        await ann.says(f"/tracuu {code}")
        assert ann.is_told("mine.one")


async def test_an_erased_file_does_not_come_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rotation read it before the erasure, and would write it after it."""
    ann = town.resident("Ann")
    await give_with_photo(ann)
    read = EvidenceStore.read_outdated_file

    async def erase_after_reading(store: EvidenceStore, name: str) -> bytes | None:
        content = await read(store, name)
        async with town.app.database.transaction() as connection:
            erased = update(table(Attachment)).values(state=EvidenceState.ERASED)
            await connection.execute(erased)
        await town.app.evidence.delete_erased_files()
        return content

    monkeypatch.setattr(EvidenceStore, "read_outdated_file", erase_after_reading)
    async with restart_with(town, NEW, KEY):
        await rotate(town)
        store = town.app.store
        assert store._files.find(store._root) == []


async def test_a_file_that_waits_for_the_scanner_is_rotated(town: Town) -> None:
    """Its row names no file yet, and Telegram may not have it any more."""
    ann = town.resident("Ann")
    await give_with_photo(ann)
    rows = table(Attachment)
    waiting = {"state": EvidenceState.WAITING, "original": None, "served": None}
    later = town.now + timedelta(hours=1)
    async with town.app.database.transaction() as connection:
        (row,) = (await connection.execute(select(rows))).all()
        await connection.execute(update(rows).values(**waiting, next_at=later))
    async with restart_with(town, NEW, KEY):
        assert (await rotate(town)).is_finished
    async with restart_with(town, NEW):
        assert await town.app.store.read_file(row.original)


async def test_a_replica_without_the_new_key_stops(town: Town) -> None:
    """It can neither read nor write any more, and says what to set."""
    old = town.app
    async with restart_with(town, NEW, KEY):
        await rotate(town)
    await keys.follow_key(old.database, old.policy.pseudonyms, old.stop_without_key, 0)
    assert old.stopping.is_set()
    assert "privacy.encryption_key" in (old.lost_key or "")
