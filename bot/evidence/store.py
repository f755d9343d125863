"""A store of encrypted files in a folder or a bucket, through fsspec."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.privacy.encryption import Cipher


class BadStore(Exception):
    """The configured URL for files cannot be used. The message names the setting and the reason."""


class EvidenceStore:
    """Stores encrypted files by name. All methods raise OSError if the store is not reachable."""

    def __init__(self, url: str, cipher: Cipher) -> None:
        """Open a store at an fsspec URL (a path, file://, s3:// and others). Raises BadStore."""
        import fsspec

        self._cipher = cipher
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, **_choose_options(url))
        except (ImportError, ValueError) as error:
            raise BadStore(f"evidence.url: {error}") from error

    async def put_file(self, name: str, content: bytes) -> None:
        """Store a file completely or not at all. A file of this name is replaced."""
        await asyncio.to_thread(self._write_file, name, content)

    async def read_file(self, name: str) -> bytes:
        """Return the content of a file.

        Raises FileNotFoundError, and Unreadable if it is encrypted with another key.
        """
        encrypted = await asyncio.to_thread(self._files.cat_file, self._build_path(name))
        return await asyncio.to_thread(self._cipher.decrypt, encrypted)

    async def find_key(self, name: str) -> int | None:
        """Return the number of the key that decrypts a file; None if no key does.

        Raises FileNotFoundError.
        """
        encrypted = await asyncio.to_thread(self._files.cat_file, self._build_path(name))
        return await asyncio.to_thread(self._cipher.find_key, encrypted)

    async def read_outdated_file(self, name: str) -> bytes | None:
        """Return the content of a file that is not encrypted with the present key, or else None.

        Raises FileNotFoundError, and Unreadable if it is encrypted with a key that is not set.
        """
        encrypted = await asyncio.to_thread(self._files.cat_file, self._build_path(name))
        number = await asyncio.to_thread(self._cipher.find_key, encrypted)
        if number == self._cipher.present:
            return None
        return await asyncio.to_thread(self._cipher.decrypt, encrypted)

    async def delete_files(self, names: Iterable[str]) -> None:
        """Delete files. Missing files are ignored."""
        for name in names:
            await asyncio.to_thread(self._delete_file, name)

    def _write_file(self, name: str, content: bytes) -> None:
        """Write to a temporary name and rename, so that no reader sees a part of a file."""
        path = self._build_path(name)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(f"{path}.part", self._cipher.encrypt(content))
        self._files.mv(f"{path}.part", path)

    def _delete_file(self, name: str) -> None:
        # A process that was killed while it wrote may have left a part.
        for path in (self._build_path(name), f"{self._build_path(name)}.part"):
            with suppress(FileNotFoundError):
                self._files.rm_file(path)

    def _build_path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def _choose_options(url: str) -> dict[str, Any]:
    """Return the options of the file system; local folders are created when needed."""
    return {} if "://" in url and not url.startswith("file://") else {"auto_mkdir": True}
