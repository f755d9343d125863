"""A store of files that fails is no fault of the file, and everybody who must know does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.evidence.store import BadStore, EvidenceStore
from bot.privacy.encryption import Cipher, make_key
from bot.runtime.doctor import check_store
from bot.runtime.ops import format_metrics
from storage.models import EvidenceState
from tests.marked_files import MARKED_FILES
from tests.stories.test_evidence import list_attachments

if TYPE_CHECKING:
    from pathlib import Path

    from tests.town.town import Town


class NoCredentialsError(Exception):
    """As botocore raises it: it is no OSError."""


FAILURES = {
    "library": RuntimeError("EndpointConnectionError"),
    "protocol": ValueError("Could not connect to the endpoint URL"),
    "credentials": NoCredentialsError("Unable to locate credentials"),
    "permission": PermissionError("Access Denied"),
    "timeout": TimeoutError("the server did not answer"),
    "bucket": FileNotFoundError("The specified bucket does not exist"),
}


def break_store(
    town: Town, monkeypatch: pytest.MonkeyPatch, failure: Exception, *methods: str
) -> None:
    """Let methods of the file system fail."""

    def fail(*_given: object, **_more: object) -> None:
        raise failure

    for method in methods:
        monkeypatch.setattr(town.app.store._files, method, fail)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("method", ["pipe_file", "mv"])
async def test_a_file_waits_however_the_store_fails(
    town: Town, method: str, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For more than two days; metrics count it. Afterwards it comes within ten minutes."""
    ann = town.resident("Ann")
    with monkeypatch.context() as broken:
        break_store(town, broken, failure, method)
        await ann.begins()
        await ann.does("document", content=MARKED_FILES["don.pdf"](), caption="Xem đơn")
        await ann.finishes()
        for _ in range(13):
            town.advance(hours=4)
            await town.settle()
        (row,) = await list_attachments(town)
        assert row.state is EvidenceState.WAITING
        assert (
            "langnghe_evidence_unstored 1.0" in (await format_metrics(town.app.database)).decode()
        )
    town.advance(minutes=10)
    await town.settle()
    (row,) = await list_attachments(town)
    assert row.state is EvidenceState.STORED
    assert not ann.was_told("files.given_up.failed")
    assert b"langnghe_evidence_unstored 0.0" in await format_metrics(town.app.database)


def open_store(url: str) -> Any:
    """Return a store with a new key."""
    return EvidenceStore(url, Cipher([make_key()]))


def list_names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return [each.name for each in folder.iterdir()]


async def test_doctor_says_whether_files_can_be_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is written, read and deleted; nothing stays behind."""
    lines: list[str] = []
    store = open_store(str(tmp_path))
    assert await check_store(store, lines.append)
    assert list_names(tmp_path) == []
    assert await check_store(open_store(str(tmp_path / "later")), lines.append)
    assert list_names(tmp_path) == []
    for failure in FAILURES.values():

        def fail(*_given: object, error: Exception = failure, **_more: object) -> None:
            raise error

        monkeypatch.setattr(store._files, "pipe_file", fail)
        assert not await check_store(store, lines.append)
        assert "evidence.url" in lines[-1]


@pytest.mark.parametrize("name", ["credentials", "permission", "bucket"])
async def test_what_an_operator_must_mend_stops_the_start(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The others may be over soon: the bot starts, and files wait."""
    store = open_store(str(tmp_path))
    for other, failure in FAILURES.items():

        def fail(*_given: object, error: Exception = failure, **_more: object) -> None:
            raise error

        monkeypatch.setattr(store._files, "pipe_file", fail)
        if other == name:
            with pytest.raises(BadStore, match=r"evidence\.url"):
                await store.try_out()
        elif other in {"library", "protocol", "timeout"}:
            with pytest.raises(OSError, match=str(failure)):
                await store.try_out()


@pytest.mark.parametrize("url", ["nowhere://bucket/a", "s3:://", "gs://bucket"])
def test_an_unknown_scheme_and_a_missing_library_are_refused(url: str) -> None:
    """With one line that names the setting."""
    with pytest.raises(BadStore, match=r"^evidence\.url: [^\n]+$"):
        open_store(url)
