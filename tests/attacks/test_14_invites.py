"""Attacks with invites: a leaked link, a join that nobody knows of, a forged list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.casework import staff
from storage import audit
from storage.models import Audit, Officer, Role
from storage.statements import table
from tests.commandline.test_mistakes import run_bot
from tests.town.casework import WARD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.town.town import Town

OTHER_WARD = "11413"


async def make_invite(town: Town, unit: str = WARD, by: int | None = None) -> str:
    """Return the token of an invite for an approver of a unit."""
    async with town.work() as work:
        return await staff.make_invite(work, unit, Role.APPROVER, (), by=by)


async def test_a_leader_revokes_a_leaked_invite(town: Town) -> None:
    """It is listed with its unit and role; after that nobody joins with it."""
    leader = await town.officer("Lan", WARD, Role.APPROVER)
    token = await make_invite(town)
    await leader.says("/invites")
    assert leader.is_told("invites.one")
    assert "An Biên" in leader.sees
    await leader.taps("Thu hồi số 2")
    assert leader.is_told("invites.none")
    thief = town.resident("Trộm")
    await thief.says(f"/start invite_{token}")
    assert thief.is_told("officer.invite_unusable")
    assert await town.count_rows(Officer) == 1
    async with town.app.database.reading() as connection:
        entries = [each async for each in audit.iterate_entries(connection, None, None)]
    (revoked,) = (each for each in entries if each.action == "invite.revoked")
    assert (revoked.actor_role, revoked.actor_id) == (Role.APPROVER, 1)
    assert revoked.details == {"invite": 2, "unit": WARD}


async def test_a_leader_sees_and_revokes_those_of_the_own_unit_only(town: Town) -> None:
    """A forged button changes nothing; the city sees all units."""
    leader = await town.officer("Lan", WARD, Role.APPROVER)
    city = await town.officer("Chi", "31", Role.COORDINATOR)
    token = await make_invite(town, OTHER_WARD)
    await leader.says("/invites")
    assert leader.is_told("invites.none")
    for number in range(1, 6):
        await leader.presses_data(f"invites:revoke={number}")
    await city.says("/invites")
    assert city.is_told("invites.one")
    joined = town.resident("Hà")
    await joined.says(f"/start invite_{token}")
    assert joined.is_told("officer.welcome")


async def test_nobody_else_sees_invites(town: Town) -> None:
    """For a resident and for an officer who leads nobody the command does not exist."""
    officer, ann = await town.officer("Bình", WARD), town.resident("Ann")
    token = await make_invite(town)
    for person in (officer, ann):
        await person.says("/invites")
        assert person.is_told("errors.unknown_command")
        for number in range(1, 4):
            await person.presses_data(f"invites:revoke={number}")
    joined = town.resident("Hà")
    await joined.says(f"/start invite_{token}")
    assert joined.is_told("officer.welcome")


async def test_the_leaders_of_the_unit_are_told_of_everybody_who_joins(town: Town) -> None:
    """With the name, the role and who invited; the audit log has all three."""
    leader = await town.officer("Lan", WARD, Role.APPROVER)
    other = await town.officer("Hoa", OTHER_WARD, Role.APPROVER)
    city = await town.officer("Chi", "31", Role.COORDINATOR)
    async with town.app.database.reading() as connection:
        rows = table(Officer)
        chi = (await connection.execute(select(rows.c.id).where(rows.c.name == "Chi"))).scalar_one()
    token = await make_invite(town, by=chi)
    thief = town.resident("Trộm")
    await thief.says(f"/start invite_{token}")
    for told in (leader, city):
        assert told.is_told("officer.joined")
        assert "Trộm" in told.sees
        assert "Chi" in told.sees
    assert not other.has_heard("Trộm")
    async with town.app.database.reading() as connection:
        entries = (await connection.execute(select(table(Audit)))).all()
    (invited,) = [row for row in entries if row.action == "officer.invited" and row.actor_id == chi]
    joined = [row for row in entries if row.action == "officer.joined"][-1]
    assert joined.details["invite"] == invited.details["invite"]


async def test_the_city_is_told_if_a_unit_has_no_leader(town: Town) -> None:
    """The first officer of a unit does not come unseen."""
    city = await town.officer("Chi", "31", Role.COORDINATOR)
    first = town.resident("Hà")
    await first.says(f"/start invite_{await make_invite(town)}")
    assert city.is_told("officer.joined")
    assert not first.has_heard("Hà (")


def test_the_operator_lists_and_revokes_invites(tmp_path: Path) -> None:
    """On the command line, for units whose leader cannot."""
    assert run_bot(tmp_path, "migrate").returncode == 0
    run_bot(tmp_path, "officers", "invite", "--unit", WARD)
    assert WARD in run_bot(tmp_path, "officers", "invites").stdout
    assert run_bot(tmp_path, "officers", "revoke-invite", "1").returncode == 0
    assert WARD not in run_bot(tmp_path, "officers", "invites").stdout
    assert run_bot(tmp_path, "officers", "revoke-invite", "1").returncode == 1
