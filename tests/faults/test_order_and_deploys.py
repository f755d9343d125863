"""Updates out of order, answers that change nothing, clocks that jump, and drafts of older code."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from bot.runtime import jobs
from bot.texts import load_texts
from storage.models import Conversation, OutboxState, Role
from storage.statements import table
from tests.town.forums import publish_forum, register_for_forum
from tests.town.texts import contains_text
from tests.transport.rows import ROWS, add_fault, count_failed_updates, list_texts

if TYPE_CHECKING:
    import io

    from tests.town.person import Person
    from tests.town.town import Town

CONVERSATIONS = table(Conversation)


def count_reminders(person: Person) -> int:
    """Return the number of reminders of forums that a person has got."""
    return sum(contains_text(text, "reminder.text") for text in person.heard)


async def test_fault_07_a_press_that_comes_before_the_message_loses_nothing(town: Town) -> None:
    """[Done] is handled before the message sent before it: the next question stays and is shown."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Mất xe đạp.")
    town.simulator.people.send_text(ann.id, "Ở cổng chợ.")
    done = load_texts("vi")["feedback.details.options.done"]
    town.simulator.people.perform_action("press", ann.id, label=done)
    updates = town.simulator.state.get_account().updates
    message, pressed = updates.list_updates()
    assert await town.post(town.replica(0), pressed.body) == 200
    await town.app.replies.wait_until_sent()
    assert ann.is_asked("feedback.topic")
    assert await town.post(town.replica(0), message.body) == 200
    await town.app.replies.wait_until_sent()
    assert ann.is_asked("feedback.topic")
    await town.deliver()  # both come once more
    assert ann.is_asked("feedback.topic")
    assert await count_failed_updates(town) == 0


async def test_fault_10_a_message_that_is_not_modified_counts_as_success(
    town: Town, log: io.StringIO
) -> None:
    """Telegram refuses an edit that changes nothing; the turn, the alert and the log are fine."""
    officer = await town.officer("Binh")
    await town.officer("Cường", role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.")
    same = "Bad Request: message is not modified: specified new message content is the same"
    for method in ("editMessageText", "editMessageReplyMarkup"):
        add_fault(town, "error", method=method, status=400, description=same, count=9)
    await officer.taps("case.do.accept", of=code)
    await town.settle()
    async with town.app.database.reading() as connection:
        edits = (await connection.execute(select(ROWS).where(ROWS.c.edits.is_not(None)))).all()
    assert {each.state for each in edits} == {OutboxState.SENT}
    assert await count_failed_updates(town) == 0
    assert "level=error" not in log.getvalue()


async def test_fault_24_a_clock_that_jumps_sends_a_reminder_once(town: Town) -> None:
    """The clock of the machine goes an hour ahead, back by two hours, and on."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    start = town.now + timedelta(days=10)
    town.now = start - timedelta(days=2)
    await jobs.remind_attendees(town.app.job_context)  # the reminder of the week before
    await town.settle()
    assert count_reminders(ann) == 1
    for hours in (-1, 0, -2, -1, 0, 1):
        town.now = start - timedelta(days=1) + timedelta(hours=hours)
        for _ in range(2):
            await jobs.remind_attendees(town.app.job_context)
            await town.settle()
    assert count_reminders(ann) == 2


async def test_fault_25_a_draft_outlives_a_question_that_is_new_or_gone(town: Town) -> None:
    """A deploy removes an answered question and adds one before the open one."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn hỏng.")
    await ann.reaches("feedback.review")
    async with town.app.database.transaction() as connection:
        row = (await connection.execute(select(CONVERSATIONS))).one()
        answers = {key: value for key, value in row.answers.items() if key != "area"}
        old = {**answers, "colour": "red", "colour.query": "re", "kind": "no kind of today"}
        await connection.execute(update(CONVERSATIONS).values(answers=old))
    await ann.says("Xin chào")
    assert ann.is_asked("feedback.kind")
    await ann.taps("feedback.kind.options.report")
    await ann.taps("feedback.area.options.skip")
    await ann.taps("feedback.review.options.submit")
    assert await list_texts(town) == ["Đèn hỏng."]
