# ruff: noqa: ASYNC110 - the simulator's journal has no bell
"""Polling: Telegram forgets an update only when what it asked for is committed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from bot.channels.telegram.dispatch import ALLOWED_UPDATES
from bot.channels.telegram.polling import Polling
from tests.town.settings import TOKEN
from tests.transport.stage import kept, submissions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.town import Town


@asynccontextmanager
async def polled(town: Town) -> AsyncIterator[asyncio.Event]:
    """The bot polls while inside; it is stopped at the end."""
    stopping = asyncio.Event()
    polling = Polling(town.app.bot, town.app.intake, ALLOWED_UPDATES, town.app.stop_for, wait=5)
    running = asyncio.create_task(polling.run(stopping))
    try:
        yield stopping
    finally:
        stopping.set()
        await asyncio.wait_for(running, 10)


async def taken(town: Town) -> None:
    """Return when Telegram has nothing more to give and all was said."""
    updates = town.simulator.world.account(TOKEN).updates
    await asyncio.wait_for(updates.confirmed(updates.last_id), 15)
    await town.settle()


async def test_a_conversation_by_polling(town: Town) -> None:
    """From the first word to the receipt without a webhook, buttons answered."""
    ann = town.resident("Ann")
    async with polled(town):
        for act in (
            "/feedback",
            "toi dong y",
            "phan anh tinh hinh",
            "Nội dung.",
            "da du",
            "1",
            "bo qua",
            "3",
            "gui",
        ):
            town.simulator.people.text(ann.id, act)
        await taken(town)
    assert ann.is_told("receipt.text")
    assert await submissions(town) == ["Nội dung."]


async def test_what_the_database_could_not_take_comes_again(town: Town) -> None:
    """The offset is confirmed only after processing; nothing is kept as broken."""
    ann = await _begun(town)
    town.simulator.people.text(ann.id, "Nội dung.")
    updates = town.simulator.world.account(TOKEN).updates
    async with town.app.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE conversation RENAME TO elsewhere"))
    async with polled(town):
        async with asyncio.timeout(8):
            while sum(each.method == "getUpdates" for each in _journal(town)) < 2:
                await asyncio.sleep(0)  # the poller asks again after its pause
        assert len(updates) == 1
        async with town.app.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO conversation"))
        await taken(town)
    assert await kept(town) == 0
    assert ann.is_told("feedback.details.more")


def _journal(town: Town) -> list[Any]:
    return town.simulator.gateway.journal.entries(limit=10_000)


async def _begun(town: Town) -> Any:
    ann = town.resident("Ann")
    await ann.begins()
    return ann


async def test_one_that_cannot_be_parsed_does_not_stop_the_others(town: Town) -> None:
    """It is kept, confirmed, and what comes before and after it is handled."""
    ann = town.resident("Ann")
    town.simulator.people.text(ann.id, "/help")
    town.simulator.people.update(ann.id, {"message": {"text": "no chat"}})
    town.simulator.people.update(ann.id, {"message": 5})
    town.simulator.people.text(ann.id, "/feedback")
    async with polled(town):
        await taken(town)
    assert await kept(town) == 2
    assert ann.is_asked("feedback.consent")


async def test_stopping_confirms_what_was_done(town: Town) -> None:
    """The next replica is not given it again."""
    ann = town.resident("Ann")
    town.simulator.people.text(ann.id, "/help")
    updates = town.simulator.world.account(TOKEN).updates
    stopping = asyncio.Event()
    polling = Polling(town.app.bot, town.app.intake, ALLOWED_UPDATES, town.app.stop_for, wait=5)
    running = asyncio.create_task(polling.run(stopping))
    async with asyncio.timeout(5):
        while not town.simulator.gateway.journal.entries(method="getUpdates"):
            await asyncio.sleep(0)
    stopping.set()
    await asyncio.wait_for(running, 5)
    assert len(updates) == 0


async def test_lower_numbers_are_taken_after_an_idle_time(town: Town) -> None:
    """After an empty answer no offset is left that would hide them."""
    ann = town.resident("Ann")
    updates = town.simulator.world.account(TOKEN).updates
    town.simulator.people.text(ann.id, "/help")
    stopping = asyncio.Event()
    polling = Polling(town.app.bot, town.app.intake, ALLOWED_UPDATES, town.app.stop_for, wait=0)
    running = asyncio.create_task(polling.run(stopping))
    await asyncio.wait_for(updates.confirmed(updates.last_id), 5)
    before = town.simulator.gateway.journal.last
    async with asyncio.timeout(5):
        while town.simulator.gateway.journal.last < before + 3:
            await asyncio.sleep(0)  # each turn of the loop lets the poller go on
    person = {"id": ann.id, "is_bot": False, "first_name": "Ann"}
    chat = {"id": ann.id, "type": "private", "first_name": "Ann"}
    command = [{"type": "bot_command", "offset": 0, "length": 9}]
    town.simulator.people.update(
        ann.id,
        {
            "update_id": 7,
            "message": {
                "message_id": 9,
                "date": 1_790_000_000,
                "chat": chat,
                "from": person,
                "text": "/settings",
                "entities": command,
            },
        },
    )
    await asyncio.wait_for(updates.confirmed(7), 5)
    stopping.set()
    await asyncio.wait_for(running, 5)
    await town.settle()
    assert ann.is_told("settings.text")


async def test_a_refused_token_ends_polling(town: Town) -> None:
    """401: it does not go on asking, and says why it stops."""
    town.simulator.gateway.faults.add(
        kind="error", method="getUpdates", count=None, status=401, description="Unauthorized"
    )
    async with polled(town):
        await asyncio.wait_for(town.app.stopping.wait(), 5)
    assert town.app.fatal


async def test_a_button_whose_answer_got_lost_still_shows_the_next_question(town: Town) -> None:
    """answerCallbackQuery is a courtesy; that it broke must not cost the question."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    town.simulator.gateway.faults.add(kind="5xx", method="answerCallbackQuery")
    shown = ann.messages[-1]
    button = shown["reply_markup"]["inline_keyboard"][0][0]
    async with polled(town):
        town.simulator.people.press(
            ann.id, message_id=shown["message_id"], data=button["callback_data"]
        )
        await taken(town)
    assert ann.is_asked("feedback.kind")
