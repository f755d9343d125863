"""Store, read and delete files in a bucket of moto's server, through s3fs.

Run it with `make s3`. It is not part of the gate, because the libraries are large.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time

from bot.evidence.store import BadStore, EvidenceStore
from bot.privacy.encryption import Cipher, make_key

_BUCKET, _MAX_SECONDS = "tep", 60


def _choose_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def _make_bucket() -> None:
    """Create the bucket as soon as the server answers."""
    import s3fs

    deadline = time.monotonic() + _MAX_SECONDS
    while True:
        try:
            s3fs.S3FileSystem(skip_instance_cache=True).mkdir(_BUCKET)
            return
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


async def _use_store() -> None:
    """Write, replace, read and delete files; raise AssertionError for a wrong result."""
    store = EvidenceStore(f"s3://{_BUCKET}/evidence", Cipher([make_key()]))
    await store.try_out()
    for content in (b"a", bytes(20 * 1024 * 1024), b""):
        await store.put_file("originals/00000/1", content)
        assert await store.read_file("originals/00000/1") == content
    await store.delete_files(["originals/00000/1", "served/00000/1"])
    with contextlib.suppress(FileNotFoundError):
        await store.read_file("originals/00000/1")
        raise AssertionError("the file is still there")
    with contextlib.suppress(BadStore):
        await EvidenceStore("s3://no-such-bucket/a", Cipher([make_key()])).try_out()
        raise AssertionError("a missing bucket was not noticed")


async def _use_stopped_server() -> None:
    """Raise AssertionError unless a server that is away is an OSError."""
    store = EvidenceStore(f"s3://{_BUCKET}/evidence", Cipher([make_key()]))
    try:
        await store.try_out()
    except OSError as error:
        sys.stdout.write(f"away: {type(error).__name__}: {error}\n")
        return
    raise AssertionError("a server that is away was not noticed")


def main() -> int:
    """Return 0 if the store works, and notices a missing bucket and a server that is away."""
    port = _choose_port()
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "thu", "AWS_SECRET_ACCESS_KEY": "thu",  # any are accepted
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed arguments
    try:
        _make_bucket()
        asyncio.run(_use_store())
    finally:
        server.terminate()
        server.wait()
    asyncio.run(_use_stopped_server())
    sys.stdout.write("the store works\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
