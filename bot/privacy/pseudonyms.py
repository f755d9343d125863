"""Pseudonyms of chats: numbers that only the holder of the key can compute from a chat id.

A person has four pseudonyms under each key: as a named and as an unnamed resident, as the person of
a chat (conversation, direct replies), and as somebody who gave their consent. Without the key
nothing connects them.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from bot.privacy.encryption import Cipher, Unreadable
from bot.privacy.sealing import Sealer, derive_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Pseudonyms are stored where chat ids are. Telegram's ids have at most 52 bits, so bit 61 tells
# the two apart.
_MARK = 1 << 61
_IDENTITIES = ("named", "unnamed", "chat", "consent")
SEALED = "sealed"  # the only key of a sealed screen


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
    """Computes pseudonyms of chat ids, and encrypts and decrypts chat ids with its `cipher`.

    `sealer` has the same keys, for values that are written often.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys of `load_keys`. New pseudonyms use the cipher's present key.

        Raises BadKey.
        """
        self.cipher = Cipher(keys)
        self.sealer = Sealer(keys, self.cipher)
        # Derived, so that the keys of the pseudonyms differ from the cipher's.
        self._keys = [derive_key(key, b"langnghe pseudonyms") for key in keys]

    def make_address(self, chat_id: int, *, named: bool) -> ChatAddress:
        """Return the address of a chat as a named or an unnamed resident, with the present key.

        Do not store it for a person who has an address already: see `bot.core.addresses`.
        """
        pseudonym = _compute_pseudonym(self._order_keys()[0], chat_id, named=named)
        return ChatAddress(pseudonym, self.encrypt_chat_id(chat_id))

    def encrypt_chat_id(self, chat_id: int) -> str:
        """Return a chat id encrypted with the present key."""
        return self.cipher.encrypt_text(str(chat_id))

    def decrypt_chat_id(self, encrypted: str) -> int:
        """Return the chat id of an `encrypted_chat_id`. Raises Unreadable."""
        return int(self.cipher.decrypt_text(encrypted))

    def list_related(self, pseudonym: int, encrypted: str) -> frozenset[int]:
        """Return all pseudonyms of the person of an address, with the stored one.

        It is the only one if no key decrypts the chat id.
        """
        try:
            chat_id = self.decrypt_chat_id(encrypted)
        except Unreadable:
            return frozenset({pseudonym})
        return frozenset({pseudonym, *self.list_pseudonyms(chat_id)})

    def list_pseudonyms(self, chat_id: int, *, named: bool | None = None) -> tuple[int, ...]:
        """Return the pseudonyms of a chat, one for each key, as a named or unnamed resident.

        With `named` None, return both. Those of the present key come first.
        """
        return tuple(
            _compute_pseudonym(key, chat_id, named=each)
            for key in self._order_keys()
            for each in ((True, False) if named is None else (named,))
        )

    def make_chat_address(self, chat_id: int) -> ChatAddress:
        """Return the address of a chat as itself: it leads to no resident."""
        return ChatAddress(self.list_chat_keys(chat_id)[0], self.encrypt_chat_id(chat_id))

    def make_consent_address(self, chat_id: int) -> ChatAddress:
        """Return the address under which the consent of the person of a chat is stored."""
        return ChatAddress(self.list_consent_keys(chat_id)[0], self.encrypt_chat_id(chat_id))

    def list_chat_keys(self, chat_id: int) -> tuple[int, ...]:
        """Return the pseudonyms of a chat as itself, one for each key, the present key first."""
        return tuple(_compute_number(key, f"chat:{chat_id}") for key in self._order_keys())

    def list_consent_keys(self, chat_id: int) -> tuple[int, ...]:
        """Return the pseudonyms of a person's consent, one for each key, the present key first."""
        return tuple(_compute_number(key, f"consent:{chat_id}") for key in self._order_keys())

    def list_message_keys(self, chat_id: int, message_id: int) -> tuple[int, ...]:
        """Return the numbers of one message of a chat, one under every key, the present key first.

        Nothing connects the numbers of two messages, or one with the pseudonyms of its chat.
        """
        message = f"message:{chat_id}:{message_id}"
        return tuple(_compute_number(key, message) for key in self._order_keys())

    def make_message_address(self, chat_id: int, message_id: int) -> MessageAddress:
        """Return what is stored of one message of a chat, with the present key."""
        key = self.list_message_keys(chat_id, message_id)[0]
        return MessageAddress(key, self.sealer.seal_text(f"{chat_id}:{message_id}"))

    def decrypt_message(self, encrypted: str) -> tuple[int, int]:
        """Return the chat id and the message id of a `MessageAddress`. Raises Unreadable."""
        chat_id, _, message_id = self.sealer.open_text(encrypted).partition(":")
        return int(chat_id), int(message_id)

    def make_tag(self, chat_id: int, moment: datetime) -> str:
        """Return what tells a chat from others at one moment, in 16 hexadecimal digits.

        Nothing connects the tags of two moments, or one with the pseudonyms of its chat.
        """
        message = f"tag:{moment.isoformat()}:{chat_id}"
        return hmac.digest(self._order_keys()[0], message.encode(), sha256)[:8].hex()

    def seal_screen(self, screen: dict[str, Any]) -> dict[str, str]:
        """Return the stored form of a screen, as JSON, that goes to a resident."""
        return {SEALED: self.sealer.seal_text(orjson.dumps(screen).decode())}

    def open_screen(self, stored: str) -> str:
        """Return a stored screen as JSON, whether it is sealed or not. Raises Unreadable."""
        sealed = orjson.loads(stored).get(SEALED)
        return stored if sealed is None else self.sealer.open_text(sealed)

    def list_chat_ids(self, chat_id: int) -> tuple[int, ...]:
        """Return a chat id with all numbers that messages to it are stored under.

        They are its pseudonyms as a chat and as residents. For a pseudonym, return only itself.
        """
        if self.is_pseudonym(chat_id):
            return (chat_id,)
        return (chat_id, *self.list_chat_keys(chat_id), *self.list_pseudonyms(chat_id))

    @staticmethod
    def is_pseudonym(chat_id: int) -> bool:
        """Return True if a number is a pseudonym, False if it is a chat id of Telegram."""
        return chat_id > 0 and bool(chat_id & _MARK)

    def map_pseudonyms(self, chat_id: int) -> dict[int, tuple[int, int]]:
        """Return all pseudonyms of a chat: of each the number of its key, and its present form.

        The present form is the pseudonym under the present key, of the same identity.
        """
        present = self._keys[self.cipher.present]
        return {
            _compute_number(key, f"{identity}:{chat_id}"): (
                number,
                _compute_number(present, f"{identity}:{chat_id}"),
            )
            for number, key in enumerate(self._keys)
            for identity in _IDENTITIES
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


def _compute_pseudonym(key: bytes, chat_id: int, *, named: bool) -> int:
    return _compute_number(key, f"{'named' if named else 'unnamed'}:{chat_id}")


def _compute_number(key: bytes, message: str) -> int:
    digest = hmac.digest(key, message.encode(), sha256)
    return _MARK | (int.from_bytes(digest[:8], "big") >> 3)
