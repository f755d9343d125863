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


@dataclass(frozen=True, slots=True)
class MessageAddress:
    """The stored form of one message of a chat: its number, and both ids encrypted."""

    key: int
    encrypted_ids: str


class Pseudonyms:
    """Computes pseudonyms of chat ids, and encrypts and decrypts chat ids with its `cipher`."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys of `load_keys`. New pseudonyms use the cipher's present key.

        Raises BadKey.
        """
        self.cipher = Cipher(keys)
        self._keys = [_derive_key(key) for key in keys]

    def make_address(self, chat_id: int, *, named: bool) -> ChatAddress:
        """Return the address of a chat as a named or an unnamed resident, with the present key.

        Do not store it for a person who has an address already: see `bot.core.addresses`.
        """
        pseudonym = _compute_pseudonym(self._order_keys()[0], chat_id, named=named)
        return ChatAddress(pseudonym, self.cipher.encrypt_text(str(chat_id)))

    def decrypt_chat_id(self, encrypted: str) -> int:
        """Return the chat id of an `encrypted_chat_id`. Raises Unreadable."""
        return int(self.cipher.decrypt_text(encrypted))

    def list_pseudonyms(self, chat_id: int, *, named: bool | None = None) -> tuple[int, ...]:
        """Return the pseudonyms of a chat, one for each key, as a named or unnamed resident.

        With `named` None, return both. Those of the present key come first.
        """
        return tuple(
            _compute_pseudonym(key, chat_id, named=each)
            for key in self._order_keys()
            for each in ((True, False) if named is None else (named,))
        )

    def list_message_keys(self, chat_id: int, message_id: int) -> tuple[int, ...]:
        """Return the numbers of one message of a chat, one under every key, the present key first.

        Nothing connects the numbers of two messages, or one with the pseudonyms of its chat.
        """
        message = f"message:{chat_id}:{message_id}"
        return tuple(_compute_number(key, message) for key in self._order_keys())

    def make_message_address(self, chat_id: int, message_id: int) -> MessageAddress:
        """Return what is stored of one message of a chat, with the present key."""
        key = self.list_message_keys(chat_id, message_id)[0]
        return MessageAddress(key, self.cipher.encrypt_text(f"{chat_id}:{message_id}"))

    def decrypt_message(self, encrypted: str) -> tuple[int, int]:
        """Return the chat id and the message id of a `MessageAddress`. Raises Unreadable."""
        chat_id, _, message_id = self.cipher.decrypt_text(encrypted).partition(":")
        return int(chat_id), int(message_id)

    def make_tag(self, chat_id: int, moment: datetime) -> str:
        """Return what tells a chat from others at one moment, in 16 hexadecimal digits.

        Nothing connects the tags of two moments, or one with the pseudonyms of its chat.
        """
        message = f"tag:{moment.isoformat()}:{chat_id}"
        return hmac.digest(self._order_keys()[0], message.encode(), sha256)[:8].hex()

    def list_chat_ids(self, chat_id: int) -> tuple[int, ...]:
        """Return a chat id with all its pseudonyms. For a pseudonym, return only itself."""
        if self.is_pseudonym(chat_id):
            return (chat_id,)
        return (chat_id, *self.list_pseudonyms(chat_id))

    @staticmethod
    def is_pseudonym(chat_id: int) -> bool:
        """Return True if a number is a pseudonym, False if it is a chat id of Telegram."""
        return chat_id > 0 and bool(chat_id & _MARK)

    def map_pseudonyms(self, chat_id: int) -> dict[int, tuple[int, int]]:
        """Return all pseudonyms of a chat: of each the number of its key, and its present form.

        The present form is the pseudonym under the present key, of the same identity.
        """
        return {
            _compute_pseudonym(key, chat_id, named=named): (
                number,
                _compute_pseudonym(self._keys[self.cipher.present], chat_id, named=named),
            )
            for number, key in enumerate(self._keys)
            for named in (True, False)
        }

    def map_message_keys(self, chat_id: int, message_id: int) -> dict[int, tuple[int, int]]:
        """Return all numbers of a message, in the form of `map_pseudonyms`."""
        message = f"message:{chat_id}:{message_id}"
        numbers = [_compute_number(key, message) for key in self._keys]
        present = numbers[self.cipher.present]
        return {each: (number, present) for number, each in enumerate(numbers)}

    def _order_keys(self) -> list[bytes]:
        """Return the keys, the present one first."""
        present = self.cipher.present
        if not present:
            return self._keys
        return [self._keys[present], *self._keys[:present], *self._keys[present + 1 :]]


def _derive_key(key: str) -> bytes:
    """Return the key of the pseudonyms: derived (HKDF) so that it differs from the cipher's."""
    hkdf = HKDF(SHA256(), length=32, salt=None, info=b"langnghe pseudonyms")
    return hkdf.derive(base64.urlsafe_b64decode(key))


def _compute_pseudonym(key: bytes, chat_id: int, *, named: bool) -> int:
    return _compute_number(key, f"{'named' if named else 'unnamed'}:{chat_id}")


def _compute_number(key: bytes, message: str) -> int:
    digest = hmac.digest(key, message.encode(), sha256)
    return _MARK | (int.from_bytes(digest[:8], "big") >> 3)
