"""Delivery: nothing is lost, a possible repeat says so, and nobody is written to too fast."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.runtime import jobs
from tests.town.texts import contains_text
from tests.transport.stage import MARK, ROWS, fault, message, met, put, requests, row, state

if TYPE_CHECKING:
    from tests.town.town import Town


# Telegram says when


async def test_a_429_of_one_chat_holds_up_that_chat_only(town: Town) -> None:
    """Its message waits as long as was asked and then arrives once; the others go at once."""
    ann, bob = await met(town, "Ann"), await met(town, "Bob")
    fault(town, "429", chat_id=ann.id, retry_after=30)
    await put(town, message("a", ann.id, town.now), message("b", bob.id, town.now))
    await town.deliver()
    assert (await state(town, "a"), await state(town, "b")) == ("waiting", "sent")
    asked = requests(town, ann.id)
    town.advance(seconds=29)
    await town.deliver()
    assert requests(town, ann.id) == asked
    town.advance(seconds=2)
    await town.deliver()
    assert await state(town, "a") == "sent"
    assert ann.is_told("draft.none")
    assert not contains_text(ann.sees, MARK)


async def test_a_429_of_every_chat_loses_nothing_and_is_no_storm(town: Town) -> None:
    """Each waits, none is asked for again before its time, all arrive in the end."""
    people = [await met(town, f"Person {number}") for number in range(8)]
    fault(town, "429", count=None, retry_after=20)
    await put(town, *(message(f"m{each.id}", each.id, town.now) for each in people))
    for _ in range(3):
        await town.deliver()
        town.advance(seconds=5)
    assert [requests(town, each.id) for each in people] == [2] * 8
    town.simulator.gateway.faults.clear()
    town.advance(seconds=21)
    await town.deliver()
    assert [await state(town, f"m{each.id}") for each in people] == ["sent"] * 8
    assert all(each.is_told("draft.none") for each in people)


async def test_a_reply_that_is_told_to_wait_arrives(town: Town) -> None:
    """It goes to the outbox, and is there when the wait is over."""
    ann = await met(town, "Ann")
    fault(town, "429", chat_id=ann.id, retry_after=10)
    await ann.says("/settings")
    assert not ann.is_told("settings.text")
    town.advance(seconds=11)
    await town.deliver()
    assert ann.is_told("settings.text")


async def test_a_reply_that_is_told_to_wait_does_not_ask_before(town: Town) -> None:
    """One refused request is enough; asking again at once makes Telegram's wait longer."""
    ann = await met(town, "Ann")
    before = requests(town, ann.id)
    fault(town, "429", chat_id=ann.id, count=None, retry_after=10)
    await ann.says("/settings")
    assert requests(town, ann.id) == before + 1


# It may have arrived


@pytest.mark.parametrize("kind", ["html", "5xx", "drop"])
async def test_what_may_have_arrived_is_sent_again_and_says_so(town: Town, kind: str) -> None:
    """A critical message comes twice rather than never, the second time with a mark."""
    ann = await met(town, "Ann")
    fault(town, kind, chat_id=ann.id, when="after")
    await put(town, message("a", ann.id, town.now))
    await town.deliver()
    assert (await state(town, "a"), (await row(town, "a")).repeated) == ("waiting", True)
    town.advance(minutes=11)
    await town.deliver()
    first, second = ann.heard[-2:]
    assert (contains_text(first, MARK), contains_text(second, MARK)) == (False, True)
    assert await state(town, "a") == "sent"


@pytest.mark.parametrize("kind", ["html", "5xx", "drop"])
async def test_what_is_not_critical_is_left_for_review(town: Town, kind: str) -> None:
    """An announcement that may have arrived is not sent again; it ends as maybe_sent."""
    ann = await met(town, "Ann")
    before = len(ann.heard)
    fault(town, kind, chat_id=ann.id, when="after")
    await put(town, message("a", ann.id, town.now, critical=False))
    for _ in range(2):
        await town.deliver()
        await jobs.sweep_outbox(town.app.job_context)
        town.advance(minutes=30)
    assert await state(town, "a") == "maybe_sent"
    assert len(ann.heard) == before + 1


# Chats that cannot be written to


async def test_what_waits_for_who_blocked_goes_on_when_they_unblock(town: Town) -> None:
    """403 parks the chat without asking again; nothing of it is lost, in its order."""
    ann = await met(town, "Ann")
    town.simulator.people.block(ann.id)
    town.simulator.world.account().updates.clear()  # the bot is not told of it
    await put(town, message("a", ann.id, town.now))
    await put(town, message("b", ann.id, town.now, words="draft.ended"))
    for _ in range(3):
        await town.deliver()
        town.advance(minutes=5)
    assert [await state(town, key) for key in "ab"] == ["waiting", "waiting"]
    assert requests(town, ann.id) == 2
    await ann.does("unblock")
    assert [await state(town, key) for key in "ab"] == ["sent", "sent"]
    assert contains_text(ann.heard[-2], "draft.none")
    assert contains_text(ann.heard[-1], "draft.ended")


async def test_an_officer_who_blocks_is_off_duty_and_another_is_alerted(town: Town) -> None:
    """Whoever is on duty next gets what did not reach the first."""
    gone = await town.officer("Binh")
    town.simulator.people.block(gone.id)
    town.simulator.world.account().updates.clear()  # the bot finds out by being refused
    code = await town.resident("Ann").gives("Nội dung.")
    assert await state(town, f"alert:{code}:{gone.id}:2") == "waiting"
    other = await town.officer("Chi")
    await jobs.alert_waiting(town.app.job_context)
    await town.deliver()
    assert code in other.sees
    later = await town.resident("Bob").gives("Việc khác.")
    assert later in other.sees
    assert f"alert:{later}:{gone.id}:2" not in await _all_keys(town)


async def _all_keys(town: Town) -> list[str]:
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(ROWS.c.dedup_key))).scalars())


async def test_a_refused_token_stops_everything_and_loses_nothing(town: Town) -> None:
    """401: the replica stops; its rows wait for the next one, not dead and not marked."""
    people = [await met(town, f"Person {number}") for number in range(3)]
    fault(town, "error", count=None, status=401, description="Unauthorized")
    await put(town, *(message(f"m{each.id}", each.id, town.now) for each in people))
    await town.deliver()
    assert town.app.stopping.is_set()
    assert town.app.fatal
    assert not town.app.delivery.health()
    rows = [await row(town, f"m{each.id}") for each in people]
    assert [(each.state.value, each.repeated) for each in rows] == [("waiting", False)] * 3


async def test_a_group_that_became_a_supergroup_gets_each_message_once(town: Town) -> None:
    """All that waits for the old one goes to the new one, in order."""
    ann = await met(town, "Ann")
    group = town.simulator.world.add_chat("group", "Tổ trực", members=[ann.id])
    new = town.simulator.world.migrate(group)
    town.simulator.world.account().updates.clear()  # the bot finds out by being refused
    await put(town, message("a", group.id, town.now))
    await put(town, message("b", group.id, town.now, words="draft.ended"))
    await town.deliver()
    town.advance(minutes=2)
    await town.deliver()
    said = [each["text"] for each in town.simulator.messages(new.id) if "text" in each]
    assert len(said) == 2
    assert contains_text(said[0], "draft.none")
    assert contains_text(said[1], "draft.ended")
    assert not contains_text(said[0], MARK)
    assert requests(town, group.id) == 1


async def test_a_message_whose_time_is_over_is_flagged_and_not_sent(town: Town) -> None:
    """A reminder of what has begun is worse than none; it stays in the table as expired."""
    ann = await met(town, "Ann")
    before = len(ann.heard)
    await put(town, message("a", ann.id, town.now, lasts=timedelta(minutes=5)))
    await put(town, message("b", ann.id, town.now, words="draft.ended"))
    town.advance(minutes=6)
    await jobs.sweep_outbox(town.app.job_context)
    await town.deliver()
    assert [await state(town, key) for key in "ab"] == ["expired", "sent"]
    assert len(ann.heard) == before + 1
