"""The webhook: an acknowledged update is committed, and no update stops the bot."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import text

from storage.models import Conversation
from storage.statements import table
from tests.policy import once
from tests.town.locks import wait_for_lock_waits
from tests.town.settings import SECRET
from tests.town.town import open_town
from tests.transport.rows import count_failed_updates, list_texts, make_text_update

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.postgres import Postgres
    from tests.town.person import Person
    from tests.town.town import Town

# Each is so long that it is no name of a place: it belongs to the text at the question for one.
TEXTS = (
    "Đèn đường ở đầu ngõ hỏng cả tháng nay.",
    "Vỉa hè trước cổng trường bị lấn chiếm hết.",
    "Xe tải đỗ kín lòng đường từ sáng sớm.",
)


async def reach_review(town: Town) -> Person:
    """Return a resident who has only to press "submit"."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung.")
    await ann.reaches("feedback.review")
    return ann


def press_submit(town: Town, ann: Person) -> None:
    """Press the first button of the newest message, and deliver nothing yet."""
    shown = ann.messages[-1]
    data = shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    town.simulator.people.press_button(ann.id, message_id=shown["message_id"], data=data)


# Who may call


@once
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Telegram-Bot-Api-Secret-Token": ""},
        {"X-Telegram-Bot-Api-Secret-Token": "guess"},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]},
        {"X-Telegram-Bot-Api-Secret-Token": f"{SECRET}x"},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET.upper()},
        {"X-Telegram-Bot-Api-Secret-Token": "bí mật"},
    ],
)
async def test_a_request_without_the_secret_changes_nothing(
    town: Town, headers: dict[str, str]
) -> None:
    """403 with an empty body; nothing is handled, sent or kept."""
    ann = town.resident("Ann")
    await ann.begins()
    before = len(ann.messages)
    body = orjson.dumps(make_text_update(10, ann.id, text="/cancel"))
    async with town.http.post(town.replica(0).url, data=body, headers=headers) as response:
        assert (response.status, await response.read()) == (403, b"")
    await town.replica(0).settle()
    assert len(ann.messages) == before
    assert await count_failed_updates(town) == 0
    await ann.says("Vẫn ở đây.")
    assert ann.is_asked("feedback.area")


@once
@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
async def test_only_a_post_is_an_update(town: Town, method: str) -> None:
    """Any other method is answered with 405."""
    async with town.http.request(method, town.replica(0).url) as response:
        assert response.status == 405


# The same update again


async def test_fault_02_a_repeated_update_shows_the_question_again(town: Town) -> None:
    """The bot was killed after the commit and before the 200:

    nothing is stored twice, the person is answered.
    """
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.send_text(ann.id, "Một lần.")
    (update,) = town.simulator.state.get_account().updates.list_updates()
    assert await town.post(town.replica(0), update.body) == 200
    await town.replica(0).settle()
    answers = len(ann.heard)
    assert await town.post(town.replica(0), update.body) == 200
    await town.deliver()
    assert len(ann.heard) > answers
    assert ann.is_asked("feedback.area")
    await ann.finishes()
    assert await list_texts(town) == ["Một lần."]


async def test_an_older_repeated_update_is_recognised(town: Town) -> None:
    """The bot remembers more than the newest update."""
    ann = town.resident("Ann")
    await ann.begins()
    bodies = []
    for words in TEXTS:
        town.simulator.people.send_text(ann.id, words)
        bodies.append(town.simulator.state.get_account().updates.list_updates()[-1].body)
        await town.deliver()
    for body in bodies:
        assert await town.post(town.replica(0), body) == 200
    await town.deliver()
    await ann.finishes()
    assert await list_texts(town) == ["\n".join(TEXTS)]


async def test_fault_02_a_repeated_submit_makes_no_second_submission(town: Town) -> None:
    """The repeated press is acknowledged and changes nothing; it says that the draft has ended."""
    ann = await reach_review(town)
    press_submit(town, ann)
    (update,) = town.simulator.state.get_account().updates.list_updates()
    for _ in range(3):
        assert await town.post(town.replica(0), update.body) == 200
    await town.deliver()
    assert await list_texts(town) == ["Nội dung."]
    assert ann.count_told("receipt.text") == 1
    assert ann.was_told("draft.handled")


@asynccontextmanager
async def lock_conversation(town: Town, ann: Person, waiting: int) -> AsyncIterator[None]:
    """Hold the lock of a chat's row until `waiting` turns wait for it at the same time."""
    rows, (key,) = table(Conversation), town.app.policy.pseudonyms.list_chat_keys(ann.id)
    database = town.replica(1).app.database
    async with database.transaction() as connection:
        await connection.execute(rows.select().where(rows.c.chat_id == key).with_for_update())
        yield
        await wait_for_lock_waits(database, waiting)


async def test_fault_05_one_update_on_two_replicas_at_once_has_one_effect(twin_town: Town) -> None:
    """Both wait for the lock of the chat's row; the second sees that the update is done."""
    town = twin_town
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.send_text(ann.id, "Một lần.")
    (update,) = town.simulator.state.get_account().updates.list_updates()
    async with lock_conversation(town, ann, 2):
        posts = asyncio.gather(*(town.post(each, update.body) for each in town.replicas))
    assert await posts == [200, 200]
    await town.deliver()
    await ann.reaches("feedback.review")
    assert "Một lần.\nMột lần." not in ann.sees
    await ann.taps("feedback.review.options.submit")
    assert await list_texts(town) == ["Một lần."]


async def test_fault_05_one_submit_on_two_replicas_is_one_submission(
    twin_town: Town,
) -> None:
    """One receipt and one row."""
    town = twin_town
    ann = await reach_review(town)
    press_submit(town, ann)
    (update,) = town.simulator.state.get_account().updates.list_updates()
    async with lock_conversation(town, ann, 2):
        posts = asyncio.gather(*(town.post(each, update.body) for each in town.replicas))
    assert await posts == [200, 200]
    await town.deliver()
    assert await list_texts(town) == ["Nội dung."]
    assert ann.count_told("receipt.text") == 1


async def test_two_messages_on_two_replicas_at_once_are_both_kept(twin_town: Town) -> None:
    """Neither turn overwrites the other."""
    town = twin_town
    ann = town.resident("Ann")
    await ann.begins()
    for words in TEXTS[:2]:
        town.simulator.people.send_text(ann.id, words)
    updates = town.simulator.state.get_account().updates.list_updates()
    async with lock_conversation(town, ann, 2):
        posts = asyncio.gather(
            *(town.post(*each) for each in zip(town.replicas, (u.body for u in updates)))  # noqa: B905
        )
    assert await posts == [200, 200]
    await town.deliver()
    await ann.finishes()
    (whole,) = await list_texts(town)
    assert sorted(whole.splitlines()) == sorted(TEXTS[:2])


# Order and time


async def test_fault_06_lower_update_ids_are_processed(town: Town) -> None:
    """After an idle week Telegram starts again at a random id; the bot keeps no highest id."""
    ann = town.resident("Ann")
    await ann.begins()
    for number, words in zip((900_000_000, 5, 6), TEXTS, strict=True):
        assert (
            await town.post(
                town.replica(0), orjson.dumps(make_text_update(number, ann.id, text=words))
            )
            == 200
        )
    await town.deliver()
    await ann.finishes()
    assert await list_texts(town) == ["\n".join(TEXTS)]


async def test_fault_09_a_callback_older_than_150_seconds_commits(town: Town) -> None:
    """Telegram refuses the answer of the button; the submission is stored and has its receipt."""
    ann = await reach_review(town)
    press_submit(town, ann)
    town.simulator.state.clock.advance(151)
    await town.deliver()
    assert town.refused_statuses == [400]
    assert await list_texts(town) == ["Nội dung."]
    assert ann.is_told("receipt.text")


async def test_fault_08_a_double_tap_on_submit_makes_one_submission(town: Town) -> None:
    """Two presses of the same button give one submission and one receipt; both are answered."""
    ann = await reach_review(town)
    for _ in range(2):
        press_submit(town, ann)
    await town.deliver()
    assert await list_texts(town) == ["Nội dung."]
    assert ann.count_told("receipt.text") == 1
    callbacks = list(town.simulator.state.callbacks.values())[-2:]
    assert [each.answered for each in callbacks] == [True, True]


async def test_fault_08_a_double_tap_on_two_replicas_makes_one_submission(twin_town: Town) -> None:
    """Both presses wait for the lock of the chat's row; the second finds that the draft ended."""
    town = twin_town
    ann = await reach_review(town)
    for _ in range(2):
        press_submit(town, ann)
    presses = town.simulator.state.get_account().updates.list_updates()
    async with lock_conversation(town, ann, 2):
        posts = asyncio.gather(
            *(town.post(*each) for each in zip(town.replicas, (u.body for u in presses)))  # noqa: B905
        )
    assert await posts == [200, 200]
    callbacks = list(town.simulator.state.callbacks.values())[-2:]
    assert [each.answered for each in callbacks] == [True, True]
    await town.deliver()
    assert await list_texts(town) == ["Nội dung."]
    assert ann.count_told("receipt.text") == 1


# The database is away


@asynccontextmanager
async def make_unavailable(town: Town, url: str, tmp_path: Path) -> AsyncIterator[None]:
    """Make the database unusable inside the context."""
    if url.startswith("sqlite"):
        await town.app.database.close()
        whole, moved = tmp_path / "town.db", tmp_path / "moved.db"
        for name in ("town.db-wal", "town.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        whole.rename(moved)
        whole.mkdir()
        yield
        whole.rmdir()
        moved.rename(whole)
        return
    import asyncpg

    plain = url.replace("postgresql+asyncpg", "postgresql")
    name = plain.rpartition("/")[2].partition("?")[0]
    connection = await asyncpg.connect(plain.replace(name, "postgres"))
    try:
        await _terminate_sessions(connection, name)
        await connection.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_moved"')
        yield
        await connection.execute(f'ALTER DATABASE "{name}_moved" RENAME TO "{name}"')
    finally:
        await connection.close()


async def _terminate_sessions(connection: Any, name: str) -> None:
    """Terminate all sessions of a PostgreSQL database."""
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name
    )


async def _post(town: Town, body: bytes) -> tuple[int, str | None]:
    """Post an update; return the status and the Retry-After header."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with town.http.post(town.replica(0).url, data=body, headers=headers) as response:
        return response.status, response.headers.get("Retry-After")


async def test_fault_19_an_update_is_handled_after_the_database_was_away(
    town: Town, database_url: str, tmp_path: Path
) -> None:
    """503 with Retry-After meanwhile; the same update is handled later."""
    ann = await reach_review(town)
    press_submit(town, ann)
    (update,) = town.simulator.state.get_account().updates.list_updates()
    async with make_unavailable(town, database_url, tmp_path):
        status, retry_after = await _post(town, update.body)
        assert status == 503
        assert int(retry_after or 0) > 0
        await asyncio.wait_for(town.app.replies.wait_until_sent(), 5)
        assert not ann.was_told("receipt.text")
        assert len(town.simulator.state.get_account().updates) == 1
    await town.deliver()
    assert await list_texts(town) == ["Nội dung."]
    assert ann.is_told("receipt.text")


async def test_fault_19_a_missing_database_acknowledges_nothing(tmp_path: Path) -> None:
    """503 for every kind of update, also for one that cannot be parsed."""
    async with open_town(f"sqlite+aiosqlite:///{tmp_path}/never.db") as town:
        for body in (
            orjson.dumps(make_text_update(1, 77)),
            orjson.dumps(make_text_update(2, 77, text="/mine")),
            b"{",
        ):
            status, retry_after = await _post(town, body)
            assert (status, int(retry_after or 0) > 0) == (503, True)


async def test_fault_19_a_pool_in_use_refuses_and_opens_no_more_connections(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection is in a slow transaction: 503 with Retry-After, and later the update is
    handled.
    """
    name = await postgres.create()
    async with open_town(postgres.make_url(name)) as town, AsyncExitStack() as slow:
        ann = await reach_review(town)
        press_submit(town, ann)
        (update,) = town.simulator.state.get_account().updates.list_updates()
        database = town.app.database
        monkeypatch.setattr(database.engine.pool, "_timeout", 0.1)
        for _ in range(town.app.settings.database.pool_size):
            await slow.enter_async_context(database.reading())
        status, retry_after = await _post(town, update.body)
        assert (status, int(retry_after or 0) > 0) == (503, True)
        monkeypatch.undo()
        await slow.aclose()
        assert await count_failed_updates(town) == 0
        await town.deliver()
        assert await list_texts(town) == ["Nội dung."]
    await postgres.drop(name)


async def test_fault_19_a_stopped_server_acknowledges_nothing(tmp_path: Path) -> None:
    """A PostgreSQL server that is down gives 503."""
    async with open_town("postgresql+asyncpg://nobody@127.0.0.1:1/none") as town:
        status, retry_after = await _post(town, orjson.dumps(make_text_update(1, 77)))
        assert (status, int(retry_after or 0) > 0) == (503, True)


async def test_a_lock_timeout_does_not_fail_the_update(
    postgres: Postgres,
) -> None:
    """Waiting too long for the chat's row gives 503; the update comes again and is not kept as
    failed.
    """
    name = await postgres.create()
    async with open_town(postgres.make_url(name)) as town:
        ann = await reach_review(town)
        press_submit(town, ann)
        (update,) = town.simulator.state.get_account().updates.list_updates()
        await postgres.execute(f'ALTER DATABASE "{name}" SET lock_timeout = 50')
        rows, (key,) = table(Conversation), town.app.policy.pseudonyms.list_chat_keys(ann.id)
        async with town.app.database.transaction() as holder:
            await holder.execute(rows.select().where(rows.c.chat_id == key).with_for_update())
            async with town.app.database.engine.connect() as other:
                # The next turn takes this connection from the pool, with its shorter patience.
                await other.execute(text("SET lock_timeout = 50"))
                await other.commit()
            status, _ = await _post(town, update.body)
        assert (status, await count_failed_updates(town)) == (503, 0)
        await town.deliver()
        assert await list_texts(town) == ["Nội dung."]
    await postgres.drop(name)
