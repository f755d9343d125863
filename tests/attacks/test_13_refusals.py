"""Attacks with forged buttons: each kind is audited, and none can flood the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.runtime import jobs
from bot.texts import load_texts
from storage import audit
from storage.models import Role
from tests.town.forums import CODE, publish_forum

if TYPE_CHECKING:
    from storage.models import Audit
    from tests.town.town import Town

WARD, NAMED = "11407", "Phường An Biên"

# The data of buttons that a resident was never shown; CODE is the receipt code of another person.
FORGED = (
    *(f"mine:{action}=CODE" for action in ("show", "open", "receipt", "addition", "rating")),
    *(f"mine:{action}=CODE" for action in ("withdraw", "withdrawn", "hide_name", "hide_phone")),
    *(f"mine:{action}=CODE" for action in ("hide_name_yes", "hide_phone_yes", "reopening")),
    *(f"case:{action}=CODE" for action in ("accept", "ban", "unban", "more", "open", "nothing")),
    *("cases:unit=", "cases:all=", "templates:drop=1", "templates:add=", "templates:list="),
    *(f"forum:{action}={CODE}" for action in ("approve", "reschedule", "poster", "stop", "open")),
    *("forum:list=", "forum:new=", f"forum:opinions={CODE}", f"forum:nothing={CODE}"),
    *(f"hall:{action}={CODE}.1" for action in ("answer", "left", "spoken", "qr", "next")),
    *("forums:open=NOSUCH", "forums:minutes=NOSUCH", f"forums:qr={CODE}", f"forums:rate={CODE}.2"),
    *("reject.reason=x", "forum_cancel.reason=x", "ban.days=30", "nosuch.step=1"),
    *("feedback.nosuch=1", "nothing", "case:approve", "=", "#", "x" * 64),
)


async def list_refusals(town: Town) -> list[Audit]:
    """Return the entries of the audit log about refused attempts, oldest first."""
    async with town.app.database.reading() as connection:
        found = [each async for each in audit.iterate_entries(connection, None, None)]
    return [each for each in found if "refus" in each.action]


def count_attempts(entries: list[Audit]) -> int:
    """Return how many refused attempts these entries stand for."""
    return sum(each.details.get("times", 1) for each in entries)


async def test_a_forged_button_of_every_kind_is_audited(town: Town) -> None:
    """The entry names no chat of somebody who is no officer."""
    await publish_forum(town)
    code = await town.resident("Ann").gives("Bí mật của ngõ 5.", area=NAMED)
    missing: list[str] = []
    for number, data in enumerate(FORGED):
        mallory = town.resident("Mallory")
        await mallory.says("/start")
        await mallory.presses_data(data.replace("=CODE", f"={code}"))
        refusals = await list_refusals(town)
        if len(refusals) != number + 1 - len(missing):
            missing.append(data)
        elif refusals:
            assert (refusals[-1].actor_role, refusals[-1].actor_id) == ("none", None)
            assert str(mallory.id) not in str(refusals[-1].details)
    assert missing == []


async def test_a_flood_of_forged_buttons_makes_two_entries_an_hour(town: Town) -> None:
    """All attempts are counted; those of an officer are named, with the cases that they tried."""
    code = await town.resident("Ann").gives("Bí mật của ngõ 5.", area=NAMED)
    mallory = town.resident("Mallory")
    foreign = await town.officer("Dung", unit="11413", role=Role.TRIAGE)
    for person in (mallory, foreign):
        await person.says("/start")
        for number in range(30):
            await person.presses_data(f"case:accept={code}")
            await person.presses_data(f"forum:approve=NO{number}")
    assert len(await list_refusals(town)) == 2
    town.advance(hours=1)
    await jobs.record_refusals(town.app.job_context)
    await jobs.record_refusals(town.app.job_context)
    refusals = await list_refusals(town)
    assert len(refusals) == 4
    assert count_attempts(refusals) == 120
    counted = {each.actor_role: each.details for each in refusals if "times" in each.details}
    assert counted[Role.TRIAGE]["attempts"][f"case.refused accept {code}"] == 29
    assert "attempts" not in counted["none"]
    await mallory.presses_data(f"case:accept={code}")
    assert len(await list_refusals(town)) == 5


async def test_the_author_who_looks_up_an_own_code_is_not_linked_to_it(town: Town) -> None:
    """/case and /search with codes, links and chat ids leave no chat id in the audit log."""
    ann = town.resident("Ann")
    code = await ann.gives("Bí mật của ngõ 5.", area=NAMED, identity="unnamed")
    for typed in (f"/case {code}", f"/case {ann.id}", f"/search {ann.id}", f"/forum {ann.id}"):
        await ann.says(typed)
    for data in (f"case:open={ann.id}", f"mine:show={ann.id}", f"forum:open={ann.id}", f"{ann.id}"):
        await ann.presses_data(data)
    town.advance(hours=1)
    await jobs.record_refusals(town.app.job_context)
    async with town.app.database.reading() as connection:
        entries = [each async for each in audit.iterate_entries(connection, None, None)]
    for each in entries:
        assert each.actor_id is None
        assert str(ann.id) not in f"{each.details}"


def get_notice(town: Town) -> str:
    """Return the text that answered the newest pressed button."""
    answers = town.simulator.gateway.journal.list_requests(method="answerCallbackQuery")
    return str(answers[-1].params.get("text", ""))


async def test_a_template_of_another_unit_is_kept_and_the_attempt_recorded(town: Town) -> None:
    """The button was answered with the own list, as if it had been a good one."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    foreign = await town.officer("Dung", unit="11413", role=Role.APPROVER)
    worker = await town.officer("Binh", unit=WARD)
    await leader.says("/templates")
    await leader.taps("templates.add")
    await leader.says("Chào")
    await leader.writes("Kính gửi ông/bà.")
    for number, officer in enumerate((foreign, worker), start=1):
        await officer.says("/templates")
        for data in ("templates:drop=1", "templates:drop=99", "templates:drop=x"):
            await officer.presses_data(data)
            assert get_notice(town) == load_texts("vi")["templates.not_yours"]
        refusals = await list_refusals(town)
        assert len(refusals) == number
        assert refusals[-1].details["verb"] == "templates:drop"
    await leader.says("/templates")
    assert "Kính gửi" in leader.sees
    await leader.taps("Xóa mẫu: Chào")
    assert "Kính gửi" not in leader.sees
