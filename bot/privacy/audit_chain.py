"""The chain over the audit: made link by link, verified from its first to its last.

A link is HMAC-SHA256, under a key that the database has only under the operator's seal, of the link
before it and of the entry. Who can write to the database but has not the operator's key cannot make
the chain anew; who removes its end is found out by the head of an earlier verification.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from storage import audit, encrypted_fields

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.privacy.encryption import Cipher
    from storage.database import Database
    from storage.models import Audit

_PAGE = 500
_BEGINNING = "0" * 64


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a verification found: how many links hold, the newest, what waits for one, what broke.

    `fault` is None when the chain holds.
    """

    links: int
    head: str
    waiting: int
    fault: str | None


async def load_chain_key(connection: AsyncConnection, cipher: Cipher) -> str:
    """The key of the chain; made where there is none yet. Raises Unreadable."""
    first = cipher.encrypt_text(secrets.token_urlsafe(32))
    return cipher.decrypt_text(
        await encrypted_fields.get_or_store_secret(connection, encrypted_fields.CHAIN_KEY, first)
    )


async def extend_chain(database: Database, cipher: Cipher) -> int:
    """Put what was appended since into the chain; how many entries."""
    async with database.reading() as connection:
        if not await audit.list_unchained(connection, 1):
            return 0
    done = 0
    while True:
        async with database.transaction() as connection:
            if not await audit.lock_chain(connection):
                return done
            entries = await audit.list_unchained(connection, _PAGE)
            newest = await audit.find_chain_head(connection)
            number, digest = (newest.number, newest.digest) if newest else (0, _BEGINNING)
            secret = await load_chain_key(connection, cipher)
            links = []
            for entry in entries:
                number, digest = number + 1, _digest(secret, digest, entry)
                links.append({"number": number, "audit_id": entry.id, "digest": digest})
            if links:
                await audit.add_links(connection, links)
        done += len(links)
        if len(entries) < _PAGE:
            return done


async def verify_chain(
    database: Database, cipher: Cipher, *, head: str | None = None
) -> ChainReport:
    """Walk the whole chain; with the `head` of an earlier one, that must still be in it."""
    async with database.transaction() as connection:
        secret = await load_chain_key(connection, cipher)
    async with database.reading() as connection:
        number, digest, found = 0, _BEGINNING, head is None
        fault = None
        async for link, entry in audit.iterate_chain(connection):
            if link.number != number + 1:
                fault = f"link {number + 1} is gone"
            elif entry is None:
                fault = f"entry {link.audit_id} of link {link.number} is gone"
            elif not hmac.compare_digest(_digest(secret, digest, entry), link.digest):
                fault = f"entry {link.audit_id} or link {link.number} was changed"
            if fault:
                break
            number, digest = link.number, link.digest
            found = found or digest == head
        waiting = await audit.count_unchained(connection)
    if fault is None and not found:
        fault = "the given head is not in the chain: its end was removed, or it was made anew"
    return ChainReport(number, digest, waiting, fault)


def _digest(secret: str, before: str, entry: Audit) -> str:
    content = orjson.dumps(
        [
            before,
            entry.id,
            entry.at.isoformat(),
            entry.action,
            entry.actor_role,
            entry.actor_id,
            entry.submission_id,
            entry.details,
        ],
        option=orjson.OPT_SORT_KEYS,
    )
    return hmac.new(secret.encode(), content, sha256).hexdigest()
