"""Pseudonyms of chats: numbers that only the holder of the key can compute from a chat id.

A person has two pseudonyms under each key, one as a named and one as an unnamed resident. Without
the key nothing connects the two.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.privacy.encryption import Cipher

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Pseudonyms are stored where chat ids are. Telegram's ids have at most 52 bits, so bit 61 tells
# the two apart.
_MARK = 1 << 61


@dataclass(frozen=True, slots=True)
class ChatAddress:
    """The stored form of a resident's chat id: its pseudonym, and the chat id encrypted."""

    pseudonym: int
    encrypted_chat_id: str


class Pseudonyms:
    """Computes pseudonyms of chat ids, and encrypts and decrypts chat ids with its `cipher`."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys of `load_keys`. New pseudonyms use the first one. Raises BadKey."""
        self.cipher = Cipher(keys)
        self._keys = [_derive_key(key) for key in keys]

    def make_address(self, chat_id: int, *, named: bool) -> ChatAddress:
        """Return the address of a chat as a named or an unnamed resident, with the first key."""
        pseudonym = _compute_pseudonym(self._keys[0], chat_id, named=named)
        return ChatAddress(pseudonym, self.cipher.encrypt_text(str(chat_id)))

    def decrypt_chat_id(self, encrypted: str) -> int:
        """Return the chat id of an `encrypted_chat_id`. Raises Unreadable."""
        return int(self.cipher.decrypt_text(encrypted))

    def list_pseudonyms(self, chat_id: int, *, named: bool | None = None) -> tuple[int, ...]:
        """Return the pseudonyms of a chat, one for each key, as a named or unnamed resident.

        With `named` None, return both. Those of the first key come first.
        """
        return tuple(
            _compute_pseudonym(key, chat_id, named=each)
            for key in self._keys
            for each in ((True, False) if named is None else (named,))
        )

    def list_message_keys(self, chat_id: int, message_id: int) -> tuple[int, ...]:
        """Return the numbers of one message of a chat, one under every key, the present key first.

        Nothing connects the numbers of two messages, or one with the pseudonyms of its chat.
        """
        message = f"message:{chat_id}:{message_id}"
        return tuple(_compute_number(key, message) for key in self._keys)

    def make_tag(self, chat_id: int, moment: datetime) -> str:
        """Return what tells a chat from others at one moment, in 16 hexadecimal digits.

        Nothing connects the tags of two moments, or one with the pseudonyms of its chat.
        """
        message = f"tag:{moment.isoformat()}:{chat_id}"
        return hmac.digest(self._keys[0], message.encode(), sha256)[:8].hex()

    def list_chat_ids(self, chat_id: int) -> tuple[int, ...]:
        """Return a chat id with all its pseudonyms. For a pseudonym, return only itself."""
        is_pseudonym = chat_id > 0 and bool(chat_id & _MARK)
        return (chat_id,) if is_pseudonym else (chat_id, *self.list_pseudonyms(chat_id))


def _derive_key(key: str) -> bytes:
    """Return the key of the pseudonyms: derived (HKDF) so that it differs from the cipher's."""
    hkdf = HKDF(SHA256(), length=32, salt=None, info=b"langnghe pseudonyms")
    return hkdf.derive(base64.urlsafe_b64decode(key))


def _compute_pseudonym(key: bytes, chat_id: int, *, named: bool) -> int:
    return _compute_number(key, f"{'named' if named else 'unnamed'}:{chat_id}")


def _compute_number(key: bytes, message: str) -> int:
    digest = hmac.digest(key, message.encode(), sha256)
    return _MARK | (int.from_bytes(digest[:8], "big") >> 3)
