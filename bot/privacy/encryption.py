"""The seal on what must not be read: Fernet, and pseudonyms that only the key's holder can make.

The key is the operator's. Several may be given: the first seals, all of them open, so that a key
can be changed while the bot runs; see docs/decisions/0007-sealed-residents.md.
"""

from __future__ import annotations

import base64
import hmac
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Pseudonyms stand where chat ids do. Telegram's ids have at most 52 bits; these always have bit 61.
_MARK = 1 << 61


class BadKey(Exception):
    """A key has not the form of one; the message says how to make one."""


class Unreadable(Exception):
    """Something was sealed with a key that is not among the given ones, or was changed since."""


@dataclass(frozen=True, slots=True)
class ChatAddress:
    """Where a resident is reached: a pseudonym, and the sealed chat behind it."""

    alias: int
    sealed: str


def make_key() -> str:
    """A new key, in the form that the settings want."""
    return Fernet.generate_key().decode()


class Cipher:
    """Seals and opens; makes the pseudonyms of a chat."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises BadKey; at least one key is needed."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise BadKey(
                "an encryption key is 32 bytes in URL-safe base64; 'python -m bot keys new' makes"
                " one"
            ) from error
        self._pseudonyms = [_derived(key) for key in keys]

    def seal(self, content: bytes) -> bytes:
        """Content that only a holder of the key can read."""
        return self._fernet.encrypt(content)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed; raises Unreadable."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Unreadable("sealed with another key, or changed since") from error

    def seal_text(self, text: str) -> str:
        """A text that only a holder of the key can read."""
        return self.seal(text.encode()).decode()

    def open_text(self, sealed: str) -> str:
        """The text that was sealed; raises Unreadable."""
        return self.open(sealed.encode()).decode()

    def address(self, chat_id: int, *, named: bool) -> ChatAddress:
        """Where the person of a chat is reached as a named resident, or as an unnamed one.

        The two have nothing in common for who has not the key.
        """
        return ChatAddress(
            _alias(self._pseudonyms[0], chat_id, named=named), self.seal_text(str(chat_id))
        )

    def chat_of(self, sealed: str) -> int:
        """The chat behind an address; raises Unreadable."""
        return int(self.open_text(sealed))

    def aliases(self, chat_id: int, *, named: bool | None = None) -> tuple[int, ...]:
        """Every pseudonym of a chat, under every key; only the (un)named ones if it is said."""
        return tuple(
            _alias(key, chat_id, named=each)
            for key in self._pseudonyms
            for each in ((True, False) if named is None else (named,))
        )

    def numbers(self, chat_id: int) -> tuple[int, ...]:
        """Everything that stands for a chat: its id and its pseudonyms; a pseudonym has no other"""
        return (chat_id,) if chat_id & _MARK and chat_id > 0 else (chat_id, *self.aliases(chat_id))


def _derived(key: str) -> bytes:
    """The key of the pseudonyms: another one than that of the seal, from the same secret."""
    hkdf = HKDF(SHA256(), length=32, salt=None, info=b"langnghe pseudonyms")
    return hkdf.derive(base64.urlsafe_b64decode(key))


def _alias(key: bytes, chat_id: int, *, named: bool) -> int:
    what = f"{'named' if named else 'unnamed'}:{chat_id}".encode()
    digest = hmac.digest(key, what, sha256)
    return _MARK | (int.from_bytes(digest[:8], "big") >> 3)


def load_keys(setting: str, file: Path) -> list[str]:
    """The keys of the setting, separated by commas or, without it, those of a file, a line each.

    Where there is no file one is made with a new key, readable by its owner alone. Raises OSError.
    """
    if setting:
        return [key.strip() for key in setting.split(",") if key.strip()]
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii").split()
    with os.fdopen(made, "w", encoding="ascii") as opened:
        opened.write(f"{make_key()}\n")
    return file.read_text("ascii").split()
