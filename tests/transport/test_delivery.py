"""Delivery: no message is lost, a possible repeat is marked, and rate limits are kept."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.runtime import jobs
from bot.runtime.settings import RateLimitSettings
from storage import outbox
from tests.town.texts import contains_text
from tests.town.town import open_town
from tests.transport.rows import (
    MARK,
    ROWS,
    add_fault,
    count_requests,
    enqueue,
    get_row,
    get_state,
    make_message,
    meet,
)

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from tests.town.town import Town


# Telegram says when


async def test_fault_11_a_429_of_one_chat_delays_that_chat_only(town: Town) -> None:
    """Its message waits as long as Telegram asked and arrives once; messages of other chats are
    sent at once.
    """
    ann, bob = await meet(town, "Ann"), await meet(town, "Bob")
    add_fault(town, "429", chat_id=ann.id, retry_after=30)
    await enqueue(town, make_message("a", ann.id, town.now), make_message("b", bob.id, town.now))
    await town.deliver()
    assert (await get_state(town, "a"), await get_state(town, "b")) == ("waiting", "sent")
    calls = count_requests(town, ann.id)
    town.advance(seconds=29)
    await town.deliver()
    assert count_requests(town, ann.id) == calls
    town.advance(seconds=2)
    await town.deliver()
    assert await get_state(town, "a") == "sent"
    assert ann.is_told("draft.none")
    assert not contains_text(ann.sees, MARK)


async def test_fault_11_a_429_of_every_chat_loses_nothing_and_is_not_retried_early(
    town: Town,
) -> None:
    """Each message waits its time, and all arrive in the end."""
    people = [await meet(town, f"Person {number}") for number in range(8)]
    add_fault(town, "429", count=100, retry_after=20)  # a bot that does not wait gets to the end
    await enqueue(town, *(make_message(f"m{each.id}", each.id, town.now) for each in people))
    for _ in range(3):
        await town.deliver()
        town.advance(seconds=5)
    assert [count_requests(town, each.id) for each in people] == [2] * 8
    town.simulator.gateway.faults.clear()
    town.advance(seconds=21)
    await town.deliver()
    assert [await get_state(town, f"m{each.id}") for each in people] == ["sent"] * 8
    assert all(each.is_told("draft.none") for each in people)


async def test_fault_11_a_more_urgent_message_of_the_chat_waits_too(database_url: str) -> None:
    """What is written to the chat after the 429 does not overtake, and is not tried early."""
    limits = RateLimitSettings(global_per_second=0, chat_per_second=1, group_per_minute=0)
    async with open_town(database_url, limits=limits) as town:
        ann = await meet(town, "Ann")
        add_fault(town, "429", chat_id=ann.id, retry_after=30)
        await enqueue(town, make_message("a", ann.id, town.now))
        await town.deliver()
        urgent = outbox.Priority.REPLY
        await enqueue(town, make_message("b", ann.id, town.now, priority=urgent))
        calls = count_requests(town, ann.id)
        town.advance(seconds=29)
        await town.deliver()
        assert count_requests(town, ann.id) == calls
        for _ in range(2):
            town.advance(seconds=2)
            await town.deliver()
        assert [await get_state(town, key) for key in "ab"] == ["sent", "sent"]


async def test_a_reply_refused_by_429_arrives_later(town: Town) -> None:
    """It goes to the outbox, and is sent when the wait is over."""
    ann = await meet(town, "Ann")
    add_fault(town, "429", chat_id=ann.id, retry_after=10)
    await ann.says("/settings")
    assert not ann.is_told("settings.text")
    town.advance(seconds=11)
    await town.deliver()
    assert ann.is_told("settings.text")


async def test_a_reply_refused_by_429_is_not_retried_at_once(town: Town) -> None:
    """A retry before the time would make Telegram's wait longer."""
    ann = await meet(town, "Ann")
    before = count_requests(town, ann.id)
    add_fault(town, "429", chat_id=ann.id, count=None, retry_after=10)
    await ann.says("/settings")
    assert count_requests(town, ann.id) == before + 1


# It may have arrived


@contextmanager
def lose_patience(town: Town, monkeypatch: pytest.MonkeyPatch, kind: str) -> Iterator[None]:
    """Inside the context the bot waits a short time only for an answer that never comes."""
    with monkeypatch.context() as patched:
        if kind == "hang":
            patched.setattr(town.app.bot.request, "_read_timeout", 0.5)
        yield


@pytest.mark.parametrize("kind", ["html", "5xx", "drop", "hang"])
async def test_fault_12_a_critical_message_in_doubt_is_sent_again_with_a_mark(
    town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes twice rather than never."""
    ann = await meet(town, "Ann")
    add_fault(town, kind, chat_id=ann.id, when="after")
    await enqueue(town, make_message("a", ann.id, town.now))
    with lose_patience(town, monkeypatch, kind):
        await town.deliver()
    assert (await get_state(town, "a"), (await get_row(town, "a")).repeated) == ("waiting", True)
    town.advance(minutes=11)
    await town.deliver()
    first, second = ann.heard[-2:]
    assert (contains_text(first, MARK), contains_text(second, MARK)) == (False, True)
    assert await get_state(town, "a") == "sent"


@pytest.mark.parametrize("kind", ["html", "5xx", "drop", "hang"])
async def test_fault_12_an_uncritical_message_in_doubt_is_left_for_review(
    town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not sent again; its state is maybe_sent."""
    ann = await meet(town, "Ann")
    before = len(ann.heard)
    add_fault(town, kind, chat_id=ann.id, when="after")
    await enqueue(town, make_message("a", ann.id, town.now, critical=False))
    with lose_patience(town, monkeypatch, kind):
        await town.deliver()
    for _ in range(2):
        await town.deliver()
        await jobs.sweep_outbox(town.app.job_context)
        town.advance(minutes=30)
    assert await get_state(town, "a") == "maybe_sent"
    assert len(ann.heard) == before + 1


# Chats that cannot be written to


async def test_fault_14_messages_of_a_blocked_chat_are_sent_after_the_unblocking(
    town: Town,
) -> None:
    """A 403 parks the chat; its messages are sent later, in order."""
    ann = await meet(town, "Ann")
    town.simulator.people.block_bot(ann.id)
    town.simulator.state.get_account().updates.clear()  # the bot is not told of it
    await enqueue(town, make_message("a", ann.id, town.now))
    await enqueue(town, make_message("b", ann.id, town.now, words="draft.ended"))
    for _ in range(3):
        await town.deliver()
        town.advance(minutes=5)
    assert [await get_state(town, key) for key in "ab"] == ["waiting", "waiting"]
    assert count_requests(town, ann.id) == 2
    await ann.does("unblock")
    assert [await get_state(town, key) for key in "ab"] == ["sent", "sent"]
    assert contains_text(ann.heard[-2], "draft.none")
    assert contains_text(ann.heard[-1], "draft.ended")


async def test_fault_14_a_message_that_expired_meanwhile_is_not_sent_after_the_unblocking(
    town: Town,
) -> None:
    """What is not true any more when the person comes back is left unsent, and flagged."""
    ann = await meet(town, "Ann")
    town.simulator.people.block_bot(ann.id)
    town.simulator.state.get_account().updates.clear()  # the bot finds out by being refused
    await enqueue(town, make_message("a", ann.id, town.now, lasts=timedelta(minutes=5)))
    await enqueue(town, make_message("b", ann.id, town.now, words="draft.ended"))
    await town.deliver()
    town.advance(minutes=6)
    await ann.does("unblock")
    await jobs.sweep_outbox(town.app.job_context)
    assert [await get_state(town, key) for key in "ab"] == ["expired", "sent"]
    assert not ann.was_told("draft.none")


async def test_an_officer_who_blocks_is_off_duty_and_another_is_alerted(town: Town) -> None:
    """The next officer on duty gets the undelivered alert."""
    gone = await town.officer("Binh")
    town.simulator.people.block_bot(gone.id)
    town.simulator.state.get_account().updates.clear()  # the bot finds out by being refused
    code = await town.resident("Ann").gives("Nội dung.")
    assert await get_state(town, f"alert:{code}:{gone.id}:2") == "waiting"
    other = await town.officer("Chi")
    await jobs.assign_waiting_submissions(town.app.job_context)
    await town.deliver()
    assert code in other.sees
    later = await town.resident("Bob").gives("Việc khác.")
    assert later in other.sees
    assert f"alert:{later}:{gone.id}:2" not in await _list_keys(town)


async def _list_keys(town: Town) -> list[str]:
    """Return the deduplication keys of all outbox rows."""
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(ROWS.c.dedup_key))).scalars())


async def test_fault_16_a_refused_token_stops_everything_and_loses_nothing(
    town: Town, log: io.StringIO
) -> None:
    """After a 401 the replica stops and says why; its rows wait, not dead and not marked."""
    people = [await meet(town, f"Person {number}") for number in range(3)]
    add_fault(town, "error", count=None, status=401, description="Unauthorized")
    await enqueue(town, *(make_message(f"m{each.id}", each.id, town.now) for each in people))
    await town.deliver()
    assert town.app.stopping.is_set()
    assert town.app.fatal
    assert "Telegram refuses the token" in log.getvalue()
    assert not town.app.delivery.is_running()
    rows = [await get_row(town, f"m{each.id}") for each in people]
    assert [(each.state.value, each.repeated) for each in rows] == [("waiting", False)] * 3


async def test_fault_16_a_reply_refused_with_the_token_is_kept(town: Town) -> None:
    """The answer to a command meets the 401: the replica stops, the answer waits."""
    ann = await meet(town, "Ann")
    add_fault(town, "error", count=None, status=401, description="Unauthorized")
    await ann.says("/settings")
    assert town.app.stopping.is_set()
    async with town.app.database.reading() as connection:
        (row,) = (await connection.execute(select(ROWS))).all()
    assert (row.kind, row.state.value, row.repeated) == ("reply", "waiting", False)


async def test_a_group_that_became_a_supergroup_gets_each_message_once(town: Town) -> None:
    """All waiting messages go to the new chat, in order."""
    ann = await meet(town, "Ann")
    group = town.simulator.state.add_chat("group", "Tổ trực", members=[ann.id])
    new = town.simulator.state.migrate_group(group)
    town.simulator.state.get_account().updates.clear()  # the bot finds out by being refused
    await enqueue(town, make_message("a", group.id, town.now))
    await enqueue(town, make_message("b", group.id, town.now, words="draft.ended"))
    await town.deliver()
    town.advance(minutes=2)
    await town.deliver()
    texts = [each["text"] for each in town.simulator.list_messages(new.id) if "text" in each]
    assert len(texts) == 2
    assert contains_text(texts[0], "draft.none")
    assert contains_text(texts[1], "draft.ended")
    assert not contains_text(texts[0], MARK)
    assert count_requests(town, group.id) == 1


async def test_an_expired_message_is_not_sent(town: Town) -> None:
    """Its row stays with the state expired."""
    ann = await meet(town, "Ann")
    before = len(ann.heard)
    await enqueue(town, make_message("a", ann.id, town.now, lasts=timedelta(minutes=5)))
    await enqueue(town, make_message("b", ann.id, town.now, words="draft.ended"))
    town.advance(minutes=6)
    await jobs.sweep_outbox(town.app.job_context)
    await town.deliver()
    assert [await get_state(town, key) for key in "ab"] == ["expired", "sent"]
    assert len(ann.heard) == before + 1
