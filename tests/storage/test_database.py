"""The promises of `storage.database`, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, text

from storage import consents, conversations
from storage.database import BadUrl, Database, Unavailable
from storage.models import Consent, Conversation
from storage.statements import table
from tests.policy import POLICY

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
VAULT = POLICY.pseudonyms


async def test_concurrent_changes_of_one_row_are_all_kept(
    database: Database, database_url: str
) -> None:
    """200 read-modify-writes at once, by two replicas: none is lost or refused."""
    other = Database(database_url)

    async def add_one(replica: Database) -> None:
        async with replica.transaction() as connection:
            row = await conversations.lock_or_create_conversation(connection, VAULT, 1, "vi")
            draft = replace(row, answers={"count": row.answers.get("count", 0) + 1})
            await conversations.save_drafts(connection, VAULT, [draft])

    await asyncio.gather(*(add_one(replica) for _ in range(100) for replica in (database, other)))
    await other.close()
    async with database.reading() as connection:
        row = await conversations.find_conversation(connection, VAULT, 1)
    assert row is not None
    assert row.answers == {"count": 200}


async def test_an_error_rolls_back_the_transaction(database: Database) -> None:
    """Nothing that was written before it is stored."""

    async def fail() -> None:
        async with database.transaction() as connection:
            await conversations.lock_or_create_conversation(connection, VAULT, 7, "vi")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.reading() as connection:
        assert await conversations.find_conversation(connection, VAULT, 7) is None


async def record_consent(
    connection: AsyncConnection, alias: int, consent: tuple[str, str, datetime]
) -> None:
    """Store a consent, encrypted under a pseudonym."""
    await consents.record_consent(connection, alias, "sealed", consent)


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    """A time in any zone is read as the same moment in UTC."""
    hanoi = timezone(timedelta(hours=7))
    async with database.transaction() as connection:
        await record_consent(connection, 2**52, ("1", "vi", NOW.astimezone(hanoi)))
        consent = await consents.find_consent(connection, [2**52])
    assert consent is not None
    assert consent.at == NOW
    assert consent.at.utcoffset() == timedelta()


async def test_a_naive_time_is_refused(database: Database) -> None:
    """A time without a zone would be ambiguous."""
    naive = NOW.replace(tzinfo=None)
    async with database.transaction() as connection:
        with pytest.raises(Exception, match="naive"):
            await record_consent(connection, 1, ("1", "vi", naive))


async def test_foreign_keys_are_enforced(database: Database) -> None:
    """A row cannot refer to a missing row."""
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "INSERT INTO attachment (submission_id, position, type, file_id,"
                    " file_unique_id) VALUES (99, 0, 'photo', 'a', 'b')"
                )
            )


async def test_ids_have_64_bits(database: Database) -> None:
    """Telegram's ids are larger than 32 bits."""
    async with database.transaction() as connection:
        row = await conversations.lock_or_create_conversation(connection, VAULT, 2**52, "vi")
        await conversations.save_drafts(connection, VAULT, [replace(row, updates=[2**53])])
        found = await conversations.find_conversation(connection, VAULT, 2**52)
    assert found is not None
    assert found.updates == [2**53]


async def test_a_value_that_the_enum_lacks_is_refused(database: Database) -> None:
    """An enum is stored by value and validated."""
    from storage.models import Officer

    with pytest.raises(Exception, match="no_such_role"):
        async with database.transaction() as connection:
            await connection.execute(
                table(Officer)
                .insert()
                .values(
                    chat_id=1,
                    name="",
                    unit_code="31",
                    role="no_such_role",
                    topics=[],
                    on_duty=True,
                    active=True,
                    created_at=NOW,
                )
            )


async def test_a_reader_sees_one_state(database: Database) -> None:
    """Writers do not change what it reads, and it does not block them."""
    async with database.transaction() as connection:
        await conversations.lock_or_create_conversation(connection, VAULT, 1, "vi")
    async with database.reading() as reading:
        rows = table(Conversation)
        before = (await reading.execute(select(rows.c.language))).scalar_one()
        async with database.transaction() as connection:
            await conversations.set_language(connection, VAULT, 1, "en")
        if database.is_sqlite:
            assert (await reading.execute(select(rows.c.language))).scalar_one() == before


async def test_an_unreachable_database_raises_unavailable() -> None:
    """If no server listens, every driver's error becomes Unavailable."""
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", wait=2)
    with pytest.raises(Unavailable):
        await away.ping()
    await away.close()


def test_a_missing_folder_is_refused() -> None:
    """SQLite would not create the folder of its file."""
    with pytest.raises(BadUrl, match="make it first"):
        Database("sqlite+aiosqlite:////nowhere/at/all.db")


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite:///a.db", "not a url"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    """Only SQLite and PostgreSQL are accepted."""
    with pytest.raises(BadUrl):
        Database(url)


async def test_agreeing_again_replaces_the_consent(database: Database) -> None:
    """A person has one consent, with the newest version of the notice."""
    async with database.transaction() as connection:
        await record_consent(connection, 5, ("1", "vi", NOW))
        await record_consent(connection, 5, ("2", "en", NOW))
        rows = (await connection.execute(select(table(Consent)))).all()
    assert [(row.version, row.language) for row in rows] == [("2", "en")]


@pytest.mark.parametrize("error", [OSError("the store is full"), TimeoutError("the store")])
@pytest.mark.parametrize("way", ["transaction", "reading", "migrating"])
async def test_an_error_of_something_else_is_not_one_of_the_database(
    database: Database, way: str, error: OSError
) -> None:
    """A store of files that fails within a transaction does not make the database unavailable."""

    async def fail() -> None:
        async with getattr(database, way)() as connection:
            await connection.execute(text("SELECT 1"))
            raise error

    with pytest.raises(type(error)) as caught:
        await fail()
    assert caught.value is error
    await database.ping()


async def test_a_connection_that_breaks_in_a_statement_is_an_unavailable_database(
    database: Database,
) -> None:
    """The driver raises errors of the network as they are."""

    def break_connection(_cursor: object, statement: str, *_given: object) -> None:
        if "break" in statement:
            raise ConnectionResetError("the peer is gone")

    async def run(way: Any) -> None:
        async with way() as connection:
            await connection.execute(text("SELECT 'break'"))

    event.listen(database.engine.sync_engine, "do_execute", break_connection)
    for way in (database.transaction, database.reading):
        with pytest.raises(Unavailable, match="the peer is gone"):
            await run(way)
    event.remove(database.engine.sync_engine, "do_execute", break_connection)
    await run(database.reading)
