"""A store of encrypted files in a folder or a bucket, through fsspec."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.privacy.encryption import Cipher


class BadStore(Exception):
    """The configured URL for files cannot be used. The message names the setting and the reason."""


class StoreUnavailable(OSError):
    """The library of a file system raised an error of its own. The message has its name."""


# The names of errors of libraries that only the operator can mend.
_ERRORS_OF_SETTINGS = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "ParamValidationError"}
)

# Stores without folders. Making a folder would make a bucket, also one with a misspelt name.
_BUCKETS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss"})


class EvidenceStore:
    """Stores encrypted files by name. All methods raise OSError if the store is not reachable."""

    def __init__(self, url: str, cipher: Cipher) -> None:
        """Open a store at an fsspec URL (a path, file://, s3:// and others). Raises BadStore."""
        import fsspec

        self._cipher = cipher
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, **_choose_options(url))
        except (ImportError, ValueError) as error:
            raise BadStore(f"evidence.url: {' '.join(str(error).split())}") from error

    async def try_out(self) -> None:
        """Write, read and delete a small file, unless the local folder does not exist yet.

        Raises BadStore for what the operator must mend, such as missing credentials or permissions,
        and OSError for what may be over soon.
        """
        name = f"probe-{uuid4().hex}"
        try:
            if await asyncio.to_thread(self._is_new_folder):
                return
            await self.put_file(name, b"probe")
            await self.read_file(name)
            await self.delete_files([name])
        except (PermissionError, FileNotFoundError, NotADirectoryError) as error:
            raise BadStore(f"evidence.url: {error}") from error
        except StoreUnavailable as error:
            if type(error.__cause__).__name__ in _ERRORS_OF_SETTINGS:
                raise BadStore(f"evidence.url: {error}") from error
            raise

    def _is_new_folder(self) -> bool:
        with _translate_errors():
            return "file" in _list_protocols(self._files) and not self._files.exists(self._root)

    async def put_file(self, name: str, content: bytes) -> None:
        """Store a file completely or not at all. A file of this name is replaced."""
        await asyncio.to_thread(self._write_file, name, content)

    async def read_file(self, name: str) -> bytes:
        """Return the content of a file.

        Raises FileNotFoundError, and Unreadable if it is encrypted with another key.
        """
        encrypted = await asyncio.to_thread(self._read_encrypted, name)
        return await asyncio.to_thread(self._cipher.decrypt, encrypted)

    async def find_key(self, name: str) -> int | None:
        """Return the number of the key that decrypts a file; None if no key does.

        Raises FileNotFoundError.
        """
        encrypted = await asyncio.to_thread(self._read_encrypted, name)
        return await asyncio.to_thread(self._cipher.find_key, encrypted)

    async def read_outdated_file(self, name: str) -> bytes | None:
        """Return the content of a file that is not encrypted with the present key, or else None.

        Raises FileNotFoundError, and Unreadable if it is encrypted with a key that is not set.
        """
        encrypted = await asyncio.to_thread(self._read_encrypted, name)
        number = await asyncio.to_thread(self._cipher.find_key, encrypted)
        if number == self._cipher.present:
            return None
        return await asyncio.to_thread(self._cipher.decrypt, encrypted)

    async def delete_files(self, names: Iterable[str]) -> None:
        """Delete files. Missing files are ignored."""
        for name in names:
            await asyncio.to_thread(self._delete_file, name)

    def _read_encrypted(self, name: str) -> bytes:
        with _translate_errors():
            return bytes(self._files.cat_file(self._build_path(name)))

    def _write_file(self, name: str, content: bytes) -> None:
        """Write to a temporary name and rename, so that no reader sees a part of a file."""
        path, encrypted = self._build_path(name), self._cipher.encrypt(content)
        with _translate_errors():
            if _BUCKETS.isdisjoint(_list_protocols(self._files)):
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(f"{path}.part", encrypted)
            self._files.mv(f"{path}.part", path)

    def _delete_file(self, name: str) -> None:
        # A process that was killed while it wrote may have left a part.
        for path in (self._build_path(name), f"{self._build_path(name)}.part"):
            with suppress(FileNotFoundError), _translate_errors():
                self._files.rm_file(path)

    def _build_path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def _list_protocols(files: Any) -> tuple[str, ...]:
    """Return the schemes of a file system of fsspec."""
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise StoreUnavailable for every error that is no OSError: libraries have their own."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error


def _choose_options(url: str) -> dict[str, Any]:
    """Return the options of the file system; local folders are created when needed."""
    return {} if "://" in url and not url.startswith("file://") else {"auto_mkdir": True}
