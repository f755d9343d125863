"""Ask the real daemon of ClamAV (Debian: clamav-daemon) about the test file of EICAR.

Run it with `make scanner`. It is not part of the gate, because the daemon is large. It starts the
daemon with one signature, which needs no download.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.evidence.scanner import ScannerUnavailable, VirusScanner
from tests.attacks.clamd_double import EICAR

_LARGEST = 20 * 1024 * 1024
_MAX_ATTEMPTS = 60


async def _ask(socket: Path) -> list[str | None]:
    """Return the names of what clamd finds in four files; the last two have nothing."""
    scanner = VirusScanner(f"unix://{socket}")
    for _ in range(_MAX_ATTEMPTS):
        try:
            sys.stdout.write(f"{await scanner.get_version()}\n")
            break
        except ScannerUnavailable:
            await asyncio.sleep(1)
    files = (EICAR, b"Don kien nghi " + EICAR, b"Don kien nghi", bytes(_LARGEST))
    return [await scanner.find_malware(content) for content in files]


def main() -> int:
    """Return 0 if the daemon finds the test file and nothing else, or else 1."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "test.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR[:68].hex()}\n")
        socket, config = folder / "clamd.ctl", folder / "clamd.conf"
        config.write_text(f"DatabaseDirectory {folder}\nLocalSocket {socket}\nForeground yes\n")
        command = ["clamd", "-c", str(config)]
        daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - fixed
        try:
            found = asyncio.run(_ask(socket))
        finally:
            daemon.terminate()
            daemon.wait()
    sys.stdout.write(f"{found}\n")
    return 0 if all(found[:2]) and not any(found[2:]) else 1


if __name__ == "__main__":
    sys.exit(main())
