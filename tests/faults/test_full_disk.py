"""A full disk: nothing is acknowledged and no receipt is sent; afterwards the bot goes on."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event, text

from tests.transport.rows import count_failed_updates, list_texts
from tests.transport.test_webhook import press_submit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from tests.town.town import Town

_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left' USING ERRCODE = '53100'; END $$
"""


@asynccontextmanager
async def fill_disk(town: Town) -> AsyncIterator[None]:
    """Make every write fail inside the context: SQLite by a page limit, PostgreSQL by triggers."""
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


async def test_fault_20_a_full_disk_acknowledges_nothing(town: Town) -> None:
    """A text and a submit get 503; with free space both are handled once."""
    words = "Đèn hỏng. " * 400
    ann = town.resident("Ann")
    await ann.begins()
    town.simulator.people.send_text(ann.id, words)
    await _deliver_in_vain(town)
    assert not ann.was_told("feedback.area.ask")
    await town.deliver()
    assert ann.was_told("feedback.area.ask")

    await ann.reaches("feedback.review")
    press_submit(town, ann)
    await _deliver_in_vain(town)
    assert not ann.was_told("receipt.text")
    await town.deliver()
    assert ann.was_told("receipt.text")
    assert await list_texts(town) == [words.strip()]
    assert await count_failed_updates(town) == 0


async def _deliver_in_vain(town: Town) -> None:
    """Post the waiting update twice on a full disk; each time it is refused with 503."""
    updates = town.simulator.state.get_account().updates
    async with fill_disk(town):
        (update,) = updates.list_updates()
        for _ in range(2):
            assert await town.post(town.replica(0), update.body) == 503
        await town.app.replies.wait_until_sent()
    assert len(updates) == 1
