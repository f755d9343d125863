"""Telegram refuses, stalls or breaks: nothing is lost, and a possible repeat says so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from storage import outbox
from storage.models import Outbox
from storage.rows import table

if TYPE_CHECKING:
    from tests.people import Town


async def states(town: Town) -> dict[str, str]:
    """The state of each outbox row, by the first word of its key."""
    rows = table(Outbox)
    async with town.app.database.reading() as connection:
        found = await connection.execute(select(rows.c.dedup_key, rows.c.state))
        return {row.dedup_key.split(":")[0]: row.state.value for row in found.all()}


async def test_a_429_waits_and_loses_nothing(town: Town) -> None:
    """The receipt comes when Telegram's time is over."""
    ann = town.resident("Ann")
    town.simulator.gateway.faults.add(kind="429", method="sendMessage", chat_id=ann.id, count=None,
                                      retry_after=30)  # fmt: skip
    await ann.says("/start")
    assert ann.heard == []
    assert await states(town) == {"reply": "waiting"}
    town.simulator.gateway.faults.clear()
    await town.deliver()
    assert ann.heard == []
    town.later(seconds=31)
    await town.deliver()
    assert ann.was_told("start.emergency")


@pytest.mark.parametrize("kind", ["html", "5xx", "drop"])
async def test_an_alert_that_may_have_arrived_is_repeated_with_a_mark(
    town: Town, kind: str
) -> None:
    """The answer broke after the message was sent: it comes once more and says so."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    town.simulator.gateway.faults.add(
        kind=kind, method="sendMessage", chat_id=officer.id, when="after"
    )
    code = await ann.gives("Nội dung.")
    town.later(minutes=11)
    await town.deliver()
    alerts = [text for text in officer.heard if code in text]
    assert len(alerts) == 2
    assert "có thể đã được gửi trước đó" not in alerts[0]
    assert "có thể đã được gửi trước đó" in alerts[1]


async def test_a_blocked_chat_is_written_to_when_it_unblocks(town: Town) -> None:
    """What was meant for somebody waits while they have blocked the bot."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung.")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    message = ann.messages[-1]
    data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    town.simulator.people.press(ann.id, message_id=message["message_id"], data=data)
    town.simulator.people.block(ann.id)
    await town.deliver()
    assert (await states(town))["receipt"] == "waiting"
    await ann.does("unblock")
    assert ann.is_told("receipt.text")


async def test_an_officer_who_blocks_is_replaced(town: Town) -> None:
    """They go off duty, and what did not reach them reaches who is on duty."""
    gone = await town.officer("Binh")
    town.simulator.people.block(gone.id)
    ann = town.resident("Ann")
    code = await ann.gives("Nội dung.")
    other = await town.officer("Chi")
    await town.app.schedule.alert_waiting()
    await town.deliver()
    assert code in other.sees


async def test_a_revoked_token_stops_everything_and_keeps_it(town: Town) -> None:
    """401: the replica stops, the row waits, nothing is given up."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung.")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    town.simulator.gateway.faults.add(
        kind="error", method="sendMessage", count=None, status=401, description="Unauthorized"
    )
    await ann.taps("feedback.review.options.submit")
    assert town.app.stopping.is_set()
    assert await states(town) == {"receipt": "waiting"}


async def test_an_expired_message_is_closed_and_said_so(town: Town) -> None:
    """Nothing is deleted silently: a row whose time is over ends as expired."""
    ann = town.resident("Ann")
    town.simulator.gateway.faults.add(
        kind="429", method="sendMessage", chat_id=ann.id, count=None, retry_after=3600
    )
    await ann.says("/start")
    town.later(hours=2)
    await town.app.schedule.sweep()
    assert await states(town) == {"reply": "expired"}


async def test_a_vanished_sender_leaves_a_marked_repeat_and_is_fenced(town: Town) -> None:
    """After the lease the row goes to another; the first one's late word does not count."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Nội dung.")
    database, rows = town.app.database, table(Outbox)
    pacing = outbox.Pacing(0, 0, 0)
    async with database.transaction() as connection:
        await connection.execute(
            rows.update().where(rows.c.dedup_key == f"alert:{code}:{officer.id}")
            .values(state="waiting", finished_at=None, owner=None)
        )  # fmt: skip
        (claimed,) = await outbox.claim(
            connection,
            owner="gone",
            now=town.now,
            lease=timedelta(seconds=60),
            pacing=pacing,
            most=9,
        )
    town.later(seconds=61)
    await town.app.schedule.sweep()
    await town.deliver()
    assert "có thể đã được gửi trước đó" in officer.sees
    late = outbox.Outcome(claimed.row.id or 0, claimed.row.attempt, {"state": "dead"})
    async with database.transaction() as connection:
        assert await outbox.finish(connection, "gone", [late]) == 0
    assert (await states(town))["alert"] == "sent"
