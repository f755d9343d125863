"""Attacks with many updates: commands, links, buttons and files count as messages do."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from bot.runtime.settings import AbuseSettings
from tests.town.casework import open_case
from tests.town.town import open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

    from tests.town.town import Town

MOST = 12


@pytest.fixture
async def strict_town(database_url: str) -> AsyncIterator[Town]:
    """A town in which a person may send 12 messages a minute."""
    strict = AbuseSettings(opinions_a_day=1000, everybody_a_minute=100_000, messages_a_minute=MOST)
    async with open_town(database_url, abuse=strict) as opened:
        yield opened


@pytest.mark.parametrize(
    "text", ["/start", "/help", "/mine HP-0000-0000", "/case HP-0000-0000", "/nosuch", "/start x_1"]
)
async def test_a_flood_of_commands_is_answered_once(strict_town: Town, text: str) -> None:
    """Also of commands that do not exist, and of links; a minute later the bot answers again."""
    ann = strict_town.resident("Ann")
    for _ in range(40):
        await ann.says(text)
    assert ann.count_told("abuse.too_fast") == 1
    assert len(ann.heard) == MOST + 1
    strict_town.advance(minutes=1)
    await ann.says("/help")
    assert not ann.is_told("abuse.too_fast")


async def test_presses_and_messages_share_one_limit(strict_town: Town) -> None:
    """Half of the limit in commands and half in texts leave none for a button."""
    ann = strict_town.resident("Ann")
    await ann.gives("Đèn hỏng.")
    strict_town.advance(minutes=1)
    for _ in range(MOST // 2):
        await ann.says("/help")
    await ann.says("/feedback")
    for number in range(MOST // 2 - 1):
        await ann.says(f"dòng {number}")
    heard = len(ann.heard)
    await ann.says("/mine")
    assert ann.is_told("abuse.too_fast")
    for _ in range(20):
        await ann.presses_data("mine:list=")
    assert len(ann.heard) == heard + 1


async def test_a_flood_of_album_files_and_of_replies_is_answered_once(strict_town: Town) -> None:
    """Files that join a submission after its end, and messages that reply to a notice."""
    ann = strict_town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Đèn hỏng.", media_group_id="album")
    strict_town.advance(minutes=1)
    code = await ann.finishes()
    strict_town.advance(minutes=1)
    heard, receipt = len(ann.heard), ann.messages[-1]["message_id"]
    for _ in range(20):
        await ann.does("photo", media_group_id="album")
        await ann.does("text", "Thêm", reply_to=receipt)
    assert len(ann.heard) == heard + MOST + 1
    assert ann.has_heard(code)


async def test_a_flood_of_buttons_of_an_old_question_is_answered_once(strict_town: Town) -> None:
    """Each press is answered with a notice; the question is not shown above the limit."""
    ann = strict_town.resident("Ann")
    await ann.begins()
    strict_town.advance(minutes=1)
    for _ in range(30):
        await ann.presses_data("feedback.kind=report")
    await ann.says("Đèn hỏng.")
    assert not ann.is_asked("feedback.details")


async def test_the_end_of_a_flood_costs_no_write(strict_town: Town) -> None:
    """Above the limit an update of the flood writes nothing at all."""
    ann = strict_town.resident("Ann")
    for _ in range(MOST + 1):
        await ann.says("/help")
    with count_writes(strict_town) as written:
        for _ in range(10):
            await ann.says("/help")
            await ann.says("một dòng")
    assert written == []


@contextlib.contextmanager
def count_writes(town: Town) -> Iterator[list[str]]:
    """Collect the statements that write."""
    written: list[str] = []
    engine = town.app.database.engine.sync_engine

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield written
    event.remove(engine, "before_cursor_execute", note)


async def test_an_officer_at_work_is_not_slowed_down_twice(strict_town: Town) -> None:
    """A button that begins a conversation counts once."""
    officer = await strict_town.officer("Binh", unit="31")
    code = await strict_town.resident("Ann").gives("Đèn hỏng.")
    strict_town.advance(minutes=1)
    await open_case(officer, code)
    for _ in range(MOST - 1):
        await officer.presses_data(f"case:note={code}")
    assert not officer.was_told("abuse.too_fast")
