"""The audit chain: every change and every removal is detected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.privacy import audit_chain, key_rotation
from bot.privacy.encryption import make_key
from bot.privacy.key_check import check_key
from bot.privacy.pseudonyms import Pseudonyms
from storage import audit

if TYPE_CHECKING:
    from storage.database import Database

NOW = datetime(2026, 11, 25, 2, 30, 0, 123456, tzinfo=UTC)
KEY = make_key()
SEAL = Pseudonyms([KEY])


async def append_entries(database: Database, count: int) -> None:
    """Append `count` audit entries, and extend the chain over them."""
    async with database.transaction() as connection:
        for number in range(count):
            await audit.append_entry(
                connection, "case.opened", NOW, role="officer", actor_id=number, details={"a": "ộ"}
            )
    await audit_chain.extend_chain(database, SEAL.cipher)


async def tamper(database: Database, *statements: str) -> None:
    """Run statements as an attacker with all rights in the database would."""
    sqlite = "sqlite" in str(database._engine.url)
    async with database.transaction() as connection:
        if sqlite:
            for table in ("audit", "audit_seal"):
                for verb in ("update", "delete"):
                    await connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
        else:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement))


async def test_an_unchanged_chain_is_valid(database: Database) -> None:
    """After any number of runs that extended it."""
    await append_entries(database, 3)
    await append_entries(database, 2)
    await audit_chain.extend_chain(database, SEAL.cipher)
    found = await audit_chain.verify_chain(database, SEAL.cipher)
    assert (found.link_count, found.unlinked_count, found.fault) == (5, 0, None)
    await append_entries(database, 1)
    assert (await audit_chain.verify_chain(database, SEAL.cipher, head=found.head)).fault is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor_id = 99 WHERE id = 2",
        "UPDATE audit SET details = '{}' WHERE id = 3",
        "UPDATE audit SET at = '2026-11-26 02:30:00' WHERE id = 1",
        "DELETE FROM audit_seal WHERE number = 2",
        "UPDATE audit_seal SET digest = 'ff' WHERE number = 3",
        "DELETE FROM audit_seal WHERE number = 1; DELETE FROM audit WHERE id = 1",
    ],
)
async def test_a_changed_or_removed_entry_is_detected(database: Database, statement: str) -> None:
    """An entry, a link of the chain, or both."""
    await append_entries(database, 4)
    await tamper(database, *statement.split("; "))
    assert (await audit_chain.verify_chain(database, SEAL.cipher)).fault is not None


async def test_a_truncated_chain_is_detected_by_an_earlier_head(database: Database) -> None:
    """A shorter chain is valid by itself, but it lacks the head that was printed before."""
    await append_entries(database, 4)
    head = (await audit_chain.verify_chain(database, SEAL.cipher)).head
    cut = ("DELETE FROM audit_seal WHERE number > 2", "DELETE FROM audit WHERE id > 2")
    await tamper(database, *cut)
    assert (await audit_chain.verify_chain(database, SEAL.cipher)).fault is None
    assert (await audit_chain.verify_chain(database, SEAL.cipher, head=head)).fault is not None


async def test_the_database_refuses_to_change_the_audit(database: Database) -> None:
    """Triggers refuse updates and deletions, also of the bot itself."""
    await append_entries(database, 1)
    for statement in (
        "UPDATE audit SET actor_id = 1",
        "DELETE FROM audit",
        "UPDATE audit_seal SET digest = ''",
        "DELETE FROM audit_seal",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.transaction() as connection:
                await connection.execute(text(statement))


async def test_the_chain_survives_a_change_of_keys(database: Database) -> None:
    """The old links stay valid."""
    await append_entries(database, 2)
    both = Pseudonyms([make_key(), KEY])
    await check_key(database, both)
    await key_rotation.rotate_keys(database, both)
    await audit_chain.extend_chain(database, both.cipher)
    assert (await audit_chain.verify_chain(database, both.cipher)).fault is None
