"""Kind 9: an officer keeps off a case somebody who is above them, and nobody can undo it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.casework.permissions import may_readmit
from bot.runtime import jobs
from storage import audit, casework, officers
from storage.models import Officer, Role
from storage.statements import table
from tests.town.casework import WARD, WARD_NAME, accept_case, choose_action, open_case

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

# By whom, of which unit, and who is above them.
BELOW = {
    "triage of the ward, leader of the ward": ((Role.TRIAGE, WARD), (Role.APPROVER, WARD)),
    "triage of the ward, city": ((Role.TRIAGE, WARD), (Role.COORDINATOR, "31")),
    "leader of the ward, city": ((Role.APPROVER, WARD), (Role.COORDINATOR, "31")),
    "leader of the ward, officer of the city": ((Role.APPROVER, WARD), (Role.OFFICER, "31")),
    "triage of the city, leader of the city": ((Role.TRIAGE, "31"), (Role.COORDINATOR, "31")),
    "leader of the ward, administrator": ((Role.COORDINATOR, WARD), (Role.ADMINISTRATOR, "31")),
}


async def exclude(officer: Person, code: str, other: Person) -> None:
    """Keep another officer off a case, if the bot offers them."""
    await choose_action(officer, code, "exclude")
    await officer.taps(next(label for label in officer.buttons if label.startswith(other.name)))


async def is_kept_off(town: Town, code: str, officer: Person) -> bool:
    """Return True if an officer has a recusal from a case."""
    case = await town.get_submission(code)
    async with town.app.database.reading() as connection:
        found = await officers.find_officer(connection, officer.id)
        assert found is not None
        return found.id in await casework.list_recused(connection, case.id)


@pytest.mark.parametrize("who", list(BELOW))
async def test_nobody_excludes_who_is_above(town: Town, who: str) -> None:
    """Neither by a button that is offered, nor by one that is forged."""
    (role, unit), (role_above, unit_above) = BELOW[who]
    below = await town.officer("Duoi", unit=unit, role=role)
    above = await town.officer("Tren", unit=unit_above, role=role_above)
    peer = await town.officer("Cung", unit=unit, role=Role.OFFICER)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await choose_action(below, code, "exclude")
    assert not any(label.startswith("Tren") for label in below.buttons)
    async with town.app.database.reading() as connection:
        found = await officers.find_officer(connection, above.id)
    assert found is not None
    shown = below.messages[-1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await below.presses_data(f"{shown.rpartition('=')[0]}={found.id}")
    assert not await is_kept_off(town, code, above)
    await open_case(above, code)
    assert above.has_heard("Đèn hỏng.")
    await below.says("/cancel")
    await exclude(below, code, peer)
    assert await is_kept_off(town, code, peer)


async def test_exclusions_are_listed_and_undone_from_above(town: Town) -> None:
    """A leader sees who is kept off by whom. A peer of who did it cannot undo it; the city can."""
    first = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    second = await town.officer("Dũng", unit=WARD, role=Role.APPROVER)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    worker = await town.officer("Binh", unit=WARD)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await exclude(first, code, worker)
    await open_case(second, code)
    assert second.is_told("case.recusals")
    assert "Binh" in second.sees
    assert "Cường" in second.sees
    await second.presses_data(f"case:readmit={code}")
    assert not second.was_told("readmit.officer.ask")
    await city.says("/cases")
    await city.taps("cases.to.recused")
    assert any(code in label for label in city.buttons)
    await choose_action(city, code, "readmit")
    await city.taps("Binh")
    assert not await is_kept_off(town, code, worker)
    await open_case(worker, code)
    assert worker.has_heard("Đèn hỏng.")
    async with town.app.database.reading() as connection:
        entries = [each async for each in audit.iterate_entries(connection, None, None)]
    kinds = [each.action for each in entries if each.action in {"case.exclude", "case.readmit"}]
    assert kinds == ["case.exclude", "case.readmit"]
    kept = {each.action: each.details.get("officer") for each in entries if each.action in kinds}
    assert kept["case.exclude"] == kept["case.readmit"] is not None


async def test_who_excluded_may_correct_it_and_who_is_excluded_may_not(town: Town) -> None:
    """An officer who withdrew is readmitted by a leader above, not by themself."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    worker = await town.officer("Binh", unit=WARD)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await exclude(leader, code, worker)
    await choose_action(leader, code, "readmit")
    await leader.taps("Binh")
    assert not await is_kept_off(town, code, worker)
    await choose_action(leader, code, "recuse")
    await leader.writes("Tôi có liên quan.")
    await leader.taps("recuse.review.options.submit")
    for forged in ("readmit", "open"):
        await leader.presses_data(f"case:{forged}={code}")
    assert await is_kept_off(town, code, leader)
    await choose_action(city, code, "readmit")
    await city.taps("Cường")
    assert not await is_kept_off(town, code, leader)


async def test_who_rises_while_the_question_is_open_is_not_excluded(town: Town) -> None:
    """The list of officers is older than the promotion: it is checked again at the end."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    worker = await town.officer("Binh", unit=WARD)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await choose_action(leader, code, "exclude")
    async with town.work() as work:
        rows = table(Officer)
        risen = rows.update().where(rows.c.chat_id == worker.id)
        await work.connection.execute(risen.values(unit_code="31", role=Role.COORDINATOR))
    await leader.taps(next(label for label in leader.buttons if label.startswith("Binh")))
    assert leader.is_told("case.no_such_officer")
    assert not await is_kept_off(town, code, worker)


async def test_an_exclusion_by_the_city_is_not_undone_by_an_older_list(town: Town) -> None:
    """The leader's question was asked while the exclusion was the leader's own."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    worker = await town.officer("Binh", unit=WARD)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await exclude(leader, code, worker)
    await choose_action(leader, code, "readmit")
    await choose_action(city, code, "readmit")
    await city.taps("Binh")
    await exclude(city, code, worker)
    await leader.taps("Binh")
    assert leader.is_told("case.no_such_officer")
    assert await is_kept_off(town, code, worker)


def test_nobody_readmits_themself() -> None:
    """Nor as a leader of the city, nor whoever excluded them. Who is kept off opens no case."""
    city, by = make_officer(1, Role.COORDINATOR, "31"), make_officer(2, Role.OFFICER, WARD)
    assert not may_readmit(city, city, by)
    assert not may_readmit(by, by, by)
    assert may_readmit(city, by, by)


def make_officer(number: int, role: Role, unit: str) -> Officer:
    """Return an officer that is not stored."""
    return Officer(
        id=number,
        chat_id=number,
        name="Binh",
        unit_code=unit,
        role=role,
        topics=[],
        on_duty=True,
        active=True,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
    )


async def test_statistics_and_digest_leave_out_what_the_reader_may_not_open(town: Town) -> None:
    """A change of the numbers would say what happens to a case that a leader is kept off."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    ann = town.resident("Ann")
    await ann.gives("Rác ở ngõ 7.", area=WARD_NAME)
    code = await ann.gives("Đèn hỏng.", area=WARD_NAME)
    await exclude(city, code, leader)
    await leader.says("/stats")
    await city.says("/stats")
    assert (count_shown(leader.sees), count_shown(city.sees)) == (1, 2)
    async with town.app.database.reading() as connection:
        readers = [await officers.find_officer(connection, each.id) for each in (leader, city)]
        counts = []
        for reader in readers:
            assert reader is not None
            soon = town.now + timedelta(days=2)
            waiting = await casework.count_waiting_cases(connection, town.now, soon, reader)
            counts.append(waiting["new"])
    assert counts == [1, 2]


async def test_the_digest_leaves_out_a_case_of_which_its_reader_is_kept_off(town: Town) -> None:
    """Also one that is still assigned to them."""
    worker = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=WARD_NAME)
    await accept_case(worker, code)
    await exclude(city, code, leader)
    await exclude(city, code, worker)
    town.now = (town.now + timedelta(days=1)).replace(hour=1, minute=0)
    await jobs.send_digests(town.app.job_context)
    await town.settle()
    assert not leader.was_told("digest.text")
    assert not worker.was_told("digest.text")
    assert city.was_told("digest.text")


def count_shown(text: str) -> int:
    """Return the number of submissions in the text of /stats."""
    found = re.search(r"(\d+) ý kiến", text)
    assert found is not None, text
    return int(found.group(1))
