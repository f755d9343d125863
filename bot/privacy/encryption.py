"""Encryption with the operator's keys (Fernet: AES-128-CBC with HMAC-SHA256), and their loading.

If there are several keys, the first one encrypts and every one decrypts. So a key can be changed
while the bot runs; see docs/decisions/0007-encryption-and-pseudonyms.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class BadKey(Exception):
    """An encryption key has a wrong format. The message says how to make a valid key."""


class Unreadable(Exception):
    """The content cannot be decrypted: another key encrypted it, or it was changed since."""


def make_key() -> str:
    """Return a new random key for the setting `privacy.encryption_key`."""
    return Fernet.generate_key().decode()


class Cipher:
    """Encrypts with the first of its keys, and decrypts with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take at least one key. Raises BadKey."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise BadKey(
                "an encryption key is 32 bytes in URL-safe base64; 'python -m bot keys new' makes"
                " one"
            ) from error

    def encrypt(self, content: bytes) -> bytes:
        """Return the content encrypted with the first key."""
        return self._fernet.encrypt(content)

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the content that `encrypt` encrypted. Raises Unreadable."""
        try:
            return self._fernet.decrypt(encrypted)
        except InvalidToken as error:
            raise Unreadable("encrypted with another key, or changed since") from error

    def encrypt_text(self, text: str) -> str:
        """Return a text encrypted with the first key, as ASCII text."""
        return self.encrypt(text.encode()).decode()

    def decrypt_text(self, encrypted: str) -> str:
        """Return the text that `encrypt_text` encrypted. Raises Unreadable."""
        return self.decrypt(encrypted.encode()).decode()


def load_keys(setting: str, file: Path) -> list[str]:
    """Return the keys in `setting`, separated by commas, or else those in `file`, one a line.

    If the file does not exist, create it with one new key, readable by its owner only. Raises
    OSError.
    """
    if setting:
        return [key.strip() for key in setting.split(",") if key.strip()]
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii").split()
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(f"{make_key()}\n")
    return file.read_text("ascii").split()
