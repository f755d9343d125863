"""Number 3: what is left of messages after days, and after an erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.runtime import jobs
from storage.models import Outbox, Recipient, State
from tests.attacks.stolen_copy import steal_copy
from tests.replays.test_05_replies import list_remarks
from tests.replays.test_05_rotated_keys import find_shown
from tests.town.casework import set_state
from tests.transport.rows import add_fault

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_messages_are_deleted_after_days_and_replies_still_understood(town: Town) -> None:
    """Receipts and answers go; an alert of an open case stays, so that no second one is sent."""
    officer, ann = await town.officer("Bình"), town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.", identity="unnamed")
    receipt, alerts = find_shown(ann, "receipt.text"), officer.count_told("alert.text")
    town.advance(days=9)
    await jobs.purge_data(town.app.job_context)
    copy = await steal_copy(town.app.database)
    assert [row["kind"] for row in copy.tables["outbox"] if row["sealed"]] == []
    assert {row["kind"] for row in copy.tables["outbox"]} >= {"alert"}
    await ann.does("text", "Ngõ 12.", reply_to=receipt)
    await ann.taps("addition.details.options.done")
    (remark,) = await list_remarks(town)
    assert (remark.submission_id, remark.text) == ((await town.get_submission(code)).id, "Ngõ 12.")
    await jobs.assign_waiting_submissions(town.app.job_context)
    await town.settle()
    assert officer.count_told("alert.text") == alerts


async def test_alerts_are_deleted_when_their_case_is_closed(town: Town) -> None:
    """Then nothing is left of it in the outbox."""
    officer, ann = await town.officer("Bình"), town.resident("Ann")
    await ann.gives("Đèn đường hỏng.")
    alert = find_shown(officer, "alert.text")
    await set_state(town, State.CLOSED, closed_at=town.now)
    town.advance(days=9)
    await jobs.purge_data(town.app.job_context)
    assert await town.count_rows(Outbox) == 0
    await officer.does("text", "Đã xem.", reply_to=alert)
    assert not officer.is_told("replied.ended")


async def test_an_erasure_covers_replies_that_wait_and_that_were_sent(town: Town) -> None:
    """A held reply repeats the words; nothing is left in the outbox under any number."""
    ann = town.resident("Ann")
    await ann.gives("Đèn hỏng.")
    await ann.begins()
    add_fault(town, "429", chat_id=ann.id, retry_after=60)
    await ann.says("Zanzibarana")
    assert await town.count_rows(Outbox) == 2
    town.advance(seconds=61)
    await town.deliver()
    await ann.says("/cancel")
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    assert await town.count_rows(Outbox) == 0
    copy = await steal_copy(town.app.database)
    assert copy.find("Zanzibarana") == []


async def test_finished_replies_and_idle_recipients_are_deleted(town: Town) -> None:
    """Their times would tell when somebody wrote."""
    ann = town.resident("Ann")
    await ann.says("/help")
    add_fault(town, "429", chat_id=ann.id, retry_after=5)
    await ann.says("/help")
    town.advance(seconds=6)
    await town.deliver()
    assert await town.count_rows(Outbox) == 1
    town.advance(hours=2)
    await jobs.sweep_outbox(town.app.job_context)
    assert await town.count_rows(Outbox) == 0
    assert await town.count_rows(Recipient) == 0
