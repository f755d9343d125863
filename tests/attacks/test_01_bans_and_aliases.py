"""Kind 1: what an officer sees of one case tells who the resident of another, unnamed case is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import Role
from tests.town.casework import WARD, WARD_NAME, ban, open_case, propose_ban

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def list_offers(officer: Person, code: str) -> tuple[list[str], str]:
    """Return the buttons and the text of a case, without its code, on both pages."""
    await open_case(officer, code)
    text, first = officer.sees.replace(code, "CODE"), officer.buttons
    await officer.taps("case.more")
    return [*first, *officer.buttons], text


@pytest.mark.parametrize("stage", ["proposed", "in force"])
@pytest.mark.parametrize("banned", ["channel", "unnamed"])
async def test_a_ban_is_not_seen_on_another_case(town: Town, stage: str, banned: str) -> None:
    """A named author's unnamed case looks as before, and as the case of somebody else."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    other = "unnamed" if banned == "channel" else "channel"
    first = await ann.gives("Bán đất nền giá rẻ.", area=WARD_NAME, identity=banned)
    second = await ann.gives("Chuyện khác.", area=WARD_NAME, identity=other)
    third = await ann.gives("Chuyện khác.", area=WARD_NAME, identity=banned)
    control = await bao.gives("Chuyện khác.", area=WARD_NAME, identity=other)
    cases = (second, third, control)
    before = {code: await list_offers(leader, code) for code in cases}
    if stage == "proposed":
        await propose_ban(officer, first)
    else:
        await ban(officer, leader, first)
    for code in cases:
        assert await list_offers(leader, code) == before[code], code
        assert leader.is_offered("case.do.ban")
        for verb in ("unban", "confirm_ban", "refuse_ban"):
            version = (await town.get_submission(code)).version
            await leader.presses_data(f"case:{verb}={code}")
            assert (await town.get_submission(code)).version == version
    if stage == "in force":
        for identity in ("channel", "unnamed"):
            await ann.begins()
            await ann.says("Bán đất nền lần nữa.")
            await ann.reaches("feedback.banned", area=WARD_NAME, identity=identity)
            await ann.says("/cancel")


async def test_the_address_of_one_case_does_not_lift_a_ban_of_another(town: Town) -> None:
    """Lifting is an act on the case on which the ban was decided, and on no other."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    first = await ann.gives("Bán đất nền giá rẻ.", area=WARD_NAME)
    second = await ann.gives("Chuyện khác.", area=WARD_NAME, identity="unnamed")
    await ban(officer, leader, first)
    await leader.presses_data(f"case:unban={second}")
    await ann.begins()
    await ann.says("Bán đất nền lần nữa.")
    await ann.reaches("feedback.banned", area=WARD_NAME)
