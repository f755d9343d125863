"""Where files are kept: a folder or a bucket, through fsspec; everything in it is sealed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import fsspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.privacy.encryption import Cipher


class BadStore(Exception):
    """The place of the files cannot be used; the message says what to do."""


class EvidenceStore:
    """Sealed files by their names. Raises OSError when the place cannot be reached."""

    def __init__(self, url: str, cipher: Cipher) -> None:
        """`url` is fsspec's: a path, file://, s3:// and so on. Raises BadStore."""
        self._cipher = cipher
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, **_options(url))
        except (ImportError, ValueError) as error:
            raise BadStore(f"evidence.url: {error}") from error

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file under a name, whole or not at all."""
        await asyncio.to_thread(self._put, name, content)

    async def get(self, name: str) -> bytes:
        """A file's content; raises FileNotFoundError, and Unreadable under another key."""
        sealed = await asyncio.to_thread(self._files.cat_file, self._path(name))
        return await asyncio.to_thread(self._cipher.decrypt, sealed)

    async def delete(self, names: Iterable[str]) -> None:
        """Remove files; one that is gone already is no error."""
        for name in names:
            await asyncio.to_thread(self._delete, name)

    def _put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        # Written aside and moved: a file that is there is whole.
        self._files.pipe_file(f"{path}.part", self._cipher.encrypt(content))
        self._files.mv(f"{path}.part", path)

    def _delete(self, name: str) -> None:
        try:
            self._files.rm_file(self._path(name))
        except FileNotFoundError:
            return

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def _options(url: str) -> dict[str, Any]:
    return {} if "://" in url and not url.startswith("file://") else {"auto_mkdir": True}
