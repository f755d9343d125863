"""Updates that Telegram delivers again, after a crash before they were confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def taken_twice(town: Town, ann: Person, *texts: str) -> None:
    """Ann writes; all of it is taken, then delivered once more from the beginning."""
    for text in texts:
        town.simulator.people.text(ann.id, text)
    updates = town.simulator.world.account().updates.all()
    for update in [*updates, *updates]:
        assert await town.post(town.replica(0), update.body) == 200
    await town.deliver()


async def test_a_cancel_that_comes_again_leaves_what_was_written_after_it(town: Town) -> None:
    """The draft that was begun after /cancel is not dropped with the one before it."""
    ann = town.resident("Ann")
    await ann.begins()
    await taken_twice(town, ann, "/cancel", "Đèn đường hỏng.")
    await ann.taps("feedback.offer.options.yes")
    await ann.taps("feedback.kind.options.report")
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    assert "Đèn đường hỏng." in ann.sees


async def test_a_cancel_of_nothing_that_comes_again_leaves_the_next_draft(town: Town) -> None:
    """Also where there was nothing to cancel, and the chat was new."""
    ann = town.resident("Ann")
    await taken_twice(town, ann, "/cancel", "Đèn đường hỏng.")
    assert ann.is_asked("feedback.offer")
    await ann.taps("feedback.offer.options.yes")
    assert ann.is_asked("feedback.consent")


async def test_a_command_that_comes_again_after_the_end_begins_nothing(town: Town) -> None:
    """/feedback while a draft was open, delivered again after the draft was sent."""
    ann = town.resident("Ann")
    await ann.begins()
    await taken_twice(town, ann, "/feedback", "Một.", "đã đủ", "1", "bỏ qua", "1", "gửi")
    assert ann.count_told("receipt.text") == 1
    before = len(ann.heard)
    await ann.says("/cancel")
    assert ann.is_told("draft.none")
    assert len(ann.heard) == before + 1


async def test_a_page_that_was_changed_since_sends_nothing(town: Town) -> None:
    """The button of an old review page is for what it showed; the present page is shown instead."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung.")
    await ann.reaches("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    old = ann.messages[-1]
    submit = old["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await ann.taps("move.edit")
    await ann.taps("feedback.kind.title")
    await ann.taps("feedback.kind.options.praise")
    await ann.presses_data(submit, old)
    assert ann.is_told("feedback.review.rejected.changed")
    await ann.taps("feedback.review.options.submit")
    assert ann.is_told("receipt.text")


async def test_a_zero_byte_does_not_cost_the_opinion(town: Town) -> None:
    """PostgreSQL could not store it: it is left out when the message is read."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Một")
    message = {**ann.messages[-2], "message_id": 9_999, "text": "Hai\x00 ba"}
    await ann.does("update", {"message": message})
    await ann.reaches("feedback.identity")
    assert ann.is_asked("feedback.identity")
    await ann.taps("feedback.identity.options.channel")
    assert "Một\nHai ba" in ann.sees
    await ann.taps("feedback.review.options.submit")
    assert ann.is_told("receipt.text")
