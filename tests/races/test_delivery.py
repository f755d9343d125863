"""Many outbox messages are sent at once, and every result is stored."""

from __future__ import annotations

from datetime import timedelta

from bot.core.screen import Screen, Words
from bot.runtime.settings import RateLimitSettings
from storage import outbox
from tests.town.town import Town, open_town


async def test_the_result_of_a_slow_message_is_stored(
    database_url: str,
) -> None:
    """It is not lost when the results of faster messages are stored first."""
    paced = RateLimitSettings(global_per_second=5, chat_per_second=0, group_per_minute=0)
    async with open_town(database_url, limits=paced) as town:
        await _send_to_many(town, 3)


async def test_the_results_of_many_messages_are_stored(town: Town) -> None:
    """Thirty results at once, in any number of transactions."""
    await _send_to_many(town, 30)


async def _send_to_many(town: Town, many: int) -> None:
    """Send a message to `many` residents, and check that each is stored as sent."""
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
    for _ in range(3):  # the replies to /help took slots, and a claim reaches 0.25 seconds ahead
        town.advance(seconds=1)
        await town.deliver()
    async with town.app.database.reading() as connection:
        counts = await outbox.count_by_state(connection)
    assert counts["sent"] == len(people)
    assert counts["sending"] == 0
