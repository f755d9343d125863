"""The hash chain over the audit log: it shows whether an entry was changed or removed.

A link is the HMAC-SHA256 of the previous link and of an entry. The head is the newest link. The key
of the chain is stored encrypted with the operator's key, so nobody without that key can compute a
new chain. If the head of an earlier verification is missing, the end of the chain was removed.
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

_PAGE = 500  # entries in one transaction
_BEGINNING = "0" * 64  # the digest before the first entry


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Result of a verification of the audit chain.

    - `link_count`: the number of valid links.
    - `head`: the digest of the newest valid link.
    - `unlinked_count`: the number of entries without a link.
    - `fault`: a description of the first broken link; None if the chain is valid.
    """

    link_count: int
    head: str
    unlinked_count: int
    fault: str | None


async def load_chain_key(connection: AsyncConnection, cipher: Cipher) -> str:
    """Return the decrypted key of the chain. If there is none, store a new one.

    Raises Unreadable if it is encrypted with a key that was not given.
    """
    first = cipher.encrypt_text(secrets.token_urlsafe(32))
    return cipher.decrypt_text(
        await encrypted_fields.get_or_store_secret(connection, encrypted_fields.CHAIN_KEY, first)
    )


async def extend_chain(database: Database, cipher: Cipher) -> int:
    """Add a link for each entry without one, and return their number. Raises Unreadable.

    If another worker is adding links, return the number added so far.
    """
    async with database.reading() as connection:
        if not await audit.list_unchained(connection, 1):
            return 0
    added = 0
    while True:
        async with database.transaction() as connection:
            if not await audit.lock_chain(connection):
                return added
            entries = await audit.list_unchained(connection, _PAGE)
            newest = await audit.find_chain_head(connection)
            number, digest = (newest.number, newest.digest) if newest else (0, _BEGINNING)
            secret = await load_chain_key(connection, cipher)
            links = []
            for entry in entries:
                number, digest = number + 1, _compute_digest(secret, digest, entry)
                links.append({"number": number, "audit_id": entry.id, "digest": digest})
            if links:
                await audit.add_links(connection, links)
        added += len(links)
        if len(entries) < _PAGE:
            return added


async def verify_chain(
    database: Database, cipher: Cipher, *, head: str | None = None
) -> ChainReport:
    """Verify the whole chain. Raises Unreadable.

    With `head`, the digest of an earlier verification, the chain must still contain that link.
    """
    async with database.transaction() as connection:
        secret = await load_chain_key(connection, cipher)
    async with database.reading() as connection:
        number, digest, has_head = 0, _BEGINNING, head is None
        fault = None
        async for link, entry in audit.iterate_chain(connection):
            if link.number != number + 1:
                fault = f"link {number + 1} is gone"
            elif entry is None:
                fault = f"entry {link.audit_id} of link {link.number} is gone"
            elif not hmac.compare_digest(_compute_digest(secret, digest, entry), link.digest):
                fault = f"entry {link.audit_id} or link {link.number} was changed"
            if fault:
                break
            number, digest = link.number, link.digest
            has_head = has_head or digest == head
        waiting = await audit.count_unchained(connection)
    if fault is None and not has_head:
        fault = "the given head is not in the chain: its end was removed, or it was computed anew"
    return ChainReport(number, digest, waiting, fault)


def _compute_digest(secret: str, before: str, entry: Audit) -> str:
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
