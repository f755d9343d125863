"""Officers: invitations, alerts, and opening the cases that they may open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.casework import staff
from bot.runtime import jobs
from storage.models import Audit, Role
from storage.statements import table

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_an_officer_opens_the_case(town: Town) -> None:
    """The alert's button shows the text; the resident's timeline shows that the case was opened."""
    officer = await town.officer("Binh", unit="11407")
    ann = town.resident("Ann")
    code = await ann.gives("Mất xe đạp ở ngõ 5.", area="Phường An Biên")
    await officer.taps("alert.open")
    assert "Mất xe đạp ở ngõ 5." in officer.sees
    await ann.says(f"/mine {code.lower().replace('-', ' ')}")
    assert ann.is_told("mine.events.case.opened")


async def test_another_officer_is_refused_and_that_is_audited(town: Town) -> None:
    """Neither an officer of another unit nor a resident opens the case by a forged button."""
    await town.officer("Binh", unit="11407")
    stranger = await town.officer("Chi", unit="11413")
    ann = town.resident("Ann")
    code = await ann.gives("Bí mật.", area="Phường An Biên")
    for person in (stranger, ann):
        await person.says("/help")
        await person.presses_data(f"case:open={code}")
        assert not person.has_heard("Bí mật.")
    async with town.app.database.reading() as connection:
        rows = (await connection.execute(select(table(Audit)))).all()
    assert [row.action for row in rows].count("case.refused") == 2


@pytest.mark.parametrize("topic", ["officer_attitude", "crime_report_handling"])
async def test_an_opinion_about_the_unit_does_not_reach_it(town: Town, topic: str) -> None:
    """The unit's own officers are not alerted; the city's are."""
    ward = await town.officer("Binh", unit="11407")
    city = await town.officer("Chi")
    ann = town.resident("Ann")
    code = await ann.gives("Cán bộ nói trống không.", topic=topic, area="Phường An Biên")
    assert code in city.sees
    assert not ward.has_heard(code)


async def test_an_alert_waits_for_an_officer(town: Town) -> None:
    """If nobody is on duty, the next officer who comes is alerted of earlier opinions."""
    ann = town.resident("Ann")
    code = await ann.gives("Không ai trực.")
    officer = await town.officer("Binh")
    await jobs.assign_waiting_submissions(town.app.job_context)
    await town.deliver()
    assert code in officer.sees


async def test_an_invite_works_once(town: Town) -> None:
    """A second person with the same link is refused."""
    async with town.work() as work:
        token = await staff.make_invite(work, "31", Role.OFFICER, ())
    ann, bob = town.resident("Ann"), town.resident("Bob")
    await ann.says(f"/start invite_{token}")
    await bob.says(f"/start invite_{token}")
    assert ann.is_told("officer.welcome")
    assert bob.is_told("officer.invite_unusable")
    await ann.says(f"/start invite_{token}")
    assert ann.is_told("officer.welcome")


async def test_an_expired_invite_is_refused(town: Town) -> None:
    """An invitation is valid for a week."""
    async with town.work() as work:
        token = await staff.make_invite(work, "31", Role.OFFICER, ())
    town.advance(days=8)
    ann = town.resident("Ann")
    await ann.says(f"/start invite_{token}")
    assert ann.is_told("officer.invite_unusable")
