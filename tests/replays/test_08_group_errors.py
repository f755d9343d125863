"""Kind 8: an error of a group is not recognised, so its alerts are lost or repeated without end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.channels.telegram.errors import DESCRIPTIONS, ErrorKind, classify_error, get_retry_after
from storage import casework
from storage.models import Role, Submission
from storage.statements import table
from tests.town.casework import WARD, WARD_NAME
from tests.town.texts import contains_text
from tests.transport.rows import add_fault, count_requests, enqueue, get_row, make_message

if TYPE_CHECKING:
    from storage.models import UnitChat
    from tests.town.group import Group
    from tests.town.person import Person
    from tests.town.town import Town

CHAT_GONE = (
    "chat not found",
    "CHAT_WRITE_FORBIDDEN",
    "have no rights to send a message",
    "not enough rights to send text messages to the chat",
    "need administrator rights in the channel chat",
    "CHAT_RESTRICTED",
    "CHAT_SEND_PLAIN_FORBIDDEN",
    "CHAT_ADMIN_REQUIRED",
    "CHANNEL_PRIVATE",
    "PEER_ID_INVALID",
    "USER_BANNED_IN_CHANNEL",
    "group chat was deactivated",
    "group is deactivated",
    "group chat was upgraded to a supergroup chat",
    "the group chat was deleted",
    "user not found",
    "have no write access to the chat",
)
TOPIC_GONE = (
    "TOPIC_CLOSED",
    "TOPIC_DELETED",
    "TOPIC_ID_INVALID",
    "message thread not found",
    "invalid message thread ID specified",
    "the chat is not a forum",
    "CHANNEL_FORUM_MISSING",
)
LATER = ("internal error, try again later", "restart", "MSG_WAIT_FAILED", "temporarily unavailable")
TO_WAIT = ("SLOWMODE_WAIT_30", "FLOOD_WAIT_17", "Too Many Requests: retry after 9", "Flood control")
ALONE = (
    "message is too long",
    "can't parse entities: unexpected end tag at byte offset 7",
    "BUTTON_DATA_INVALID",
    "message text is empty",
    "message to edit not found",
    "MESSAGE_ID_INVALID",
    "not enough rights to send photos to the chat",
    "an error that is not known yet",
)
DONE = (
    "message is not modified",
    "MESSAGE_NOT_MODIFIED",
    "message is not modified: specified new message content is the same",
)
KINDS = {
    **dict.fromkeys(CHAT_GONE, ErrorKind.BLOCKED),
    **dict.fromkeys(TOPIC_GONE, ErrorKind.NO_TOPIC),
    **dict.fromkeys(LATER, ErrorKind.NOT_SENT),
    **dict.fromkeys(TO_WAIT, ErrorKind.WAIT),
    **dict.fromkeys(ALONE, ErrorKind.REFUSED),
    **dict.fromkeys(DONE, ErrorKind.DONE),
}


# The table of descriptions


@pytest.mark.parametrize(("description", "kind"), KINDS.items())
def test_a_description_is_recognised_in_any_case(description: str, kind: ErrorKind) -> None:
    """The library capitalises what follows "Bad Request: "; a proxy or a new release may not."""
    for written in (description, description.upper(), description.lower(), description.title()):
        for error in (BadRequest(f"Bad Request: {written}"), BadRequest(written)):
            assert classify_error(error) is kind, error


@pytest.mark.parametrize("part", DESCRIPTIONS)
def test_every_row_of_the_table_can_be_met(part: str) -> None:
    """No row is hidden by an earlier one, and every row is written as descriptions are compared."""
    assert part == part.lower().replace("_", " ")
    assert classify_error(BadRequest(f"Bad Request: {part}")) is DESCRIPTIONS[part]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), ErrorKind.BLOCKED),
        (Forbidden("Forbidden: a reason that is not known yet"), ErrorKind.BLOCKED),
        (Forbidden("Forbidden: TOPIC_CLOSED"), ErrorKind.NO_TOPIC),
        (NetworkError("Too Many Requests: retry after 5"), ErrorKind.WAIT),
        (NetworkError("Request Entity Too Large (413)"), ErrorKind.REFUSED),
        (NetworkError("Bad Gateway"), ErrorKind.UNSURE),
        (NetworkError("Internal Server Error: restart"), ErrorKind.UNSURE),
        (NetworkError("RuntimeError: can't start new thread"), ErrorKind.UNSURE),
    ],
)
def test_other_statuses(error: TelegramError, kind: ErrorKind) -> None:
    """Words decide only if it is sure that the message was not shown."""
    assert classify_error(error) is kind


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RetryAfter(7), 7),
        (RetryAfter(0), 1),
        (BadRequest("Bad Request: SLOWMODE_WAIT_30"), 30),
        (BadRequest("Bad Request: FLOOD_WAIT_17"), 17),
        (NetworkError("Too Many Requests: retry after 9"), 9),
        (BadRequest("Bad Request: Flood control exceeded"), 5),
        (BadRequest("Bad Request: chat not found"), 0),
    ],
)
def test_the_time_to_wait_is_read(error: TelegramError, seconds: int) -> None:
    """It is in the parameters of an error or in its words."""
    assert get_retry_after(error).total_seconds() == seconds


# What follows in a group


async def open_group(town: Town, *topics: str) -> tuple[Group, Person, list[Person]]:
    """Return the linked group of a unit, its leader, and its two officers on duty."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    officers = [await town.officer(name, unit=WARD) for name in ("Binh", "Dũng")]
    group = town.group("An Biên", leader, *officers, topics=("Ý kiến", *topics))
    await leader.says_in(group, "/baotaiday", "Ý kiến")
    return group, leader, officers


async def give_with_fault(town: Town, group: Group, description: str) -> str:
    """Submit an opinion while messages to the group fail; return its code."""
    add_fault(
        town, "error", chat_id=group.id, count=None, description=f"Bad Request: {description}"
    )
    code = await town.resident("Ann").gives("Ngập nước.", area=WARD_NAME)
    for _ in range(3):
        town.advance(minutes=1)
        await town.deliver()
    return code


async def find_link(town: Town) -> UnitChat | None:
    """Return the group that the unit is linked to; None if it is lost."""
    async with town.app.database.reading() as connection:
        return await casework.find_unit_chat(connection, WARD)


@pytest.mark.parametrize("description", CHAT_GONE[:6])
async def test_an_alert_of_a_lost_group_reaches_officers(town: Town, description: str) -> None:
    """Everybody on duty has it once, the leader is told once, and the link is removed."""
    group, leader, officers = await open_group(town)
    before = count_requests(town, group.id)
    code = await give_with_fault(town, group, description)
    assert [each.count_heard(code) for each in (*officers, leader)] == [1, 1, 1]
    assert leader.count_told("group.lost") == 1
    assert await find_link(town) is None
    assert count_requests(town, group.id) == before + 1


@pytest.mark.parametrize("description", TOPIC_GONE[:5])
async def test_an_alert_of_a_lost_topic_reaches_the_group(town: Town, description: str) -> None:
    """The leader is told once, and the group itself is linked."""
    group, leader, _ = await open_group(town)
    fault = {"chat_id": group.id, "description": f"Bad Request: {description}"}
    add_fault(town, "error", **fault)
    code = await town.resident("Ann").gives("Ngập nước.", area=WARD_NAME)
    town.advance(minutes=1)
    await town.deliver()
    assert code in group.messages[-1]["text"]
    assert "message_thread_id" not in group.messages[-1]
    assert leader.count_told("group.lost_topic") == 1
    link = await find_link(town)
    assert link is not None
    assert link.thread_id is None


@pytest.mark.parametrize("description", TOPIC_GONE[:2])
async def test_a_group_without_an_open_topic_is_lost(town: Town, description: str) -> None:
    """Where the group itself refuses for the topic's sake, it is not asked again and again."""
    group, leader, officers = await open_group(town)
    before = count_requests(town, group.id)
    code = await give_with_fault(town, group, description)
    assert count_requests(town, group.id) == before + 2
    assert [each.count_heard(code) for each in (*officers, leader)] == [1, 1, 1]
    assert (leader.count_told("group.lost_topic"), leader.count_told("group.lost")) == (1, 1)


@pytest.mark.parametrize("description", [LATER[0], LATER[2], *TO_WAIT[:3]])
async def test_an_alert_is_sent_later(town: Town, description: str) -> None:
    """It arrives when Telegram takes it; the link stays, and nobody is told."""
    group, leader, _ = await open_group(town)
    code = await give_with_fault(town, group, description)
    assert code not in group.messages[-1]["text"]
    town.simulator.gateway.faults.clear()
    town.advance(minutes=11)
    await town.deliver()
    assert code in group.messages[-1]["text"]
    assert not leader.was_told("group.lost")
    assert not leader.was_told("group.undelivered")


@pytest.mark.parametrize("description", [ALONE[0], ALONE[2], ALONE[7]])
async def test_an_alert_that_is_refused_reaches_officers(town: Town, description: str) -> None:
    """The link stays. Two refused alerts are told of once."""
    group, leader, officers = await open_group(town)
    first = await give_with_fault(town, group, description)
    second = await town.resident("Chi").gives("Ồn ào.", area=WARD_NAME)
    for code in (first, second):
        assert [each.count_heard(code) for each in (*officers, leader)] == [1, 1, 1]
    assert leader.count_told("group.undelivered") == 1
    assert await find_link(town) is not None


async def test_an_officer_who_has_the_alert_gets_no_second_one(town: Town) -> None:
    """Also if the case has changed since, so that the new alert is about another version."""
    group, leader, officers = await open_group(town)
    fault = {"chat_id": group.id, "description": f"Bad Request: {LATER[0]}"}
    add_fault(town, "error", **fault)
    code = await town.resident("Ann").gives("Ngập nước.", area=WARD_NAME)
    rows = table(Submission)
    async with town.work() as work:
        changed = update(rows).where(rows.c.code == code).values(version=rows.c.version + 1)
        await work.connection.execute(changed)
    add_fault(town, "error", **{**fault, "description": "Bad Request: chat not found"})
    town.advance(minutes=1)
    await town.deliver()
    assert leader.was_told("group.lost")
    assert [each.count_heard(code) for each in (*officers, leader)] == [1, 1, 1]


async def test_a_closed_topic_of_another_link_changes_nothing(town: Town) -> None:
    """A command in a topic that is not linked is answered in the group; the link stays."""
    group, leader, _ = await open_group(town, "Khác")
    before = await find_link(town)
    add_fault(town, "error", chat_id=group.id, description="Bad Request: TOPIC_CLOSED")
    stranger = town.resident("Bao")
    await stranger.says_in(group, "/baotaiday", "Khác")
    town.advance(minutes=1)
    await town.deliver()
    assert contains_text(group.messages[-1]["text"], "group.refused")
    assert await find_link(town) == before
    assert not leader.was_told("group.lost_topic")


async def test_no_error_is_repeated_at_once(town: Town) -> None:
    """At one moment Telegram gets one request of a message, whatever it answers."""
    descriptions = sorted({*KINDS} - {*DONE})
    for chat_id, description in enumerate(descriptions, start=-len(descriptions)):
        fault = {"chat_id": chat_id, "count": None, "description": f"Bad Request: {description}"}
        add_fault(town, "error", **fault)
        message = make_message(description, chat_id, town.now)
        await enqueue(town, replace(message, thread_id=7))
    for _ in range(3):
        await town.deliver()
    for chat_id, description in enumerate(descriptions, start=-len(descriptions)):
        assert count_requests(town, chat_id) == 1, description
        row = await get_row(town, description)
        assert row.finished_at is not None or row.next_at > town.now, description
