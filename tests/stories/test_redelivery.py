"""Updates that Telegram delivers again, after a crash before they were acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def deliver_twice(town: Town, ann: Person, *texts: str) -> None:
    """Deliver all messages, then deliver all of them again from the beginning."""
    for text in texts:
        town.simulator.people.send_text(ann.id, text)
    updates = town.simulator.state.get_account().updates.list_updates()
    for update in [*updates, *updates]:
        assert await town.post(town.replica(0), update.body) == 200
    await town.deliver()


async def test_a_repeated_cancel_keeps_the_draft_that_was_begun_after_it(town: Town) -> None:
    """Only the draft before /cancel is dropped."""
    ann = town.resident("Ann")
    await ann.begins()
    await deliver_twice(town, ann, "/cancel", "Đèn đường hỏng.")
    await ann.reaches("feedback.review")
    assert "Đèn đường hỏng." in ann.sees


async def test_a_repeated_cancel_without_a_draft_keeps_the_next_draft(town: Town) -> None:
    """The chat was new, and there was nothing to cancel."""
    ann = town.resident("Ann")
    await deliver_twice(town, ann, "/cancel", "Đèn đường hỏng.")
    assert ann.is_asked("feedback.consent")
    await ann.reaches("feedback.review")
    assert "Đèn đường hỏng." in ann.sees


async def test_a_repeated_command_begins_no_second_draft(town: Town) -> None:
    """/feedback was sent while a draft was open, and is delivered again after the submission."""
    ann = town.resident("Ann")
    await ann.begins()
    await deliver_twice(town, ann, "/feedback", "Đèn đường hỏng.", "bỏ qua", "gửi")
    assert ann.count_told("receipt.text") == 1
    before = len(ann.heard)
    await ann.says("/cancel")
    assert ann.is_told("draft.none")
    assert len(ann.heard) == before + 1


async def test_the_button_of_an_outdated_review_page_submits_nothing(town: Town) -> None:
    """The current review page is shown instead."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung.")
    await ann.reaches("feedback.review")
    old = ann.messages[-1]
    submit = old["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await ann.taps("move.edit")
    await ann.taps("feedback.kind.title")
    await ann.taps("feedback.kind.options.praise")
    await ann.presses_data(submit, old)
    assert ann.is_told("feedback.review.rejected.changed")
    await ann.taps("feedback.review.options.submit")
    assert ann.is_told("receipt.text")


async def test_a_zero_byte_in_a_text_is_dropped(town: Town) -> None:
    """PostgreSQL cannot store it; the rest of the text is kept."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Một")
    await ann.reaches("feedback.review")
    await ann.taps("feedback.review.options.add")
    message = {**ann.messages[-1], "message_id": 9_999, "text": "Hai\x00 ba"}
    await ann.does("update", {"message": message})
    await ann.reaches("feedback.review")
    assert "Một\nHai ba" in ann.sees
    await ann.taps("feedback.review.options.submit")
    assert ann.is_told("receipt.text")
