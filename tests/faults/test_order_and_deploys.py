"""Updates out of order, answers that change nothing, clocks that jump, and drafts of older code."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.runtime import jobs
from bot.runtime.app import App
from bot.texts import load_texts
from storage import conversations
from storage.models import OutboxState, Role
from tests.faults.test_interrupted_turns import read_everything
from tests.town.forums import publish_forum, register_for_forum
from tests.town.settings import make_settings
from tests.town.texts import contains_text
from tests.transport.rows import ROWS, add_fault, count_failed_updates, list_texts

if TYPE_CHECKING:
    import io

    from tests.town.person import Person
    from tests.town.town import Town


async def change_draft(town: Town, person: Person, **changed: Any) -> None:
    """Change the stored draft of a person, as another program would have written it."""
    row = await town.find_chat(person.id)
    assert row is not None
    async with town.work() as work:
        await conversations.save_drafts(
            work.connection, work.policy.pseudonyms, [replace(row, **changed)]
        )


def count_reminders(person: Person) -> int:
    """Return the number of reminders of forums that a person has got."""
    return sum(contains_text(text, "reminder.text") for text in person.heard)


async def test_fault_07_a_press_that_comes_before_the_message_loses_nothing(town: Town) -> None:
    """[Done] is handled before the message sent before it: the next question stays and is shown."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.review")
    await ann.taps("feedback.review.options.add")
    town.simulator.people.send_text(ann.id, "Cả phố tối om, đi lại khó khăn.")
    done = load_texts("vi")["feedback.details.options.done"]
    town.simulator.people.perform_action("press", ann.id, label=done)
    updates = town.simulator.state.get_account().updates
    message, pressed = updates.list_updates()
    assert await town.post(town.replica(0), pressed.body) == 200
    await town.app.replies.wait_until_sent()
    assert ann.is_asked("feedback.review")
    assert await town.post(town.replica(0), message.body) == 200
    await town.app.replies.wait_until_sent()
    assert ann.is_asked("feedback.review")
    await town.deliver()  # both come once more
    assert ann.is_asked("feedback.review")
    assert await count_failed_updates(town) == 0


@pytest.mark.parametrize("old", ["feedback.details<", "feedback.kind~", "addition.details=again"])
async def test_fault_07_an_old_button_neither_goes_back_nor_ends_the_draft(
    town: Town, old: str
) -> None:
    """[Back] and [Cancel] of an older question, and a button of another conversation."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    asked, answers = ann.sees, await town.read_answers(ann.id)
    await ann.presses_data(old)
    assert ann.sees == asked
    assert await town.read_answers(ann.id) == answers
    await ann.finishes()
    assert await count_failed_updates(town) == 0
    assert await list_texts(town) == ["Đèn đường hỏng."]


async def test_fault_07_a_button_of_an_ended_conversation_changes_nothing(town: Town) -> None:
    """After the receipt the old buttons are answered, and begin or change nothing."""
    ann = town.resident("Ann")
    await ann.gives("Mất xe đạp.")
    messages = len(ann.messages)
    for old in ("feedback.topic=theft", "feedback.review~", "feedback.kind=report"):
        await ann.presses_data(old)
    assert len(ann.messages) == messages
    assert await list_texts(town) == ["Mất xe đạp."]
    assert await count_failed_updates(town) == 0


async def test_fault_07_a_button_of_another_case_rejects_nothing(town: Town) -> None:
    """Two cases: the old question of the first one is pressed while the second one is open."""
    officer = await town.officer("Binh")
    codes = [await town.resident(name).gives("Đèn hỏng.") for name in ("Ann", "Bob")]
    for code in codes:
        await officer.taps("case.do.accept", of=code)
    await officer.taps("case.do.note", of=codes[0])
    old = next(m for m in reversed(officer.messages) if "note.text" in str(m.get("reply_markup")))
    (data,) = re.findall(r"note\.text[^']*", str(old["reply_markup"]))
    await officer.says("/cancel")
    await officer.taps("case.do.note", of=codes[1])
    asked = officer.sees
    await officer.presses_data(data, old)
    assert officer.sees == asked
    await officer.writes("Của vụ thứ hai.")
    entries = [await town.get_submission(code) for code in codes]
    assert [each.version > entries[0].version for each in entries] == [False, True]


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


async def test_fault_10_a_question_that_is_not_modified_is_not_sent_again(town: Town) -> None:
    """The answer to a pressed button edits its message; if Telegram refuses, nothing is sent."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    before = len(ann.heard)
    same = "Bad Request: message is not modified: specified new message content is the same"
    add_fault(town, "error", method="editMessageText", status=400, description=same)
    await ann.taps("feedback.consent.options.agree")
    assert town.simulator.gateway.faults.list_faults() == []
    assert len(ann.heard) == before
    await town.settle()
    assert await count_failed_updates(town) == 0


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
    answers = {
        key: value for key, value in (await town.read_answers(ann.id)).items() if key != "area"
    }
    old = {**answers, "colour": "red", "colour.query": "re", "kind": "no kind of today"}
    await change_draft(town, ann, answers=old)
    await ann.says("Xin chào")
    await ann.taps("feedback.area.options.skip")
    await ann.taps("feedback.review.options.submit")
    assert await list_texts(town) == ["Đèn hỏng."]


async def test_fault_25_a_draft_of_a_conversation_that_is_gone_is_ended(town: Town) -> None:
    """A deploy renames a flow: the resident is told, and can begin again."""
    ann = town.resident("Ann")
    await ann.begins()
    await change_draft(town, ann, flow="renamed")
    await ann.says("Đèn hỏng.")
    assert ann.is_told("draft.expired")
    assert await count_failed_updates(town) == 0
    await ann.gives("Đèn hỏng.")
    assert await list_texts(town) == ["Đèn hỏng."]


async def test_fault_25_what_was_scheduled_runs_in_the_next_program(
    town: Town, database_url: str
) -> None:
    """A reminder is due after a deploy. No row names a function that the deploy could rename."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    for each in (await read_everything(town)).values():
        assert not re.search(r"\b(bot|storage)\.[a-z_]+[.:][a-z_]+", str(each))
    town.advance(days=9)
    app = App(make_settings(database_url, town.simulator.url), clock=lambda: town.now)
    async with town.run_replica(app):
        await jobs.remind_attendees(app.job_context)
        await town.replicas[-1].settle()
    assert count_reminders(ann) == 1
