# ruff: noqa: ASYNC110 - the simulator's journal has no bell
"""Polling: an update is confirmed to Telegram only after its effects are committed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from bot.channels.telegram.dispatch import ALLOWED_UPDATES
from bot.channels.telegram.polling import Polling
from tests.town.settings import TOKEN
from tests.transport.rows import count_failed_updates, list_texts
from tests.transport.test_webhook import press_submit, reach_review

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.town import Town


@asynccontextmanager
async def poll(town: Town) -> AsyncIterator[asyncio.Event]:
    """Run the poller inside the context; stop it at the end."""
    stopping = asyncio.Event()
    polling = Polling(
        town.app.bot, town.app.update_handler, ALLOWED_UPDATES, town.app.stop_for, wait=5
    )
    running = asyncio.create_task(polling.run(stopping))
    try:
        yield stopping
    finally:
        stopping.set()
        await asyncio.wait_for(running, 10)


async def wait_until_confirmed(town: Town) -> None:
    """Return when all updates are confirmed and every reply was sent."""
    updates = town.simulator.state.get_account(TOKEN).updates
    await asyncio.wait_for(updates.wait_until_confirmed(updates.last_id), 15)
    await town.settle()


async def test_a_conversation_completes_by_polling(town: Town) -> None:
    """From the first message to the receipt, without a webhook."""
    ann = town.resident("Ann")
    async with poll(town):
        for act in (
            "/feedback",
            "toi dong y",
            "Nội dung.",
            "bo qua",
            "gui",
        ):
            town.simulator.people.send_text(ann.id, act)
        await wait_until_confirmed(town)
    assert ann.is_told("receipt.text")
    assert await list_texts(town) == ["Nội dung."]


async def test_fault_01_an_update_that_the_database_could_not_store_comes_again(town: Town) -> None:
    """The offset is confirmed only after the commit; the update is not kept as failed."""
    ann = await _begin_opinion(town)
    town.simulator.people.send_text(ann.id, "Nội dung.")
    updates = town.simulator.state.get_account(TOKEN).updates
    async with town.app.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE conversation RENAME TO elsewhere"))
    async with poll(town):
        async with asyncio.timeout(8):
            while sum(each.method == "getUpdates" for each in _list_calls(town)) < 2:
                await asyncio.sleep(0)  # the poller asks again after its pause
        assert len(updates) == 1
        async with town.app.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO conversation"))
        await wait_until_confirmed(town)
    assert await count_failed_updates(town) == 0
    assert ann.is_asked("feedback.area")


def _list_calls(town: Town) -> list[Any]:
    """Return all calls of the Bot API so far."""
    return town.simulator.gateway.journal.list_requests(limit=10_000)


async def _begin_opinion(town: Town) -> Any:
    """Return a resident who has begun an opinion."""
    ann = town.resident("Ann")
    await ann.begins()
    return ann


async def test_fault_18_an_unparsable_update_does_not_stop_the_others(town: Town) -> None:
    """It is kept and confirmed; the updates before and after it are handled."""
    ann = town.resident("Ann")
    town.simulator.people.send_text(ann.id, "/help")
    town.simulator.people.send_update(ann.id, {"message": {"text": "no chat"}})
    town.simulator.people.send_update(ann.id, {"message": 5})
    town.simulator.people.send_text(ann.id, "/feedback")
    async with poll(town):
        await wait_until_confirmed(town)
    assert await count_failed_updates(town) == 2
    assert ann.is_asked("feedback.consent")


async def test_stopping_confirms_the_handled_updates(town: Town) -> None:
    """The next replica does not get them again."""
    ann = town.resident("Ann")
    town.simulator.people.send_text(ann.id, "/help")
    updates = town.simulator.state.get_account(TOKEN).updates
    stopping = asyncio.Event()
    polling = Polling(
        town.app.bot, town.app.update_handler, ALLOWED_UPDATES, town.app.stop_for, wait=5
    )
    running = asyncio.create_task(polling.run(stopping))
    async with asyncio.timeout(5):
        while not town.simulator.gateway.journal.list_requests(method="getUpdates"):
            await asyncio.sleep(0)
    stopping.set()
    await asyncio.wait_for(running, 5)
    assert len(updates) == 0


async def test_fault_06_lower_update_ids_are_handled_after_an_idle_time(town: Town) -> None:
    """After an empty answer the poller sends no offset that would hide them."""
    ann = town.resident("Ann")
    updates = town.simulator.state.get_account(TOKEN).updates
    town.simulator.people.send_text(ann.id, "/help")
    stopping = asyncio.Event()
    polling = Polling(
        town.app.bot, town.app.update_handler, ALLOWED_UPDATES, town.app.stop_for, wait=0
    )
    running = asyncio.create_task(polling.run(stopping))
    await asyncio.wait_for(updates.wait_until_confirmed(updates.last_id), 5)
    before = town.simulator.gateway.journal.last
    async with asyncio.timeout(5):
        while town.simulator.gateway.journal.last < before + 3:
            await asyncio.sleep(0)  # each turn of the loop lets the poller go on
    person = {"id": ann.id, "is_bot": False, "first_name": "Ann"}
    chat = {"id": ann.id, "type": "private", "first_name": "Ann"}
    command = [{"type": "bot_command", "offset": 0, "length": 9}]
    town.simulator.people.send_update(
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
    await asyncio.wait_for(updates.wait_until_confirmed(7), 5)
    stopping.set()
    await asyncio.wait_for(running, 5)
    await town.settle()
    assert ann.is_told("settings.text")


async def test_fault_16_a_refused_token_ends_polling(town: Town) -> None:
    """After a 401 the poller stops with a fatal reason."""
    town.simulator.gateway.faults.add_fault(
        kind="error", method="getUpdates", count=None, status=401, description="Unauthorized"
    )
    async with poll(town):
        await asyncio.wait_for(town.app.stopping.wait(), 5)
    assert town.app.fatal


async def test_fault_09_a_fetched_press_older_than_150_seconds_commits(town: Town) -> None:
    """The bot answers the button itself, is refused, and sends the receipt all the same."""
    ann = await reach_review(town)
    press_submit(town, ann)
    town.simulator.state.clock.advance(151)
    async with poll(town):
        await wait_until_confirmed(town)
    answers = town.simulator.gateway.journal.list_requests(method="answerCallbackQuery")
    assert answers[-1].status == 400
    assert await list_texts(town) == ["Nội dung."]
    assert ann.was_told("feedback.done")
    assert ann.was_told("receipt.text")
    assert await count_failed_updates(town) == 0


async def test_the_next_question_is_shown_although_answering_the_button_failed(town: Town) -> None:
    """A failure of answerCallbackQuery is ignored."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    town.simulator.gateway.faults.add_fault(kind="5xx", method="answerCallbackQuery")
    shown = ann.messages[-1]
    button = shown["reply_markup"]["inline_keyboard"][0][0]
    async with poll(town):
        town.simulator.people.press_button(
            ann.id, message_id=shown["message_id"], data=button["callback_data"]
        )
        await wait_until_confirmed(town)
    assert ann.is_asked("feedback.details")
