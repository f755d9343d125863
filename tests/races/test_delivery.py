"""Many messages on their way at once."""

from __future__ import annotations

from datetime import timedelta

from bot.core.screen import Screen, Words
from bot.runtime.settings import RateLimitSettings
from storage import outbox
from tests.town.town import Town, open_town


async def test_a_message_that_is_sent_later_than_its_chunk_is_written_down(
    database_url: str,
) -> None:
    """What becomes of the slower one is not lost when the faster one's outcome is written."""
    paced = RateLimitSettings(global_per_second=5, chat_per_second=0, group_per_minute=0)
    async with open_town(database_url, limits=paced) as town:
        await _send_to_many(town, 3)


async def test_each_of_many_messages_at_once_is_written_down_as_sent(town: Town) -> None:
    """Thirty outcomes at once, written in however many transactions."""
    await _send_to_many(town, 30)


async def _send_to_many(town: Town, many: int) -> None:
    people = [town.resident(f"Person {number}") for number in range(many)]
    for person in people:
        await person.says("/help")
    messages = [
        outbox.OutboxMessage(
            dedup_key=f"test:{person.id}",
            kind="test",
            chat_id=person.id,
            priority=outbox.Priority.REMINDER,
            language="vi",
            screen=Screen((Words("draft.none"),)).to_json(),
            expires_at=town.now + timedelta(days=1),
        )
        for person in people
    ]
    async with town.app.database.transaction() as connection:
        await outbox.enqueue_messages(connection, messages, town.now)
    await town.deliver()
    async with town.app.database.reading() as connection:
        counts = await outbox.count_by_state(connection)
    assert counts["sent"] == len(people)
    assert counts["sending"] == 0
