"""Old buttons: a press takes them away, and shows the present question once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.town.settings import TOKEN
from tests.town.town import open_town

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


def _list_pages(person: Person) -> list[dict[str, Any]]:
    """Return the bot's messages that have inline buttons."""
    return [m for m in person.messages if m.get("reply_markup", {}).get("inline_keyboard")]


def _list_data(message: dict[str, Any]) -> list[str]:
    rows = message["reply_markup"]["inline_keyboard"]
    return [button["callback_data"] for row in rows for button in row]


async def _reach_the_card(ann: Person) -> int:
    """Answer the question for the place by words; return the id of its message, now old."""
    await ann.says("Đèn đường hỏng ba tuần nay rồi.")
    await ann.reaches("feedback.area")
    old = ann.messages[-1]["message_id"]
    await ann.says("An Biên")
    await ann.taps("Phường An Biên")
    assert ann.is_asked("feedback.review")
    return int(old)


async def test_an_old_button_goes_and_the_question_is_shown_once(town: Town) -> None:
    """The old message keeps its words; the card stands at the end of the chat."""
    ann = town.resident("Ann")
    old = await _reach_the_card(ann)
    words = ann.find_message(old)["text"]
    data = _list_data(ann.find_message(old))
    count = len(ann.messages)
    await ann.does("press", message_id=old, data=data[0])
    assert ann.find_message(old)["text"] == words
    assert "reply_markup" not in ann.find_message(old)
    assert len(ann.messages) == count + 1
    assert ann.is_asked("feedback.review")
    # The second press of the same message, as two quick ones arrive.
    for each in data[:3]:
        await ann.presses_data(each, ann.find_message(old))
    assert len(ann.messages) == count + 1
    await ann.taps("feedback.review.options.submit")
    assert ann.code


async def test_two_presses_of_the_open_question_make_one_page(town: Town) -> None:
    """The message that shows the next question keeps its buttons, and is not sent again."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    page = dict(ann.messages[-1])
    agree = _list_data(page)[0]
    count = len(ann.messages)
    await ann.presses_data(agree, page)
    await ann.presses_data(agree, page)
    assert len(ann.messages) == count
    assert ann.is_asked("feedback.details")


async def test_two_presses_before_a_question_with_keys_make_one_page(town: Town) -> None:
    """Keys come in a message of their own: the second press must not send it again."""
    ann = town.resident("Ann")
    await ann.says("Đèn đường hỏng ba tuần nay rồi.")
    await ann.reaches("feedback.area")
    page = dict(ann.messages[-1])
    labels = [key for row in page["reply_markup"]["inline_keyboard"] for key in row]
    (locate,) = [key["callback_data"] for key in labels if key["text"] == "Gửi vị trí"]
    await ann.presses_data(locate, page)
    count = len(ann.messages)
    await ann.presses_data(locate, page)
    assert len(ann.messages) == count
    assert ann.is_told("feedback.area.locate")


async def test_two_presses_on_two_replicas_make_one_page(database_url: str) -> None:
    """At the same moment, of an old button and of the open question's own."""
    async with open_town(database_url, replicas=2) as town:
        ann = town.resident("Ann")
        old = await _reach_the_card(ann)
        data, count = _list_data(ann.find_message(old)), len(ann.messages)
        for _ in range(2):
            town.simulator.people.perform_action("press", ann.id, message_id=old, data=data[0])
        await _deliver_at_once(town)
        assert len(ann.messages) == count + 1
        assert "reply_markup" not in ann.find_message(old)


async def _deliver_at_once(town: Town) -> None:
    """Post every waiting update to a replica of its own, all at the same time."""
    waiting = town.simulator.state.get_account(TOKEN).updates
    updates = list(waiting.list_updates())
    statuses = await asyncio.gather(
        *(
            town.post(town.replica(number % len(town.replicas)), update.body)
            for number, update in enumerate(updates)
        )
    )
    assert set(statuses) == {200}
    for update in updates:
        waiting.confirm_update(update.id)
    await town.settle()


async def test_the_buttons_of_a_finished_conversation_go(town: Town) -> None:
    """After the receipt nothing is asked any more."""
    ann = town.resident("Ann")
    old = await _reach_the_card(ann)
    await ann.taps("feedback.review.options.submit")
    count = len(ann.messages)
    await ann.does("press", message_id=old, data=_list_data(ann.find_message(old))[0])
    assert "reply_markup" not in ann.find_message(old)
    assert len(ann.messages) == count


async def test_a_typed_answer_lets_the_next_old_press_show_the_question_again(town: Town) -> None:
    """The question has changed since: it is shown for that press too, once."""
    ann = town.resident("Ann")
    old = await _reach_the_card(ann)
    data = _list_data(ann.find_message(old))
    await ann.does("press", message_id=old, data=data[0])
    await ann.says("Trẻ con đi học về rất sợ, mong được sửa sớm.")
    count = len(ann.messages)
    await ann.presses_data(data[0], ann.find_message(old))
    assert len(ann.messages) == count + 1
    assert ann.is_asked("feedback.review")
