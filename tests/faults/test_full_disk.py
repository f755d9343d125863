"""The disk is full: nothing is acknowledged, nobody is told "received"; then it goes on."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event, text

from tests.transport.stage import kept, submissions
from tests.transport.test_webhook import presses_submit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from tests.town.town import Town

_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left' USING ERRCODE = '53100'; END $$
"""


@asynccontextmanager
async def full(town: Town) -> AsyncIterator[None]:
    """SQLite may not grow by a page; PostgreSQL says what it does when it cannot write."""
    database = town.app.database
    engine = database.engine.sync_engine
    if database.is_sqlite:
        async with database.engine.connect() as opened:  # pages that are free would be written to
            raw = await opened.get_raw_connection()
            await raw.driver_connection.execute("VACUUM")  # type: ignore[union-attr]

        def hold(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # no fewer than there are

        event.listen(engine, "begin", hold)
        yield
        event.remove(engine, "begin", hold)
        await database.close()  # the limit was the connections'
        return
    async with database.transaction() as connection:
        await connection.execute(text(_FULL))
        for name in ("conversation", "submission", "outbox"):
            await connection.execute(
                text(
                    f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {name}"
                    " FOR EACH ROW EXECUTE FUNCTION full_disk()"
                )
            )
    yield
    async with database.transaction() as connection:
        await connection.execute(text("DROP FUNCTION full_disk CASCADE"))


async def test_a_full_disk_takes_nothing_and_says_nothing(town: Town) -> None:
    """503 for the words and for the submit; with room again both are taken, once."""
    words = "Đèn hỏng. " * 400
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.text(ann.id, words)
    await _refused(town)
    assert not ann.was_told("feedback.details.more")
    await town.deliver()
    assert ann.was_told("feedback.details.more")

    await ann.reaches("feedback.review")
    presses_submit(town, ann)
    await _refused(town)
    assert not ann.was_told("receipt.text")
    await town.deliver()
    assert ann.was_told("receipt.text")
    assert await submissions(town) == [words.strip()]
    assert await kept(town) == 0


async def _refused(town: Town) -> None:
    """Telegram hands over what waits, in vain."""
    updates = town.simulator.world.account().updates
    async with full(town):
        (update,) = updates.all()
        for _ in range(2):
            assert await town.post(town.replica(0), update.body) == 503
        await town.app.replies.drained()
    assert len(updates) == 1
