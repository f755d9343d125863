"""Encryption with the operator's keys (Fernet: AES-128-CBC with HMAC-SHA256), and their loading.

If there are several keys, one of them encrypts and every one decrypts. So a key can be changed
while the bot runs; see docs/decisions/0007-encryption-and-pseudonyms.md.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class BadKey(Exception):
    """An encryption key has a wrong format. The message says how to make a valid key."""


class NoKey(BadKey):
    """No encryption key is set. The message says how to set one."""


class Unreadable(Exception):
    """The content cannot be decrypted: another key encrypted it, or it was changed since."""


def make_key() -> str:
    """Return a new random key for the setting `privacy.encryption_key`."""
    return Fernet.generate_key().decode()


class Cipher:
    """Encrypts with its present key, and decrypts with any of its keys.

    The present key is the first one until `use_key`: a database says which key its rows are
    written with, so that all replicas change to a new key together (`key_rotation.check_key`).
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take at least one key. Raises BadKey."""
        try:
            self._keys = [Fernet(key) for key in keys]
        except ValueError as error:
            raise BadKey(
                "an encryption key is 32 bytes in URL-safe base64; 'python -m bot keys new' makes"
                " one"
            ) from error
        if not self._keys:
            raise NoKey("no encryption key is set; 'python -m bot keys new' makes one")
        self.present = 0

    @property
    def key_count(self) -> int:
        """The number of keys."""
        return len(self._keys)

    def use_key(self, number: int) -> None:
        """Encrypt with the key of a number from now on. The first key of the settings is 0."""
        self.present = range(len(self._keys))[number]

    def find_key(self, encrypted: bytes) -> int | None:
        """Return the number of the key that decrypts a content; None if no key does."""
        return next((number for number, _ in self._try_keys(encrypted)), None)

    def encrypt(self, content: bytes) -> bytes:
        """Return the content encrypted with the present key."""
        return self._keys[self.present].encrypt(content)

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the content that `encrypt` encrypted. Raises Unreadable."""
        for _, content in self._try_keys(encrypted):
            return content
        raise Unreadable("encrypted with another key, or changed since")

    def encrypt_text(self, text: str) -> str:
        """Return a text encrypted with the present key, as ASCII text."""
        return self.encrypt(text.encode()).decode()

    def decrypt_text(self, encrypted: str) -> str:
        """Return the text that `encrypt_text` encrypted. Raises Unreadable."""
        return self.decrypt(encrypted.encode()).decode()

    def _try_keys(self, encrypted: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the number of each key that decrypts, with the content; the present key first."""
        for number in sorted(range(len(self._keys)), key=lambda each: each != self.present):
            with suppress(InvalidToken):
                yield number, self._keys[number].decrypt(encrypted)


def load_keys(setting: str, file: Path) -> list[str]:
    """Return the keys in `setting`, separated by commas, or else those in `file`, one a line.

    Raises NoKey if nothing is set and there is no file, and OSError if it cannot be read.
    """
    if setting:
        return [key.strip() for key in setting.split(",") if key.strip()]
    try:
        return file.read_text("ascii").split()
    except FileNotFoundError as error:
        raise NoKey(
            f"privacy.encryption_key is not set, and there is no file {file} (privacy.key_file)"
        ) from error


def create_key_file(file: Path) -> None:
    """Create a file with one new key, readable by its owner only. An existing file is kept.

    Raises OSError.
    """
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(f"{make_key()}\n")
