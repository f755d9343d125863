"""Kind 10: a file is given up although it would come later, or is lost without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from bot.evidence.fetcher import GIVE_UP_AFTER
from storage.models import EvidenceState
from tests.stories.test_evidence import list_attachments

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

LARGE = 20 * 1024 * 1024 + 1
FAILURES = {
    "temporarily unavailable": BadRequest("Wrong file_id or the file is temporarily unavailable"),
    "invalid id": BadRequest("Invalid file_id"),
    "not found": BadRequest("File not found"),
    "server": NetworkError("Bad Gateway"),
    "slow": TimedOut(),
    "flood": RetryAfter(30),
    "forbidden": Forbidden("Forbidden: bot was kicked"),
    "unforeseen": RuntimeError("nobody thought of this"),
}


async def submit_photo(town: Town) -> Person:
    """Let a resident submit a photo with a caption."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Ngõ 5 ngập nước")
    await ann.finishes()
    return ann


async def get_state(town: Town) -> EvidenceState:
    """Return the state of the only attachment."""
    (row,) = await list_attachments(town)
    return EvidenceState(row.state)


async def wait(town: Town, hours: int) -> None:
    """Let hours pass. The job of the fetcher runs every two hours and at the end."""
    for passed in range(0, hours, 2):
        town.advance(hours=min(2, hours - passed))
        await town.settle()


def break_telegram(town: Town, monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    """Let every getFile fail."""

    async def fail(*_given: Any, **_more: Any) -> Any:
        raise failure

    monkeypatch.setattr(type(town.app.bot), "get_file", fail)


def break_store(town: Town, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Let a method of the store fail."""

    def fail(*_given: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(town.app.store._files, method, fail)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_a_file_is_fetched_although_telegram_fails_for_most_of_a_day(
    town: Town, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever Telegram says meanwhile. The resident is not told that it failed."""
    with monkeypatch.context() as broken:
        break_telegram(town, broken, failure)
        ann = await submit_photo(town)
        await wait(town, 20)
        assert await get_state(town) is EvidenceState.WAITING
    await wait(town, 3)
    assert await get_state(town) is EvidenceState.STORED
    assert not ann.was_told("files.given_up.failed")


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_a_file_is_given_up_after_a_day_and_the_resident_is_told_once(
    town: Town, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram is asked seldom meanwhile, so the pauses have grown."""
    break_telegram(town, monkeypatch, failure)
    ann = await submit_photo(town)
    await wait(town, 28)
    assert await get_state(town) is EvidenceState.FAILED
    (row,) = await list_attachments(town)
    assert row.attempt < 30
    assert ann.count_told("files.given_up.failed") == 1


@pytest.mark.parametrize("method", ["pipe_file", "makedirs", "mv"])
async def test_a_store_that_fails_for_days_uses_up_nothing(
    town: Town, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file waits; after that, a failing Telegram still has its whole day."""
    with monkeypatch.context() as broken:
        break_store(town, broken, method)
        ann = await submit_photo(town)
        await wait(town, 50)
        assert await get_state(town) is EvidenceState.WAITING
    with monkeypatch.context() as broken:
        break_telegram(town, broken, FAILURES["not found"])
        await wait(town, 20)
        assert await get_state(town) is EvidenceState.WAITING
    await wait(town, 3)
    assert await get_state(town) is EvidenceState.STORED
    assert not ann.was_told("files.given_up.failed")


async def test_a_repaired_store_is_used_within_ten_minutes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it was broken."""
    with monkeypatch.context() as broken:
        break_store(town, broken, "pipe_file")
        await submit_photo(town)
        await wait(town, 30)
    town.advance(minutes=10)
    await town.settle()
    assert await get_state(town) is EvidenceState.STORED


async def test_failures_with_a_success_between_them_do_not_add_up(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram sends the file, the store fails, then Telegram fails again: the day begins anew."""
    with monkeypatch.context() as broken:
        break_telegram(town, broken, FAILURES["server"])
        await submit_photo(town)
        await wait(town, 20)
    with monkeypatch.context() as broken:
        break_store(town, broken, "pipe_file")
        await wait(town, 3)
    with monkeypatch.context() as broken:
        break_telegram(town, broken, FAILURES["server"])
        await wait(town, 20)
        assert await get_state(town) is EvidenceState.WAITING
    assert GIVE_UP_AFTER.days == 1


@pytest.mark.parametrize("act", ["document", "video", "photo", "voice"])
@pytest.mark.parametrize("identity", ["channel", "unnamed"])
async def test_what_is_over_the_limit_is_recorded_for_the_officer_to_ask_for(
    town: Town, act: str, identity: str
) -> None:
    """The resident is told at once. The words beside the file are kept."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    await ann.does(act, content=bytes(LARGE), caption="Quay từ nhà tôi")
    assert ann.is_told("feedback.details.rejected.too-large")
    await ann.says("Lúc 7 giờ sáng")
    await ann.finishes(identity=identity)
    assert await get_state(town) is EvidenceState.TOO_LARGE
    await officer.taps("alert.open")
    assert officer.is_told("case.files.too_large")
    assert "Quay từ nhà tôi" in officer.sees
    assert act not in officer.messages[-1]


async def test_a_file_whose_size_is_only_known_to_get_file_is_recorded_too(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resident is told as soon as Telegram refuses."""
    officer = await town.officer("Binh")
    break_telegram(town, monkeypatch, BadRequest("File is too big"))
    ann = await submit_photo(town)
    assert ann.was_told("files.given_up.too_large")
    await officer.taps("alert.open")
    assert officer.is_told("case.files.too_large")
    assert "photo" not in officer.messages[-1]
