"""Upgrades of filled databases by the migrations since 0016, on both kinds of database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import text

from bot.privacy import key_rotation, key_status, plain_rows
from bot.privacy.encryption import make_key
from bot.privacy.failed_updates import open_failed_update
from bot.privacy.pseudonyms import Pseudonyms
from storage import (
    alarms,
    attendance,
    bans,
    conversations,
    correspondence,
    failed_updates,
    forums,
    migrations,
    officers,
    refusals,
)
from storage.database import Database
from tests.attacks.stolen_copy import list_leaks, steal_copy
from tests.storage.filled_databases import (
    FILLED_0016,
    FILLED_0017,
    FILLED_0020,
    FILLED_0021,
    FILLED_0023,
)
from tests.storage.upgrades import list_rows, run_script

PSEUDONYM = 1 << 61


async def test_0017_keeps_the_lane_of_reclassified_cases(old_database: Database) -> None:
    """A case of the city that was a denunciation, or about officers, stays protected."""
    await migrations.migrate(old_database, "0016")
    await run_script(old_database, FILLED_0016)
    await migrations.migrate(old_database)
    rows = await list_rows(
        old_database, "SELECT id, former_lane FROM submission WHERE former_lane IS NOT NULL"
    )
    assert {row.id: row.former_lane for row in rows} == {21: "denunciation", 22: "conduct"}


async def test_0018_keeps_bans_and_messages_without_an_address(old_database: Database) -> None:
    """A rotation leaves them as they are, and the status says that their key is not known."""
    await migrations.migrate(old_database, "0017")
    await run_script(old_database, FILLED_0017)
    await migrations.migrate(old_database)
    pseudonyms = Pseudonyms([make_key(), make_key()])
    await key_rotation.rotate_keys(old_database, pseudonyms)
    assert await list_rows(old_database, "SELECT alias, reason, sealed FROM ban") == [
        (1 << 61, "Quấy rối", None)
    ]
    messages = "SELECT key, subject, text, sealed FROM message_subject"
    assert await list_rows(old_database, messages) == [(1 << 61, "HP-AAAA-2222", "Mất xe", None)]
    counts = await key_status.count_keys(old_database, pseudonyms, lambda *_: None)
    unknown = {(each.table, each.column) for each in counts if each.counts.get(None)}
    assert {("ban", "alias"), ("message_subject", "key")} <= unknown
    assert None in key_status.find_needed_keys(counts)


async def test_0020_ends_bans_that_one_officer_decided(old_database: Database) -> None:
    """Their rows stay for replicas of the release before; this release reads the new table."""
    await migrations.migrate(old_database, "0017")
    await run_script(old_database, FILLED_0017)
    await migrations.migrate(old_database)
    assert len(await list_rows(old_database, "SELECT id FROM ban")) == 1
    assert await list_rows(old_database, "SELECT id FROM resident_ban") == []
    async with old_database.transaction() as connection:
        at = datetime(2026, 11, 20, tzinfo=UTC)
        values = {"days": 7, "reason": "Quấy rối", "proposed_by": 1, "proposed_at": at}
        await bans.add_ban(connection, {"submission_id": 1, **values})
        found = await bans.find_newest_ban(connection, 1)
    assert found is not None
    assert (found.state, found.unit_code, found.until) == ("proposed", None, None)


async def test_0021_keeps_answers_without_sources(old_database: Database) -> None:
    """Nothing says what of them was forwarded; the officer sees them without a mark."""
    await migrations.migrate(old_database, "0020")
    await run_script(old_database, FILLED_0020)
    await migrations.migrate(old_database)
    async with old_database.reading() as connection:
        answer = await correspondence.find_newest_answer(connection, 1)
    assert answer is not None
    assert (answer.text, answer.sources) == ("Đã sửa.", None)


async def test_0022_seals_chats_replies_and_failed_updates(old_database: Database) -> None:
    """Nothing is lost; a run that was interrupted goes on; no common time and no order is left."""
    pseudonyms = Pseudonyms([make_key()])
    await migrations.migrate(old_database, "0021")
    await run_script(old_database, FILLED_0021)
    named = pseudonyms.make_address(101, named=True)
    await add_receipt(old_database, named.pseudonym, named.encrypted_chat_id)
    await migrations.migrate(old_database)
    assert await plain_rows.has_plain_rows(old_database)
    for _ in range(2):
        await key_rotation.encrypt_plain_rows(old_database, pseudonyms)
        assert not await plain_rows.has_plain_rows(old_database)
    async with old_database.reading() as connection:
        chat = await conversations.find_conversation(connection, pseudonyms, 101)
        other = await conversations.find_conversation(connection, pseudonyms, 102)
        (failed,) = await failed_updates.list_failed_updates(connection)
    assert chat is not None
    assert other is not None
    assert (chat.language, chat.flow, chat.updates) == ("vi", "feedback", [1, 2])
    assert chat.preferences == {"areas": ["11407"]}
    assert chat.counted_from == datetime(2026, 11, 20, 8, 19, 30, 500_000, tzinfo=UTC)
    assert chat.expires_at == datetime(2026, 11, 21, 8, 19, 31, 250_000, tzinfo=UTC)
    assert (other.language, other.flow, other.expires_at) == ("en", None, None)
    assert open_failed_update(pseudonyms, failed)["error"] == "ValueError('Kín')"
    assert (failed.alias, failed.error) == (pseudonyms.list_chat_keys(101)[0], "ValueError")
    copy = await steal_copy(old_database)
    rows = {row["id"]: row for row in copy.tables["outbox"] if row["sealed"]}
    assert sorted(rows) == [31, 33, 34]
    assert "Kín" in pseudonyms.open_screen(json.dumps(rows[31]["screen"]))
    assert pseudonyms.decrypt_chat_id(rows[33]["sealed"]) == 101
    assert rows[34]["message_id"] is None
    assert pseudonyms.sealer.open_text(rows[34]["sealed_message"]) == "6"
    blocked = {row["chat_id"]: str(row["blocked_at"])[:10] for row in copy.tables["recipient"]}
    assert blocked == {201: "2026-11-20", PSEUDONYM + 1: "2020-01-01", PSEUDONYM + 2: "2020-01-01"}
    assert all(row["id"] > 1000 for row in copy.tables["resident"])
    assert list_leaks(copy, (101, 102)) == []
    assert copy.find("Kín", but_in=("submission.text",)) == []


async def add_receipt(database: Database, pseudonym: int, encrypted_chat_id: str) -> None:
    """Add a receipt that was sent as message 6, as a row of the schema of 0017."""
    columns = "dedup_key, kind, priority, critical, language, screen, state, repeated, attempt"
    async with database.transaction() as connection:
        await connection.execute(
            text(
                f"""INSERT INTO outbox (id, chat_id, sealed, message_id, {columns}, next_at,
                     created_at, expires_at, finished_at)
                    SELECT 34, :pseudonym, :sealed, 6, 'receipt:HP-AAAA-2222', 'receipt', 0, true,
                     'vi', screen, 'sent', false, 1, next_at, created_at, expires_at, created_at
                    FROM outbox WHERE id = 31"""  # noqa: S608
            ),
            {"pseudonym": pseudonym, "sealed": encrypted_chat_id},
        )


async def test_0023_keeps_open_invites(old_database: Database) -> None:
    """They can still be used and are listed; nobody knows who asked for them."""
    await migrations.migrate(old_database, "0022")
    async with old_database.transaction() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO invite (token_hash, unit_code, role, topics, created_at, expires_at)"
            " VALUES ('hash', '31', 'officer', '[]', '2026-11-20 00:00:00', '2026-11-27 00:00:00')"
        )
    await migrations.migrate(old_database)
    at = datetime(2026, 11, 21, tzinfo=UTC)
    async with old_database.transaction() as connection:
        (invite,) = await officers.list_open_invites(connection, None, at)
        assert (invite.invited_by, invite.revoked_at) == (None, None)
        assert await officers.use_invite(connection, "hash", 1, at) is not None


async def test_0016_counts_refusals_of_officers_of_before(old_database: Database) -> None:
    """The audit log and the officers stay as they are; the first refusals are counted."""
    await migrations.migrate(old_database, "0015")
    kept = ("SELECT * FROM audit ORDER BY id", "SELECT * FROM officer ORDER BY id")
    before = [await list_rows(old_database, statement) for statement in kept]
    await migrations.migrate(old_database, "0016")
    assert [await list_rows(old_database, statement) for statement in kept] == before
    await migrations.migrate(old_database)
    hour = datetime(2026, 11, 20, 10, tzinfo=UTC)
    async with old_database.transaction() as connection:
        officer = await officers.find_officer(connection, 201)
        assert officer is not None
        counts = [
            await refusals.count_refusal(connection, hour, "tag", officer, "case.refused")
            for _ in range(2)
        ]
    assert counts == [1, 2]
    rows = await list_rows(old_database, "SELECT officer_id, role, count FROM refusal_count")
    assert rows == [(1, "officer", 2)]


async def test_0024_keeps_forums_without_a_proposal(old_database: Database) -> None:
    """Nothing of an announced forum waits for a second person, and it can be changed as before."""
    await migrations.migrate(old_database, "0023")
    await run_script(old_database, FILLED_0023)
    before = await list_rows(old_database, "SELECT * FROM forum")
    await migrations.migrate(old_database, "0024")
    after = await list_rows(old_database, "SELECT * FROM forum")
    assert [tuple(row)[: len(before[0])] for row in after] == [tuple(row) for row in before]
    await migrations.migrate(old_database)
    async with old_database.transaction() as connection:
        forum = await attendance.get_forum(connection, 7)
        assert (forum.title, forum.state, forum.proposal) == ("Lắng nghe", "published", None)
        proposal = {"action": "move", "by": 1}
        changed = await forums.update_forum(connection, forum, None, proposal=proposal)
    assert changed is not None
    assert changed.proposal == proposal


async def test_0025_tells_of_a_full_store_once(old_database: Database) -> None:
    """No alarm was told before; the files stay as they are."""
    await migrations.migrate(old_database, "0024")
    before = await list_rows(old_database, "SELECT * FROM attachment ORDER BY id")
    await migrations.migrate(old_database)
    assert await list_rows(old_database, "SELECT * FROM attachment ORDER BY id") == before
    at = datetime(2026, 11, 21, tzinfo=UTC)
    async with old_database.transaction() as connection:
        told = [await alarms.set_alarm(connection, alarms.STORE, at) for _ in range(2)]
        await alarms.clear_alarm(connection, alarms.STORE)
        told.append(await alarms.set_alarm(connection, alarms.STORE, at))
    assert told == [True, False, True]
