"""A process that checks and cleans files. A file that breaks a library stops only this process.

It cleans one file at a time, with limits of memory and time.
"""

from __future__ import annotations

import json
import os
import subprocess  # with fixed arguments and no shell  # nosec B404
import sys
import threading
from typing import TYPE_CHECKING

from bot.evidence.errors import ActiveContent, NotCheckable, UnreadableMedia
from bot.evidence.metadata import MAX_COPY_BYTES, CheckedFile, check_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

_MAX_SECONDS = 45.0  # for one file
_MAX_MEMORY = 1024**3  # bytes of address space; a photo of 50 million pixels needs the half of it
_MAX_HEAD_BYTES = 4096
_MAX_OPEN_FILES = 64
_MAX_REASON = 200  # characters
_ERRORS: dict[str, type[Exception]] = {
    each.__name__: each for each in (UnreadableMedia, ActiveContent, NotCheckable)
}


class CleaningProcess:
    """Runs `check_file` in a process of its own, which is started when it is needed."""

    def __init__(self, seconds: float = _MAX_SECONDS) -> None:
        """Take the number of seconds for one file, after which the process is stopped."""
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def check_file(self, content: bytes, extension: str) -> CheckedFile:
        """Return the type of a file and its copy without metadata. Blocks: call it in a thread.

        Raises UnreadableMedia, ActiveContent and NotCheckable as `check_file` does. NotCheckable is
        raised too if the file takes too long, needs too much memory or ends the process.
        """
        with self._lock:
            process = self._start()
            timer = threading.Timer(self._seconds, process.kill)
            timer.start()
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                _write_frame(process.stdin, {"extension": extension}, content)
                head, copy = _read_frame(process.stdout)
            except (OSError, EOFError, ValueError) as error:
                self._stop()
                raise NotCheckable("checking took too long or broke") from error
            finally:
                timer.cancel()
            if head.get("last"):
                self._stop()
        if head.get("error"):
            raise _ERRORS.get(str(head["error"]), NotCheckable)(str(head.get("reason")))
        return CheckedFile(str(head["content_type"]), copy if head["has_copy"] else None)

    def close(self) -> None:
        """Stop the process."""
        with self._lock:
            self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        self._process = subprocess.Popen(  # noqa: S603 - this program itself  # nosec B603
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


def _write_frame(stream: IO[bytes], head: Mapping[str, object], body: bytes) -> None:
    stream.write(json.dumps({**head, "size": len(body)}).encode() + b"\n")
    stream.write(body)
    stream.flush()


def _read_frame(stream: IO[bytes]) -> tuple[dict[str, object], bytes]:
    """Return head and body of a frame.

    Raises EOFError at the end of the stream, ValueError for what is no frame.
    """
    line = stream.readline(_MAX_HEAD_BYTES)
    if not line:
        raise EOFError
    head = json.loads(line)
    size = int(head["size"])
    if not 0 <= size <= MAX_COPY_BYTES:
        raise ValueError("a frame that is too large")
    body = stream.read(size)
    if len(body) < size:
        raise EOFError
    return head, body


def _limit_resources() -> None:
    try:
        import resource
    except ImportError:
        return  # not on this operating system
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))


def _answer(head: Mapping[str, object], content: bytes) -> tuple[dict[str, object], bytes]:
    """Return head and body of the answer to a request."""
    try:
        checked = check_file(content, str(head.get("extension", "")))
    except (UnreadableMedia, ActiveContent, NotCheckable) as error:
        return {"error": type(error).__name__, "reason": str(error)[:_MAX_REASON]}, b""
    except MemoryError:  # what is left may not be enough for the next file
        return {
            "error": NotCheckable.__name__,
            "reason": "needs too much memory",
            "last": True,
        }, b""
    except Exception as error:  # whatever a library raises, the file is not checked
        return {"error": NotCheckable.__name__, "reason": repr(error)[:_MAX_REASON]}, b""
    has_copy = checked.copy is not None
    return {"content_type": checked.content_type, "has_copy": has_copy}, checked.copy or b""


def serve_requests() -> None:
    """Check the files from standard input one after the other, until it ends.

    Each result is written to standard output. It is what the process of CleaningProcess runs.
    """
    _limit_resources()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            head, content = _read_frame(source)
        except EOFError:
            return
        _write_frame(target, *_answer(head, content))


if __name__ == "__main__":
    serve_requests()
