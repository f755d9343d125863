"""Attack 7: the rotation of the keys loses residents, their cases, bans and files."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from sqlalchemy import insert, select, update

from bot.core.screen import Screen, Words
from bot.forums import announcements
from bot.forums.attendance.registration import cancel_registration
from bot.notifications import to_resident
from bot.notifications.message import Addressee
from bot.privacy import key_rotation
from bot.privacy.encryption import make_key
from bot.privacy.pseudonyms import Pseudonyms
from storage import forums
from storage.key_columns import KEY_COLUMNS
from storage.models import (
    Announcement,
    Ban,
    Consent,
    MessageSubject,
    Officer,
    Outbox,
    Recipient,
    Registration,
    Resident,
    Role,
    Submission,
    Subscription,
)
from storage.statements import table
from tests.town.casework import accept_case, answer_case, ban
from tests.town.forums import CODE, WARD, publish_forum, register_for_forum, subscribe
from tests.town.keys import begin_rotation, restart_with, rotate
from tests.town.settings import KEY

if TYPE_CHECKING:
    from sqlmodel import SQLModel

    from tests.town.town import Town

NEW = make_key()


async def list_rows(town: Town, model: type[SQLModel]) -> list[Any]:
    """Return all rows of a table."""
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(table(model)))).all())


async def insert_row(town: Town, model: type[SQLModel], **values: Any) -> None:
    """Insert a row."""
    async with town.app.database.transaction() as connection:
        await connection.execute(insert(table(model)).values(**values))


def get_pseudonym(key: str, chat_id: int, *, named: bool = True) -> int:
    """Return the pseudonym of a chat under one key."""
    return Pseudonyms([key]).list_pseudonyms(chat_id, named=named)[0]


async def announce_move(town: Town) -> None:
    """Announce that the forum moved."""
    async with town.work() as work:
        forum = await forums.find_forum(work.connection, CODE)
        assert forum is not None
        await announcements.announce_forum(work, forum, "moved")
    await town.settle()


async def expand_again(town: Town) -> None:
    """Expand all announcements from their beginning, as if their people were in both sources."""
    async with town.app.database.transaction() as connection:
        again = {"source": 0, "cursor": 0, "finished_at": None}
        await connection.execute(update(table(Announcement)).values(**again))
    await town.settle()


@pytest.mark.parametrize("begun", [False, True])
async def test_an_opinion_after_a_restart_with_two_keys_has_its_resident(
    town: Town, begun: bool
) -> None:
    """With `new,old`, the resident consented under the old key: the case was nobody's."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    leader = await town.officer("Chi", role=Role.APPROVER)
    first = await ann.gives("Đèn đường bị hỏng.")
    async with restart_with(town, NEW, KEY):
        if begun:
            await begin_rotation(town)
        second = await ann.gives("Vỉa hè bị lấn chiếm.")
        third = await ann.gives("Có người đánh bạc.", identity="unnamed")
        assert all(row.resident_id is not None for row in await list_rows(town, Submission))
        assert sorted(row.named for row in await list_rows(town, Resident)) == [False, True]
        await ann.says("/mine")
        for code in (first, second, third):
            await ann.says(f"/tracuu {code}")
            assert ann.is_told("mine.one")
        await accept_case(officer, second)
        await answer_case(officer, leader, second)
        assert ann.has_heard("Đã sửa.")


async def test_a_second_consent_makes_no_second_resident(town: Town) -> None:
    """It made one under the new key; then the rotation ended with a unique violation."""
    ann = town.resident("Ann")
    await ann.gives("Đèn đường bị hỏng.")
    async with town.app.database.transaction() as connection:
        await connection.execute(update(table(Consent)).values(version="an older notice"))
    async with restart_with(town, NEW, KEY):
        await begin_rotation(town)
        await ann.gives("Vỉa hè bị lấn chiếm.")
        assert len(await list_rows(town, Resident)) == 1
        assert [each.version for each in await list_rows(town, Consent)] == ["2026-12"]
        await rotate(town)
    async with restart_with(town, NEW):
        await ann.gives("Lại hỏng.")
        assert len(await list_rows(town, Resident)) == 1


async def test_two_rows_of_one_person_are_merged(town: Town) -> None:
    """An earlier release made them: the rotation ended with a unique violation."""
    await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.gives("Đèn đường bị hỏng.")
    (resident,) = await list_rows(town, Resident)
    forum_id = await publish_forum(town)
    new, old = Pseudonyms([NEW]), Pseudonyms([KEY])
    address = new.make_address(ann.id, named=True)
    own = {"alias": address.pseudonym, "sealed": address.encrypted_chat_id}
    await insert_row(town, Resident, id=resident.id + 1, named=True, **own)
    address = new.make_consent_address(ann.id)
    own = {"alias": address.pseudonym, "sealed": address.encrypted_chat_id}
    await insert_row(
        town, Consent, version="2026-12", language="vi", at=town.now + timedelta(days=1), **own
    )
    for number, keys in enumerate((old, new)):
        address = keys.make_address(ann.id, named=True)
        place = {"alias": address.pseudonym, "sealed": address.encrypted_chat_id}
        await insert_row(
            town, Subscription, subject="31", language="vi", created_at=town.now, **place
        )
        await insert_row(
            town,
            Registration,
            forum_id=forum_id,
            language="vi",
            people=1,
            category="resident",
            state=("registered", "cancelled")[number],
            token=f"token {number}",
            registered_at=town.now,
            **place,
        )
        await insert_row(
            town,
            Ban,
            alias=address.pseudonym,
            until=town.now + timedelta(days=number),
            officer_id=(await list_rows(town, Officer))[0].id,
            reason="x",
            at=town.now,
        )
        await insert_row(
            town, Recipient, chat_id=address.pseudonym, blocked_at=(town.now, None)[number]
        )
    async with restart_with(town, NEW, KEY):
        await rotate(town)
    alias = get_pseudonym(NEW, ann.id)
    (kept,) = await list_rows(town, Resident)
    assert kept.alias == alias
    (consent,) = await list_rows(town, Consent)
    assert consent.alias in Pseudonyms([NEW]).list_consent_keys(ann.id)
    assert consent.at == town.now + timedelta(days=1)
    assert [row.resident_id for row in await list_rows(town, Submission)] == [kept.id]
    assert [row.alias for row in await list_rows(town, Subscription)] == [alias]
    (registration,) = await list_rows(town, Registration)
    assert (registration.alias, registration.state) == (alias, "registered")
    (ban,) = await list_rows(town, Ban)
    assert (ban.alias, ban.until) == (alias, town.now + timedelta(days=1))
    recipients = {row.chat_id: row.blocked_at for row in await list_rows(town, Recipient)}
    assert recipients[alias] == town.now
    assert get_pseudonym(KEY, ann.id) not in recipients


@pytest.mark.parametrize("identity", ["channel", "unnamed"])
async def test_a_ban_outlives_the_rotation(town: Town, identity: str) -> None:
    """Its pseudonym stayed that of the old key: the banned person was free."""
    officer = await town.officer("Binh")
    leader = await town.officer("Giang", role=Role.COORDINATOR)
    ann = town.resident("Ann")
    codes = {
        each: await ann.gives("Bán đất nền giá rẻ.", identity=each)
        for each in ("channel", "unnamed")
    }
    await ban(officer, leader, codes[identity])
    async with restart_with(town, NEW, KEY):
        await ann.says("/feedback")
        assert ann.is_told("abuse.banned")
        await ann.says("/cancel")
        await rotate(town)
    async with restart_with(town, NEW):
        await ann.says("/feedback")
        assert ann.is_told("abuse.banned")


async def test_stored_files_are_readable_with_the_new_key_alone(town: Town) -> None:
    """The command said that the old key is needed no more, and the files stayed under it."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(buffer, "JPEG")
    await ann.begins()
    await ann.does("document", content=buffer.getvalue(), file_name="a.jpg", caption="Xe đậu")
    await ann.finishes()
    async with restart_with(town, NEW, KEY):
        await rotate(town)
    async with restart_with(town, NEW):
        await officer.taps("alert.open")
        assert any("document" in each or "photo" in each for each in officer.messages)


async def test_messages_are_recognised_with_the_new_key_alone(town: Town) -> None:
    """Their numbers could not be computed again."""
    ann = town.resident("Ann")
    await ann.gives("Đèn đường bị hỏng.")
    before = {row.key for row in await list_rows(town, MessageSubject)}
    async with restart_with(town, NEW, KEY):
        await rotate(town)
    after = {row.key for row in await list_rows(town, MessageSubject)}
    assert len(after) == len(before)
    message_id = ann.find_own("Đèn đường bị hỏng.")
    assert Pseudonyms([NEW]).list_message_keys(ann.id, message_id)[0] in after
    assert not before & after


async def test_an_announcement_comes_once_before_and_after_a_rotation(town: Town) -> None:
    """Its deduplication key contains the pseudonym: the person got it twice."""
    await town.officer("Binh")
    ann = town.resident("Ann")
    await publish_forum(town)
    await register_for_forum(ann)
    await announce_move(town)
    assert ann.count_told("announcement.moved") == 1
    async with restart_with(town, NEW, KEY):
        await expand_again(town)
        assert ann.count_told("announcement.moved") == 1
        await rotate(town)
        await expand_again(town)
        assert ann.count_told("announcement.moved") == 1
    async with restart_with(town, NEW):
        await expand_again(town)
        assert ann.count_told("announcement.moved") == 1


async def test_a_person_with_two_addresses_gets_one_announcement(town: Town) -> None:
    """In the middle of a rotation, one of two subscriptions is moved already."""
    await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.says("/help")
    await publish_forum(town)
    await subscribe(town, ann.id, "31", WARD)
    (first, _second) = await list_rows(town, Subscription)
    address = Pseudonyms([NEW]).make_address(ann.id, named=True)
    async with restart_with(town, NEW, KEY):
        await begin_rotation(town)
        async with town.app.database.transaction() as connection:
            rows = table(Subscription)
            await connection.execute(
                update(rows)
                .where(rows.c.id == first.id)
                .values(alias=address.pseudonym, sealed=address.encrypted_chat_id)
            )
        await announce_move(town)
        assert ann.count_told("announcement.moved") == 1


async def test_a_cancelled_registration_has_no_reminder(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a rotation, its reminder waited under the old pseudonym."""
    await town.officer("Binh")
    ann = town.resident("Ann")
    await publish_forum(town)
    await register_for_forum(ann)
    async with town.work() as work:
        forum = await forums.find_forum(work.connection, CODE)
        assert forum is not None
        (row,) = await list_rows(town, Registration)
        later = town.now + timedelta(hours=1)
        reminder = Addressee(row.alias, "vi", row.sealed, not_before=later)
        await to_resident.remind_attendees(
            work, forum, 60, [(reminder, Screen((Words("draft.none"),)))]
        )
    entries = [each for each in KEY_COLUMNS if each.model is Registration]
    async with restart_with(town, NEW, KEY):
        with monkeypatch.context() as patch:
            patch.setattr(key_rotation, "KEY_COLUMNS", entries)
            await rotate(town)
        async with town.work() as work:
            assert await cancel_registration(work, ann.id, CODE)
        town.advance(hours=2)
        await town.settle()
        assert not ann.was_told("draft.none")


async def test_nothing_is_left_under_the_old_key(town: Town) -> None:
    """Every value of every column is tried, and every pseudonym that the old key makes."""
    officer, ann, ben = await town.officer("Binh"), town.resident("Ann"), town.resident("Ben")
    leader = await town.officer("Chi", role=Role.APPROVER)
    code = await ann.gives("Đèn đường bị hỏng.")
    await ann.gives("Có người đánh bạc.", identity="unnamed")
    await accept_case(officer, code)
    await answer_case(officer, leader, code)
    await publish_forum(town)
    await register_for_forum(ben)
    await ben.does("block")
    await announce_move(town)
    await town.app.update_handler.handle_update({"message": {"from": {"id": ann.id}, "chat": {}}})
    async with restart_with(town, NEW, KEY):
        result = await rotate(town)
    assert result.is_finished
    assert not result.unreadable
    old = Pseudonyms([KEY])
    numbers = {str(each) for person in (ann, ben) for each in old.map_pseudonyms(person.id)}
    for model_table in table(Outbox).metadata.sorted_tables:
        async with town.app.database.reading() as connection:
            for row in (await connection.execute(select(model_table))).all():
                for name, value in row._mapping.items():
                    place = f"{model_table.name}.{name}"
                    content = value if isinstance(value, bytes) else str(value).encode()
                    assert not any(number.encode() in content for number in numbers), place
                    for part in re.findall(rb"[\w+/=-]{20,}", content):
                        assert old.cipher.find_key(part) is None, place
                        assert old.sealer.find_key(part.decode()) is None, place
                    assert old.sealer.find_key(content) is None, place


async def test_a_rotation_that_was_killed_is_run_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each of its transactions: what was not moved is still found, and moved by the next run."""
    people = [town.resident(f"R{number}") for number in range(3)]
    codes = [await each.gives("Đèn đường bị hỏng.") for each in people]
    async with restart_with(town, NEW, KEY):
        for allowed in range(40):
            left = allowed
            begin = type(town.app.database).transaction

            def count(database: Any, begin: Any = begin) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    raise KeyboardInterrupt
                return begin(database)

            with monkeypatch.context() as patch:
                patch.setattr(key_rotation, "_CHANGED_AT_ONCE", 1)
                patch.setattr(type(town.app.database), "transaction", count)
                try:
                    done = (await rotate(town)).is_finished
                except KeyboardInterrupt:
                    done = False
            for person, code in zip(people, codes, strict=True):
                await person.says(f"/tracuu {code}")
                assert person.is_told("mine.one"), allowed
            if done:
                break
        assert done
        assert allowed > 2
    aliases = {row.alias for row in await list_rows(town, Resident)}
    assert aliases == {get_pseudonym(NEW, each.id) for each in people}
