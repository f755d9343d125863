"""The webhook: what is acknowledged was committed, and whatever comes, the chats go on."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import text

from storage.models import Conversation
from storage.statements import table
from tests.samples import once
from tests.town.locks import wait_for_lock_waits
from tests.town.settings import SECRET
from tests.town.town import open_town
from tests.transport.stage import kept, said, submissions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.postgres import Postgres
    from tests.town.person import Person
    from tests.town.town import Town


async def reviewing(town: Town) -> Person:
    """Somebody who has only to send what they wrote."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung.")
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    return ann


def presses_submit(town: Town, ann: Person) -> None:
    """Press the newest message's first button, without anything being delivered yet."""
    shown = ann.messages[-1]
    data = shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    town.simulator.people.press(ann.id, message_id=shown["message_id"], data=data)


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
async def test_who_does_not_know_the_secret_changes_nothing(
    town: Town, headers: dict[str, str]
) -> None:
    """403 with an empty body; nothing is handled, said or kept."""
    ann = town.resident("Ann")
    await ann.begins()
    before = len(ann.messages)
    body = orjson.dumps(said(10, ann.id, text="/cancel"))
    async with town.http.post(town.replica(0).url, data=body, headers=headers) as response:
        assert (response.status, await response.read()) == (403, b"")
    await town.replica(0).settle()
    assert len(ann.messages) == before
    assert await kept(town) == 0
    await ann.says("Vẫn ở đây.")
    assert ann.is_told("feedback.details.more")


@once
@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
async def test_only_a_post_is_an_update(town: Town, method: str) -> None:
    """Whoever looks at the address is told so and sees nothing."""
    async with town.http.request(method, town.replica(0).url) as response:
        assert response.status == 405


# The same update again


async def test_an_update_that_comes_again_shows_the_question_again(town: Town) -> None:
    """Killed after the commit, before the 2xx: nothing is written twice, the person is answered."""
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.text(ann.id, "Một lần.")
    (update,) = town.simulator.world.account().updates.all()
    assert await town.post(town.replica(0), update.body) == 200
    await town.replica(0).settle()
    heard = len(ann.heard)
    assert await town.post(town.replica(0), update.body) == 200
    await town.deliver()
    assert len(ann.heard) > heard
    assert ann.is_told("feedback.details.more")
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    await ann.taps("feedback.review.options.submit")
    assert await submissions(town) == ["Một lần."]


async def test_an_older_update_that_comes_again_is_recognised_too(town: Town) -> None:
    """Not only the newest one is remembered."""
    ann = town.resident("Ann")
    await ann.begins()
    bodies = []
    for words in ("Một.", "Hai.", "Ba."):
        town.simulator.people.text(ann.id, words)
        bodies.append(town.simulator.world.account().updates.all()[-1].body)
        await town.deliver()
    for body in bodies:
        assert await town.post(town.replica(0), body) == 200
    await town.deliver()
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    await ann.taps("feedback.review.options.submit")
    assert await submissions(town) == ["Một.\nHai.\nBa."]


async def test_a_submit_that_comes_again_makes_no_second_submission(town: Town) -> None:
    """The press is acknowledged again and changes nothing."""
    ann = await reviewing(town)
    presses_submit(town, ann)
    (update,) = town.simulator.world.account().updates.all()
    for _ in range(3):
        assert await town.post(town.replica(0), update.body) == 200
    await town.deliver()
    assert await submissions(town) == ["Nội dung."]
    assert ann.count_told("receipt.text") == 1


@asynccontextmanager
async def lock_conversation(town: Town, ann: Person, waiting: int) -> AsyncIterator[None]:
    """Hold the lock of a chat's row until `waiting` turns wait for it at the same time."""
    rows = table(Conversation)
    database = town.replica(1).app.database
    async with database.transaction() as connection:
        await connection.execute(rows.select().where(rows.c.chat_id == ann.id).with_for_update())
        yield
        await wait_for_lock_waits(database, waiting)


async def test_one_update_on_two_replicas_at_once_has_one_effect(twin_town: Town) -> None:
    """Both wait for the chat's row at the same time; the second one sees that it is done."""
    town = twin_town
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.text(ann.id, "Một lần.")
    (update,) = town.simulator.world.account().updates.all()
    async with lock_conversation(town, ann, 2):
        posts = asyncio.gather(*(town.post(each, update.body) for each in town.replicas))
    assert await posts == [200, 200]
    await town.deliver()
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    assert "Một lần.\nMột lần." not in ann.sees
    await ann.taps("feedback.review.options.submit")
    assert await submissions(town) == ["Một lần."]


async def test_a_submit_on_two_replicas_at_once_makes_one_submission(twin_town: Town) -> None:
    """One receipt, one row, whichever replica was first."""
    town = twin_town
    ann = await reviewing(town)
    presses_submit(town, ann)
    (update,) = town.simulator.world.account().updates.all()
    async with lock_conversation(town, ann, 2):
        posts = asyncio.gather(*(town.post(each, update.body) for each in town.replicas))
    assert await posts == [200, 200]
    await town.deliver()
    assert await submissions(town) == ["Nội dung."]
    assert ann.count_told("receipt.text") == 1


async def test_two_messages_on_two_replicas_at_once_are_both_kept(twin_town: Town) -> None:
    """Neither turn writes over the other."""
    town = twin_town
    ann = town.resident("Ann")
    await ann.begins()
    for words in ("Một.", "Hai."):
        town.simulator.people.text(ann.id, words)
    updates = town.simulator.world.account().updates.all()
    async with lock_conversation(town, ann, 2):
        posts = asyncio.gather(
            *(town.post(*each) for each in zip(town.replicas, (u.body for u in updates)))  # noqa: B905
        )
    assert await posts == [200, 200]
    await town.deliver()
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    await ann.taps("feedback.review.options.submit")
    (whole,) = await submissions(town)
    assert sorted(whole.splitlines()) == ["Hai.", "Một."]


# Order and time


async def test_ids_that_drop_are_processed_all_the_same(town: Town) -> None:
    """After an idle week Telegram starts again at a random number; there is no high-water mark."""
    ann = town.resident("Ann")
    await ann.begins()
    for number, words in ((900_000_000, "Một."), (5, "Hai."), (6, "Ba.")):
        assert (
            await town.post(town.replica(0), orjson.dumps(said(number, ann.id, text=words))) == 200
        )
    await town.deliver()
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    await ann.taps("feedback.review.options.submit")
    assert await submissions(town) == ["Một.\nHai.\nBa."]


async def test_a_callback_older_than_150_seconds_commits(town: Town) -> None:
    """Telegram refuses the answer of the button; the submission is there and has its receipt."""
    ann = await reviewing(town)
    presses_submit(town, ann)
    town.simulator.world.clock.advance(151)
    await town.deliver()
    assert town.refused_statuses == [400]
    assert await submissions(town) == ["Nội dung."]
    assert ann.is_told("receipt.text")


async def test_a_double_tap_on_submit_makes_one_submission(town: Town) -> None:
    """Two presses of the same button: one submission, one receipt, both answered."""
    ann = await reviewing(town)
    for _ in range(2):
        presses_submit(town, ann)
    await town.deliver()
    assert await submissions(town) == ["Nội dung."]
    assert ann.count_told("receipt.text") == 1
    callbacks = list(town.simulator.world.callbacks.values())[-2:]
    assert [each.answered for each in callbacks] == [True, True]


# The database is away


@asynccontextmanager
async def away(town: Town, url: str, tmp_path: Path) -> AsyncIterator[None]:
    """The database cannot be used while inside."""
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
        await connection.execute(
            f'ALTER DATABASE "{name}" RENAME TO "{name}_moved"'
            if not await _ended(connection, name)
            else "SELECT 1"
        )
        yield
        await connection.execute(f'ALTER DATABASE "{name}_moved" RENAME TO "{name}"')
    finally:
        await connection.close()


async def _ended(connection: Any, name: str) -> bool:
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name
    )
    return False


async def _status(town: Town, body: bytes) -> tuple[int, str | None]:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with town.http.post(town.replica(0).url, data=body, headers=headers) as response:
        return response.status, response.headers.get("Retry-After")


async def test_a_database_that_goes_away_and_comes_back(
    town: Town, database_url: str, tmp_path: Path
) -> None:
    """503 with Retry-After while it is away, and then the same update is taken: nothing is lost."""
    ann = await reviewing(town)
    presses_submit(town, ann)
    (update,) = town.simulator.world.account().updates.all()
    async with away(town, database_url, tmp_path):
        status, retry_after = await _status(town, update.body)
        assert status == 503
        assert int(retry_after or 0) > 0
        await asyncio.wait_for(town.app.replies.drained(), 5)
        assert not ann.was_told("receipt.text")
        assert len(town.simulator.world.account().updates) == 1
    await town.deliver()
    assert await submissions(town) == ["Nội dung."]
    assert ann.is_told("receipt.text")


async def test_a_database_that_was_never_there(tmp_path: Path) -> None:
    """503 for every kind of update; even what cannot be parsed is not acknowledged unkept."""
    async with open_town(f"sqlite+aiosqlite:///{tmp_path}/never.db") as town:
        for body in (orjson.dumps(said(1, 77)), orjson.dumps(said(2, 77, text="/mine")), b"{"):
            status, retry_after = await _status(town, body)
            assert (status, int(retry_after or 0) > 0) == (503, True)


async def test_a_server_that_nobody_listens_at(tmp_path: Path) -> None:
    """A PostgreSQL that is down: the same."""
    async with open_town("postgresql+asyncpg://nobody@127.0.0.1:1/none") as town:
        status, retry_after = await _status(town, orjson.dumps(said(1, 77)))
        assert (status, int(retry_after or 0) > 0) == (503, True)


async def test_a_lock_that_is_not_to_be_had_is_no_failure_of_the_update(
    postgres: Postgres,
) -> None:
    """Waiting too long for the chat's row means 503 and comes again; it is not kept as broken."""
    name = await postgres.create()
    async with open_town(postgres.database(name)) as town:
        ann = await reviewing(town)
        presses_submit(town, ann)
        (update,) = town.simulator.world.account().updates.all()
        await postgres.execute(f'ALTER DATABASE "{name}" SET lock_timeout = 50')
        rows = table(Conversation)
        async with town.app.database.transaction() as holder:
            await holder.execute(rows.select().where(rows.c.chat_id == ann.id).with_for_update())
            async with town.app.database.engine.connect() as other:
                # The next turn takes this connection from the pool, with its shorter patience.
                await other.execute(text("SET lock_timeout = 50"))
                await other.commit()
            status, _ = await _status(town, update.body)
        assert (status, await kept(town)) == (503, 0)
        await town.deliver()
        assert await submissions(town) == ["Nội dung."]
    await postgres.drop(name)
