"""Kind 24: a pressed button has no visible effect, or is answered twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from bot.runtime.settings import AbuseSettings
from bot.texts import load_texts
from tests.town.settings import NO_RATE_LIMIT
from tests.town.town import open_town

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


def get_toast(town: Town) -> str | None:
    """Return the text that answered the newest press, None if it had none."""
    newest = list(town.simulator.state.callbacks.values())[-1]
    assert newest.answered
    return newest.text


def get_text(key: str) -> str:
    """Return a text in Vietnamese."""
    return load_texts("vi")[key]


@pytest.mark.parametrize(
    "label",
    [
        "settings.quiet.none",
        "settings.vi",
    ],
)
async def test_choosing_what_is_chosen_says_so(town: Town, label: str) -> None:
    """The message stays the same, so Telegram would show nothing."""
    ann = town.resident("Ann")
    await ann.says("/settings")
    shown, edits = ann.messages[-1], count_calls(town, "editmessagetext")
    chosen = label if label == "settings.vi" else f"✓ {get_text('settings.quiet.none')}"
    await ann.taps(chosen)
    assert get_toast(town) == get_text("draft.unchanged")
    assert ann.messages[-1] == shown
    assert count_calls(town, "editmessagetext") == edits


@pytest.mark.parametrize("label", ["settings.quiet.night", "settings.mute.updates", "settings.en"])
async def test_a_press_that_changes_the_screen_has_no_toast(town: Town, label: str) -> None:
    """What is seen need not be said."""
    ann = town.resident("Ann")
    await ann.says("/settings")
    await ann.taps(label)
    assert get_toast(town) is None


def count_calls(town: Town, method: str) -> int:
    """Return the number of calls of a method so far."""
    entries = town.simulator.gateway.journal.list_requests(after=0, limit=10_000)
    return sum(each.method.lower() == method for each in entries)


@pytest.mark.parametrize(
    "data",
    [
        "feedback.kind=report",
        "feedback.kind!",
        "feedback.review=submit-00000000",
        "subscribe.place=31",
        "feedback.details=done#123456",
    ],
)
async def test_a_button_of_another_question_says_so(town: Town, data: str) -> None:
    """It changes nothing; the open question is shown."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.presses_data(data)
    assert get_made_toast(town) == get_text("draft.stale")
    assert ann.is_asked("feedback.area")


def get_made_toast(town: Town) -> str | None:
    """Return the text of the newest answer to a press that the test made."""
    entries = town.simulator.gateway.journal.list_requests(after=0, limit=10_000)
    answers = [each for each in entries if each.method.lower() == "answercallbackquery"]
    text: str | None = answers[-1].params.get("text")
    return text


async def test_a_button_after_the_end_says_so(town: Town) -> None:
    """The conversation is over."""
    ann = town.resident("Ann")
    await ann.begins()
    message = ann.messages[-1]
    await ann.says("/cancel")
    await ann.presses_data("feedback.details=done", message)
    assert get_made_toast(town) == get_text("draft.ended")


async def test_a_press_over_the_limit_says_so(database_url: str) -> None:
    """Every press has an answer, although only the first one of a minute has a message."""
    abuse = AbuseSettings(opinions_a_day=1000, everybody_a_minute=100_000, messages_a_minute=5)
    async with open_town(database_url, limits=NO_RATE_LIMIT, abuse=abuse) as town:
        ann = town.resident("Ann")
        await ann.says("/feedback")
        for _ in range(7):
            await ann.presses_data("feedback.kind<")
        assert get_made_toast(town) == get_text("abuse.too_fast")[:200]


# Redelivery


def make_press(person: Person, number: int = 900) -> dict[str, Any]:
    """Return the update of a press of the newest message's first button."""
    message = person.messages[-1]
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    user = {"id": person.id, "is_bot": False, "first_name": person.name}
    query = {"id": "77", "from": user, "chat_instance": "1", "message": message, "data": data}
    return {"update_id": number, "callback_query": query}


START_SCREENS = ["/settings", "/feedback", "/forums", "/mydata", "/mine"]


@pytest.mark.parametrize("command", START_SCREENS)
async def test_a_redelivered_press_is_answered_once(town: Town, command: str) -> None:
    """By the webhook's response; Telegram has it already."""
    ann = town.resident("Ann")
    await ann.gives("Ngập nước.")
    await ann.says(command)
    before = count_calls(town, "answercallbackquery")
    body = orjson.dumps(make_press(ann))
    for _ in range(3):
        assert await town.post(town.replica(0), body) == 200
        await town.settle()
    assert count_calls(town, "answercallbackquery") == before + 1


@pytest.mark.parametrize("command", START_SCREENS)
async def test_a_press_that_is_fetched_twice_is_answered_once(town: Town, command: str) -> None:
    """With polling the answer is a request of its own."""
    ann = town.resident("Ann")
    await ann.gives("Ngập nước.")
    await ann.says(command)
    before = count_calls(town, "answercallbackquery")
    press = make_press(ann)
    for _ in range(2):
        arrival = await town.app.update_handler.handle_update(press)
        await town.app.update_handler.secure_replies((arrival,))
        await town.settle()
    assert count_calls(town, "answercallbackquery") == before + 1


async def test_a_press_whose_answer_was_lost_is_answered_again(town: Town) -> None:
    """The webhook's response was not sent, so Telegram does not have it."""
    ann = town.resident("Ann")
    await ann.says("/settings")
    handler = town.app.update_handler
    first = await handler.handle_update(make_press(ann), may_answer=True)
    again = await handler.handle_update(make_press(ann), may_answer=True)
    assert first.answer is not None
    assert again.answer is not None
    handler.confirm_answer(again)
    assert (await handler.handle_update(make_press(ann), may_answer=True)).answer is None


async def test_a_press_that_fails_is_answered(town: Town) -> None:
    """A broken update still stops the button's spinner, and the person is told."""
    ann = town.resident("Ann")
    await ann.says("/settings")
    press = make_press(ann)
    press["callback_query"]["from"] = {"id": ann.id}
    assert await town.post(town.replica(0), orjson.dumps(press)) == 200
    await town.settle()
    assert ann.is_told("errors.failed")
    assert count_calls(town, "answercallbackquery") == 1
