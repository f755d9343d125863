"""A process that cleans files: a file that breaks a library, or takes too long, stops only it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from bot.evidence.errors import NotCleanable, UnreadableMedia
from bot.evidence.metadata import remove_metadata

if TYPE_CHECKING:
    from typing import IO

_MAX_SECONDS = 45.0  # for one file
_MAX_MEMORY = 3 * 1024**3  # bytes
_CLEANED, _UNREADABLE, _NOT_CLEANABLE = "cleaned", "unreadable", "not cleanable"


class CleaningProcess:
    """Runs `remove_metadata` in a process of its own, which is started when it is needed."""

    def __init__(self, seconds: float = _MAX_SECONDS) -> None:
        """Take the number of seconds for one file, after which the process is stopped."""
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def remove_metadata(self, content: bytes, content_type: str) -> bytes:
        """Return a file without its metadata. Blocks: call it in a thread.

        Raises UnreadableMedia and NotCleanable as `remove_metadata` does. NotCleanable is raised
        too if the file takes too long, needs too much memory or ends the process.
        """
        with self._lock:
            process = self._start()
            timer = threading.Timer(self._seconds, process.kill)
            timer.start()
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                _write_frame(process.stdin, content_type, content)
                result, cleaned = _read_frame(process.stdout)
            except (OSError, EOFError) as error:
                self._stop()
                raise NotCleanable("cleaning took too long or broke") from error
            finally:
                timer.cancel()
        if result == _CLEANED:
            return cleaned
        reason = cleaned.decode()
        raise (UnreadableMedia if result == _UNREADABLE else NotCleanable)(reason)

    def close(self) -> None:
        """Stop the process."""
        with self._lock:
            self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        self._process = subprocess.Popen(  # noqa: S603 - this program itself, with fixed arguments
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ.get("PATH", "")},
        )
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _write_frame(stream: IO[bytes], head: str, body: bytes) -> None:
    stream.write(json.dumps([head, len(body)]).encode() + b"\n")
    stream.write(body)
    stream.flush()


def _read_frame(stream: IO[bytes]) -> tuple[str, bytes]:
    """Return head and body of a frame. Raises EOFError at the end of the stream."""
    line = stream.readline()
    if not line:
        raise EOFError
    head, size = json.loads(line)
    body = stream.read(size)
    if len(body) < size:
        raise EOFError
    return head, body


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return  # not on this operating system
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))


def serve_requests() -> None:
    """Clean the files from standard input one after the other, until it ends.

    Each result is written to standard output. It is what the process of CleaningProcess runs.
    """
    _limit_memory()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            content_type, content = _read_frame(source)
        except EOFError:
            return
        try:
            result, cleaned = _CLEANED, remove_metadata(content, content_type)
        except UnreadableMedia as error:
            result, cleaned = _UNREADABLE, str(error).encode()
        except Exception as error:  # whatever a library raises, the file is not cleaned
            result, cleaned = _NOT_CLEANABLE, str(error).encode()
        _write_frame(target, result, cleaned)


if __name__ == "__main__":
    serve_requests()
