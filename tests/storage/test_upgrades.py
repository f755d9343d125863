"""Upgrades of filled databases by the migrations up to 0015, on both kinds of database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.privacy import key_rotation
from bot.privacy.encryption import make_key
from bot.privacy.key_check import WrongKey, check_key
from bot.privacy.pseudonyms import Pseudonyms
from storage import (
    attendance,
    consents,
    conversations,
    forums,
    message_subjects,
    migrations,
    residents,
    search,
    submissions,
)
from storage.database import Database
from tests.storage.filled_databases import (
    FILLED_0007,
    FILLED_0008,
    FILLED_0009,
    FILLED_0011,
    FILLED_0012,
    FILLED_0013,
    FILLED_0014,
    WRITTEN_NUMBERS,
)
from tests.storage.upgrades import list_rows, run_script


async def test_a_filled_database_is_upgraded_and_encrypted(old_database: Database) -> None:
    """No row is lost, and no table holds a resident's chat id or phone number in plain text."""
    pseudonyms = Pseudonyms([make_key()])
    await migrations.migrate(old_database)
    assert await key_rotation.encrypt_plain_rows(old_database, pseudonyms) == 2
    assert await key_rotation.encrypt_plain_rows(old_database, pseudonyms) == 0
    async with old_database.reading() as connection:
        named = await residents.find_resident(
            connection, pseudonyms.list_pseudonyms(101, named=True)
        )
        unnamed = await residents.find_resident(
            connection, pseudonyms.list_pseudonyms(101, named=False)
        )
        assert named is not None
        assert unnamed is not None
        assert (
            pseudonyms.decrypt_chat_id(named.sealed)
            == pseudonyms.decrypt_chat_id(unnamed.sealed)
            == 101
        )
        consent = await consents.find_consent(connection, pseudonyms.list_consent_keys(101))
        assert consent is not None
        assert consent.at == datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC)
        assert pseudonyms.decrypt_chat_id(consent.sealed) == 101
        draft = await conversations.find_conversation(connection, pseudonyms, 101)
        assert draft is not None
        assert (draft.flow, draft.answers) == ("feedback", {"kind": "report"})
        first = await submissions.find_submission(connection, "HP-AAAA-2222")
        second = await submissions.find_submission(connection, "HP-BBBB-3333")
        assert first is not None
        assert second is not None
        assert (first.resident_id, second.resident_id) == (named.id, unnamed.id)
        assert pseudonyms.cipher.decrypt_text(first.phone or "") == "0900000000"
        assert first.folded == "mat xe o do son"
        assert len(await submissions.list_attachments(connection, first.id)) == 2
    assert len(await list_rows(old_database, "SELECT * FROM audit")) == 2
    assert [row.chat_id for row in await list_rows(old_database, "SELECT * FROM outbox")] == [201]
    assert len(await list_rows(old_database, "SELECT * FROM conversation")) == 2
    for name in ("resident", "submission", "audit", "conversation", "consent"):
        found = await list_rows(old_database, f"SELECT * FROM {name}")  # noqa: S608
        assert found
        assert not any(value in (101, 102, "0900000000") for row in found for value in row)


async def test_foreign_keys_are_enforced_again_after_a_migration(old_database: Database) -> None:
    """SQLite switches them off while a table changes."""
    await migrations.migrate(old_database)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with old_database.transaction() as connection:
            await connection.exec_driver_sql("DELETE FROM submission")


async def test_a_different_key_is_refused(old_database: Database) -> None:
    """A replica with another key would write rows that no other replica can read."""
    await migrations.migrate(old_database)
    await check_key(old_database, Pseudonyms([make_key()]))
    with pytest.raises(WrongKey, match=r"privacy\.encryption_key"):
        await check_key(old_database, Pseudonyms([make_key()]))


async def test_keys_are_rotated(old_database: Database) -> None:
    """Afterwards the new key alone decrypts everything, and residents are recognised."""
    first, second = make_key(), make_key()
    await migrations.migrate(old_database)
    await key_rotation.encrypt_plain_rows(old_database, Pseudonyms([first]))
    await check_key(old_database, Pseudonyms([first]))
    assert (await key_rotation.rotate_keys(old_database, Pseudonyms([second, first]))).is_finished
    pseudonyms = Pseudonyms([second])
    await check_key(old_database, pseudonyms)
    async with old_database.reading() as connection:
        resident = await residents.find_resident(
            connection, pseudonyms.list_pseudonyms(101, named=True)
        )
        assert resident is not None
        assert pseudonyms.decrypt_chat_id(resident.sealed) == 101
        submission = await submissions.find_submission(connection, "HP-AAAA-2222")
        assert submission is not None
        assert pseudonyms.cipher.decrypt_text(submission.phone or "") == "0900000000"


async def test_migration_0008_fills_the_columns_of_the_outbox(old_database: Database) -> None:
    """They are filled from the keys, or None if a key does not have the value."""
    await migrations.migrate(old_database, "0007")
    await run_script(old_database, FILLED_0007)
    await migrations.migrate(old_database)
    found = await list_rows(
        old_database,
        "SELECT id, kind, submission_id, forum_id, start_version FROM outbox ORDER BY id",
    )
    assert [list(row) for row in found] == [
        [1, "alert", 1, None, None],
        [2, "receipt", 2, None, None],
        [3, "taken", 1, None, None],
        [4, "outlived", 1, None, None],
        [5, "remind", None, 7, 2],
        [6, "moved_up", None, 7, None],
        [7, "forum.alert.submit", None, 7, None],
        [8, "forum", None, None, None],
        [9, "reply", None, None, None],
        [10, "alert", None, None, None],
        [11, None, None, None, None],
    ]


async def test_migration_0009_fills_the_time_since_which_a_start_is_known(
    old_database: Database,
) -> None:
    """The moment of the reminder with offset 0 of the present start.

    Without one it is the publication; an unpublished forum has none. Other reminders stay.
    """
    await migrations.migrate(old_database, "0008")
    await run_script(old_database, FILLED_0008)
    await migrations.migrate(old_database)
    async with old_database.reading() as connection:
        known_since = [
            (await attendance.get_forum(connection, forum_id)).start_known_since
            for forum_id in (7, 8, 9)
        ]
    assert known_since == [
        datetime(2026, 11, 20, 10, tzinfo=UTC),
        datetime(2026, 11, 19, 8, tzinfo=UTC),
        None,
    ]
    (reminder,) = await list_rows(
        old_database, 'SELECT forum_id, start_version, "offset" FROM reminder'
    )
    assert reminder == (7, 2, 1440)


async def test_0010_knows_why_a_submission_was_erased_and_makes_copies_again(
    old_database: Database,
) -> None:
    """The audit log tells the reason. Copies that may hold metadata are not shown any more."""
    await migrations.migrate(old_database, "0009")
    await run_script(old_database, FILLED_0009)
    await migrations.migrate(old_database)
    reasons = "SELECT id, erased_because FROM submission ORDER BY id"
    found = {row.id: row.erased_because for row in await list_rows(old_database, reasons)}
    assert found == {1: None, 2: None, 8: "request", 9: "retention"}
    stored, refused = await list_rows(old_database, "SELECT * FROM attachment ORDER BY id")
    assert (stored.state, stored.original, stored.served) == ("waiting", "o", None)
    assert (refused.state, refused.failing_since) == ("refused", None)


async def test_messages_get_subjects_and_nothing_stored_changes(old_database: Database) -> None:
    """Migration 0012 leaves remarks, submissions and drafts as they are, with empty new columns."""
    await migrations.migrate(old_database, "0011")
    await run_script(old_database, FILLED_0011)
    await migrations.migrate(old_database)
    (remark,) = await list_rows(
        old_database, "SELECT kind, text, officer_id, replaces, sources FROM remark"
    )
    assert remark == ("note", "Đã gọi", 1, None, None)
    assert await list_rows(old_database, "SELECT id, text, sources FROM submission") == [
        (1, "Mất xe ở Đồ Sơn", None),
        (2, "Kín", None),
    ]
    key = {"key": 1 << 61, "flow": "feedback", "subject": "HP-AAAA-2222", "text": "Mất xe"}
    async with old_database.transaction() as connection:
        for text_now in ("Mất xe", "Mất xe máy"):
            row = {**key, "text": text_now, "at": datetime(2026, 11, 21, tzinfo=UTC)}
            await message_subjects.save_subjects(connection, [row])
        found = await message_subjects.find_subject(connection, [1 << 61])
        assert found is not None
        assert (found.subject, found.text) == ("HP-AAAA-2222", "Mất xe máy")
    pseudonyms = Pseudonyms([make_key()])
    await key_rotation.encrypt_plain_rows(old_database, pseudonyms)
    async with old_database.reading() as connection:
        draft = await conversations.find_conversation(connection, pseudonyms, 101)
    assert draft is not None
    assert draft.answers["details"][0]["id"] == 7


async def test_0013_leaves_places_without_a_title(old_database: Database) -> None:
    """A place of before is no venue; its position and the other files stay."""
    await migrations.migrate(old_database, "0012")
    await run_script(old_database, FILLED_0012)
    await migrations.migrate(old_database)
    found = await list_rows(
        old_database,
        "SELECT id, type, file_id, latitude, longitude, title, address FROM attachment ORDER BY id",
    )
    assert found == [
        (1, "photo", "f1", None, None, None, None),
        (2, "photo", "f2", None, None, None, None),
        (3, "place", "", 20.8561, 106.6822, None, None),
    ]


async def test_0014_knows_no_former_start_of_older_announcements(old_database: Database) -> None:
    """An announcement that is under way goes on where it was, and no other value changes."""
    await migrations.migrate(old_database, "0013")
    await run_script(old_database, FILLED_0013)
    await migrations.migrate(old_database)
    async with old_database.transaction() as connection:
        found = await forums.list_announcements(connection, 7)
        next_one = await forums.lock_next_announcement(connection, found[0].due_at)
    assert [(each.id, each.kind, each.source, each.cursor, each.left_out) for each in found] == [
        (1, "notice", 2, 40, 3),
        (2, "moved", 1, 40, 3),
        (3, "postponed", 0, 40, 3),
    ]
    assert [(each.former_start, each.former_venue) for each in found] == [(None, None)] * 3
    assert next_one is not None
    assert next_one.kind == "moved"
    venues = "SELECT title, address FROM attachment WHERE type = 'place'"
    assert await list_rows(old_database, venues) == [("Chợ Hàng", "Phố Chợ Hàng")]


async def test_0015_finds_numbers_of_older_submissions(old_database: Database) -> None:
    """Their search texts get the form of the numbers that is searched; all else stays."""
    await migrations.migrate(old_database, "0014")
    await run_script(old_database, FILLED_0014)
    await migrations.migrate(old_database)
    texts = "SELECT id, text, folded FROM submission WHERE id > 10 ORDER BY id"
    rows = await list_rows(old_database, texts)
    for row, (folded, number) in zip(rows, WRITTEN_NUMBERS.values(), strict=True):
        assert row.text == "x"
        assert row.folded.startswith(folded)
        assert row.folded.count("84912345682") <= 1
        assert (row.folded == folded) == (number is None or folded.endswith(number))
    dialect = "sqlite" if old_database.is_sqlite else "postgresql"
    async with old_database.reading() as connection:
        for searched, (_folded, number) in WRITTEN_NUMBERS.items():
            if number is None:
                continue
            statement = search.select_matching([number], dialect, None, begins=False)
            found = (await connection.execute(statement)).all()
            assert [row.id for row in found] == [searched]
