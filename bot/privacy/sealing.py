"""Sealing of values that are written with every turn: AES-256-GCM, faster than Fernet.

Its key is derived from the operator's key. If there are several keys, the present one of the cipher
seals and every one opens.
"""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.privacy.encryption import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.privacy.encryption import Cipher

_VERSION = b"\x01"  # the first byte of a sealed value; no JSON begins with it
# Random numbers of 12 bytes, the usual size, would repeat too early for one key.
_NONCE_BYTES = 16


def derive_key(key: str, purpose: bytes) -> bytes:
    """Return 32 bytes that only the holder of a key of `load_keys` can compute, for one purpose."""
    hkdf = HKDF(SHA256(), length=32, salt=None, info=purpose)
    return hkdf.derive(base64.urlsafe_b64decode(key))


class Sealer:
    """Seals with its present key, and opens with any of its keys."""

    def __init__(self, keys: Sequence[str], cipher: Cipher) -> None:
        """Take the keys of `load_keys`, and the cipher that knows which of them is the present."""
        self._keys = [AESGCM(derive_key(key, b"langnghe sealed values")) for key in keys]
        self._cipher = cipher

    def seal(self, content: bytes) -> bytes:
        """Return the content sealed with the present key."""
        nonce = os.urandom(_NONCE_BYTES)
        key = self._keys[self._cipher.present]
        return _VERSION + nonce + key.encrypt(nonce, content, _VERSION)

    def open(self, sealed: bytes) -> bytes:
        """Return the content that `seal` sealed. Raises Unreadable."""
        for _, content in self._try_keys(sealed):
            return content
        raise Unreadable("sealed with another key, or changed since")

    def find_key(self, sealed: bytes | str) -> int | None:
        """Return the number of the key that opens a value; None if no key does."""
        content = sealed if isinstance(sealed, bytes) else _decode(sealed)
        return next((number for number, _ in self._try_keys(content)), None)

    def seal_again(self, sealed: Any) -> Any:
        """Return a sealed value, bytes or text, sealed with the present key. Raises Unreadable."""
        if isinstance(sealed, bytes):
            return self.seal(self.open(sealed))
        return self.seal_text(self.open_text(sealed))

    def _try_keys(self, sealed: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the number of each key that opens, with the content; the present key first."""
        if sealed[:1] != _VERSION:
            return
        nonce, content = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        present = self._cipher.present
        for number in sorted(range(len(self._keys)), key=lambda each: each != present):
            with suppress(InvalidTag, ValueError):
                yield number, self._keys[number].decrypt(nonce, content, _VERSION)

    def seal_json(self, value: Any) -> bytes:
        """Return a JSON value sealed."""
        return self.seal(orjson.dumps(value))

    def open_json(self, sealed: bytes) -> Any:
        """Return the value that `seal_json` sealed. Raises Unreadable."""
        return orjson.loads(self.open(sealed))

    def seal_text(self, text: str) -> str:
        """Return a text sealed, as ASCII text."""
        return base64.b64encode(self.seal(text.encode())).decode()

    def open_text(self, sealed: str) -> str:
        """Return the text that `seal_text` sealed. Raises Unreadable."""
        return self.open(_decode(sealed)).decode()


def _decode(sealed: str) -> bytes:
    """Return the bytes of a sealed text; none if it is not one."""
    try:
        return base64.b64decode(sealed, validate=True)
    except ValueError:
        return b""
