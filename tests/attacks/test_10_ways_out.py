"""Kind 10: ways by which a case leaves its lane: a group's waiting alert, a transfer to police."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.casework import action_service
from bot.core.requests import Chat
from bot.feedback import followup_service
from storage.models import Outbox, OutboxState, Role, State
from storage.statements import fetch_all, table
from tests.town.casework import WARD, WARD_NAME, accept_case, choose_action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.unit_of_work import UnitOfWork
    from tests.town.person import Person
    from tests.town.town import Town

MESSAGES = table(Outbox)


async def list_group_alerts(town: Town) -> Sequence[Outbox]:
    """Return the alerts to groups, oldest first."""
    statement = select(MESSAGES).where(MESSAGES.c.chat_id < 0, MESSAGES.c.kind == "alert")
    async with town.app.database.reading() as connection:
        return await fetch_all(connection, Outbox, statement.order_by(MESSAGES.c.id))


async def count_private_alerts(town: Town) -> int:
    """Return the number of people who have an alert in private, each once."""
    statement = select(MESSAGES.c.chat_id).where(MESSAGES.c.chat_id > 0)
    async with town.app.database.reading() as connection:
        found = await connection.execute(statement.where(MESSAGES.c.kind == "alert").distinct())
        return len(found.all())


async def give_with_waiting_alert(town: Town, ann: Person, **chosen: str) -> str:
    """Give an opinion about the ward, whose alert is not yet sent to the ward's group."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    group = town.group("An Biên", leader)
    await leader.says_in(group, "/baotaiday")
    code = await ann.gives("Chuyện ở ngõ 5.", area=WARD_NAME, topic="theft", **chosen)
    assert [each.state for each in await list_group_alerts(town)] == [OutboxState.SENT]
    async with town.app.database.transaction() as connection:
        waiting = MESSAGES.update().where(MESSAGES.c.chat_id < 0, MESSAGES.c.kind == "alert")
        await connection.execute(
            waiting.values(
                state=OutboxState.WAITING, finished_at=None, message_id=None, next_at=town.now
            )
        )
    return code


async def test_an_alert_that_waits_for_a_group_goes_when_the_name_is_hidden(town: Town) -> None:
    """A crime report without a name goes to private chats only: an officer there gets it."""
    ann, other = town.resident("Ann"), await town.officer("Binh", unit=WARD)
    code = await give_with_waiting_alert(town, ann, kind="crime_report")
    alerted = await count_private_alerts(town)
    async with town.work() as work:
        await hide_name(town, work, ann, code)
    assert [each.state for each in await list_group_alerts(town)] == [OutboxState.EXPIRED]
    await town.settle()
    assert (alerted, await count_private_alerts(town)) == (1, 2)
    assert other.count_told("alert.text") == 1


async def hide_name(town: Town, work: UnitOfWork, ann: Person, code: str) -> None:
    """Hide the name of a submission, before anything else is sent."""
    del town
    chat = Chat(ann.id, "vi")
    assert await followup_service.hide_identity(work, chat, code, "hide_name") is not None


async def test_a_new_kind_cancels_the_waiting_alert_too(town: Town) -> None:
    """An unnamed report becomes a crime report, and stays with the ward."""
    ann, officer = town.resident("Ann"), await town.officer("Binh", unit=WARD)
    code = await give_with_waiting_alert(town, ann, kind="report", identity="unnamed")
    async with town.work() as work:
        answers = {"kind": "crime_report", "topic": "theft"}
        case = await action_service.perform_action(work, officer.id, "reclassify", code, answers)
    assert case.handled_by == WARD
    assert [each.state for each in await list_group_alerts(town)] == [OutboxState.EXPIRED]


async def test_an_ordinary_case_keeps_its_waiting_alert(town: Town) -> None:
    """The resident of an ordinary report hides the name: the group may still know of it."""
    ann = town.resident("Ann")
    code = await give_with_waiting_alert(town, ann, kind="report")
    async with town.work() as work:
        await hide_name(town, work, ann, code)
    assert [each.state for each in await list_group_alerts(town)] == [OutboxState.WAITING]


POLICE = (
    "Công an phường An Biên",
    "công an p. An Biên",
    "Cong an thanh pho Hai Phong",
    "CÔNG AN TP Hải Phòng",
    "CATP Hải Phòng",
    "CAP An Biên",
    "Phòng Cảnh sát hình sự",
    "Đội CSGT số 2",
    "Công\u200b an xã Vĩnh Bảo",
)
AGENCIES = (
    "Sở Xây dựng",
    "Ủy ban nhân dân phường An Biên",
    "Công an tỉnh Quảng Ninh",
    "Thanh tra Bộ Công an",
    "Công an thành phố Hà Nội",
    "Công ty Cấp nước",
    "Cục Cảnh sát giao thông, Bộ Công an",
)


@pytest.mark.parametrize("body", POLICE)
async def test_a_case_is_not_transferred_to_a_police_unit_of_the_city(
    town: Town, body: str
) -> None:
    """It would leave its lane and its deadlines for people who may not have it: see "route"."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await accept_case(leader, code)
    await choose_action(leader, code, "transfer")
    await leader.says(body)
    assert leader.is_told("transfer.body.rejected.police")
    assert not leader.is_asked("transfer.contact")
    assert (await town.get_submission(code)).state is not State.TRANSFERRED


@pytest.mark.parametrize("body", AGENCIES)
async def test_a_case_is_transferred_to_an_agency(town: Town, body: str) -> None:
    """Also to police elsewhere, and to the ministry."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await accept_case(leader, code)
    await choose_action(leader, code, "transfer")
    await leader.says(body)
    assert leader.is_asked("transfer.contact")
    await leader.says("024 3333 3333")
    assert (await town.get_submission(code)).state is State.TRANSFERRED
