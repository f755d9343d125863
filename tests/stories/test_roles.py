"""Permissions of each role on a case of its own unit; other actions are refused and audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.casework.actions import ACTIONS_BY_NAME
from bot.core import refusals
from bot.runtime import jobs
from storage import audit
from storage.models import Role
from tests.policy import once
from tests.town.casework import propose_answer

if TYPE_CHECKING:
    from storage.models import Audit
    from tests.town.town import Town

WARD, NAMED = "11407", "Phường An Biên"

# Written down beside the table of the workflow, not drawn from it: of a case that another officer
# has taken on, and of one whose answer that officer proposed.
WORKER = {"note", "recuse", "ban"}
DISTRIBUTOR = WORKER | {"assign", "divert", "exclude"}
LEADER = DISTRIBUTOR | {"extend", "reject"}
TAKEN = {
    Role.OFFICER: WORKER,
    Role.TRIAGE: DISTRIBUTOR,
    Role.APPROVER: LEADER,
    Role.COORDINATOR: LEADER,
    Role.ORGANISER: set(),
    Role.OBSERVER: set(),
    Role.ADMINISTRATOR: set(),
}
DECIDER = {"note", "ban", "approve", "send_back", "extend", "exclude"}
PROPOSED = {
    Role.OFFICER: {"note", "ban"},
    Role.TRIAGE: {"note", "ban", "exclude"},
    Role.APPROVER: DECIDER,
    Role.COORDINATOR: DECIDER,
    Role.ORGANISER: set(),
    Role.OBSERVER: set(),
    Role.ADMINISTRATOR: set(),
}


async def list_refusals(town: Town) -> list[Audit]:
    """Return the entries about refusals in the audit log, oldest first, an hour later."""
    town.advance(hours=1)
    await jobs.record_refusals(town.app.job_context)
    async with town.app.database.reading() as connection:
        found = [each async for each in audit.iterate_entries(connection, None, None)]
    return [each for each in found if each.action in {"case.refused", refusals.COUNTED}]


@once
@pytest.mark.parametrize("state", ["taken", "proposed"])
async def test_fault_28_an_action_that_is_not_granted_is_refused(town: Town, state: str) -> None:
    """Every role presses the button of every other action, although it was never shown."""
    owner = await town.officer("Binh", unit=WARD)
    code = await town.resident("Ann").gives("Bí mật của ngõ 5.", area=NAMED)
    await owner.taps("case.do.accept", of=code)
    if state == "proposed":
        await propose_answer(owner)
    granted = TAKEN if state == "taken" else PROPOSED
    before, expected = await town.get_submission(code), 0
    for role in Role:
        person = await town.officer(f"Vai {role}", unit=WARD, role=role)
        for action in ACTIONS_BY_NAME.keys() - granted[role]:
            await person.presses_data(f"case:{action}={code}")
            expected += 1
            assert (await town.get_submission(code)).version == before.version, (role, action)
        await person.says("/cancel")
        assert person.is_told("draft.none"), role  # no conversation was begun either
        await person.says(f"/case {code}")
        offered = {name for name in ACTIONS_BY_NAME if person.is_offered(f"case.do.{name}")}
        if granted[role]:
            await person.taps("case.more")
            offered |= {name for name in ACTIONS_BY_NAME if person.is_offered(f"case.do.{name}")}
        assert offered == granted[role], role
    # /case was refused to those who read no cases.
    blind = sum(role in {Role.ORGANISER, Role.OBSERVER} for role in Role)
    refused = await list_refusals(town)
    assert sum(each.details.get("times", 1) for each in refused) == expected + blind
    assert len(refused) <= 2 * len(Role)


async def test_fault_28_a_forged_or_foreign_button_is_refused_and_recorded(town: Town) -> None:
    """A resident, an officer of another unit and one without a case press what was not theirs."""
    owner = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    code = await ann.gives("Bí mật của ngõ 5.", area=NAMED)
    alert = owner.messages[-1]
    foreign = await town.officer("Dung", unit="11413")
    before = await town.get_submission(code)
    for person in (ann, foreign):
        await person.presses_data(f"case:accept={code}", alert)
        await person.presses_data("case:accept=HP-0000-0000", alert)
        await person.presses_data("case:accept=" + "x" * 50, alert)
    assert (await town.get_submission(code)).version == before.version
    refused = await list_refusals(town)
    assert [each.submission_id for each in refused] == [before.id, before.id, None, None]
    assert [each.actor_role for each in refused] == ["none", Role.OFFICER] * 2
    assert [each.details.get("times", 1) for each in refused] == [1, 1, 2, 2]
    assert refused[-1].details["attempts"] == {
        "case.refused accept HP-0000-0000": 1,
        "case.refused accept " + "x" * 32: 1,
    }
    for data in ("case:approve", "case:nothing=1", "nothing", "feedback.review=submit-0", "=", "#"):
        await ann.presses_data(data, alert)
    assert (await town.get_submission(code)).version == before.version
    assert not ann.has_heard("Bí mật của ngõ 5.") or ann.count_heard("Bí mật của ngõ 5.") == 1
    await owner.taps("case.do.accept", of=code)
    assert (await town.get_submission(code)).version > before.version
