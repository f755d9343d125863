"""Kind 8: a ban silences a person: one officer decides it, and it refuses what must be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.privacy import data_requests
from storage import audit
from storage.models import Role, State
from tests.town.casework import (
    WARD,
    WARD_NAME,
    accept_case,
    answer_case,
    ban,
    choose_action,
    open_case,
    propose_ban,
)

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

OTHER_NAME = "Phường Gia Viên"
SPAM = "Bán đất nền giá rẻ."
# What a ban never refuses: kind, topic, text.
ALWAYS_TAKEN = {
    "crime report": ("crime_report", "theft", "Có người bán hàng cấm."),
    "denunciation": ("denunciation", "other", "Ông ấy nhận tiền."),
    "complaint": ("complaint", "other", "Quyết định xử phạt sai."),
    "conduct": ("report", "officer_attitude", "Cán bộ quát tháo."),
    "handling": ("question", "crime_report_handling", "Tin báo tháng trước chưa ai trả lời."),
    "danger": ("report", "theft", "Cướp!!! Cứu với, nó đang cầm dao"),
}


async def prepare(town: Town) -> tuple[Person, Person, Person, str]:
    """Return an officer and a leader of the ward, a resident, and the code of their spam."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    return officer, leader, ann, await ann.gives(SPAM, area=WARD_NAME)


async def is_refused(ann: Person, area: str = WARD_NAME, text: str = "Đèn hỏng.") -> bool:
    """Return True if a report to a ward is refused, before anything is asked after the area."""
    await ann.begins()
    await ann.says(text)
    await ann.reaches("feedback.area")
    await ann.says(area)
    await ann.taps(area)
    refused = ann.is_asked("feedback.banned")
    await ann.says("/cancel")
    return refused


async def test_one_officer_does_not_ban(town: Town) -> None:
    """A proposal changes nothing for the resident, and its officer cannot confirm it."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    second = await town.officer("Dũng", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives(SPAM, area=WARD_NAME)
    told = len(ann.heard)
    await propose_ban(leader, code)
    assert second.was_told("alert.ban")
    assert len(ann.heard) == told
    assert not await is_refused(ann)
    await open_case(leader, code)
    await leader.taps("case.more")
    assert not leader.is_offered("case.do.confirm_ban")
    await leader.presses_data(f"case:confirm_ban={code}")
    assert not await is_refused(ann)
    worker = await town.officer("Binh", unit=WARD)
    await worker.presses_data(f"case:confirm_ban={code}")
    assert not await is_refused(ann)
    await choose_action(second, code, "confirm_ban")
    assert ann.was_told("notice.confirm_ban")
    assert ann.has_heard("Gửi quảng cáo")
    assert await is_refused(ann)


async def test_a_refused_proposal_bans_nobody(town: Town) -> None:
    """The resident never hears of it, and another one may be proposed."""
    officer, leader, ann, code = await prepare(town)
    await propose_ban(officer, code)
    await choose_action(leader, code, "refuse_ban")
    assert not ann.was_told("notice.confirm_ban")
    assert not await is_refused(ann)
    await open_case(officer, code)
    await officer.taps("case.more")
    assert officer.is_offered("case.do.ban")


@pytest.mark.parametrize("what", list(ALWAYS_TAKEN))
@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_ban_never_refuses_what_must_be_taken(
    town: Town, what: str, *, everywhere: bool
) -> None:
    """Complaints about conduct, denunciations, crime reports and danger reach an officer."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    officer, _leader, ann, code = await prepare(town)
    await ban(officer, city, code, everywhere=everywhere)
    assert await is_refused(ann)
    kind, topic, text = ALWAYS_TAKEN[what]
    if what == "danger":
        taken = await ann.reports_danger(text)
    else:
        taken = await ann.gives(text, kind=kind, topic=topic, area=WARD_NAME)
    assert taken != code
    assert (await town.get_submission(taken)).state is State.ASSIGNED


@pytest.mark.parametrize("what", list(ALWAYS_TAKEN))
async def test_nobody_is_banned_for_what_must_be_taken(town: Town, what: str) -> None:
    """A complaint about an officer is no reason to silence who wrote it."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    kind, topic, text = ALWAYS_TAKEN[what]
    ann = town.resident("Ann")
    if what == "danger":
        code = await ann.reports_danger(text)
    else:
        code = await ann.gives(text, kind=kind, topic=topic, area=WARD_NAME)
    await open_case(city, code)
    await city.taps("case.more")
    assert not city.is_offered("case.do.ban")
    await city.presses_data(f"case:ban={code}")
    assert not city.was_told("ban.days.ask")


async def test_a_ban_is_of_one_unit_unless_the_city_decides(town: Town) -> None:
    """Another ward still takes what the person writes; a leader of the ward has no wider button."""
    officer, leader, ann, code = await prepare(town)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    await propose_ban(officer, code)
    await leader.presses_data(f"case:confirm_ban_everywhere={code}")
    assert not await is_refused(ann)
    await choose_action(leader, code, "confirm_ban")
    assert await is_refused(ann)
    assert not await is_refused(ann, OTHER_NAME)
    await choose_action(city, code, "unban")
    assert ann.was_told("notice.unban")
    assert not await is_refused(ann)
    await propose_ban(officer, code)
    await choose_action(city, code, "confirm_ban_everywhere")
    assert await is_refused(ann, OTHER_NAME)
    await leader.presses_data(f"case:unban={code}")
    assert await is_refused(ann, OTHER_NAME)


@pytest.mark.parametrize("decision", ["keep_ban", "unban"])
async def test_the_city_decides_an_appeal(town: Town, decision: str) -> None:
    """A button leads to the city, where somebody else than before keeps or lifts the ban."""
    officer, leader, ann, code = await prepare(town)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    await ban(officer, leader, code)
    await ann.taps("mine.ban_appeal", of=code)
    await ann.writes("Tôi chỉ gửi một lần, mong xem lại.")
    assert city.was_told("alert.ban_appealed")
    assert not leader.has_heard("mong xem lại")
    await open_case(leader, code)
    assert not leader.has_heard("mong xem lại")
    await leader.taps("case.more")
    assert not leader.is_offered("case.do.keep_ban")
    await leader.presses_data(f"case:keep_ban={code}")
    await ann.says(f"/mine {code}")
    assert not ann.is_offered("mine.ban_appeal")
    await open_case(city, code)
    assert city.has_heard("mong xem lại")
    await choose_action(city, code, decision)
    assert ann.was_told(f"notice.{decision}")
    assert await is_refused(ann) == (decision == "keep_ban")
    async with town.app.database.reading() as connection:
        entries = [each.action async for each in audit.iterate_entries(connection, None, None)]
    expected = ["case.ban", "case.confirm_ban", "submission.ban_appealed", f"case.{decision}"]
    assert [each for each in entries if each in expected] == expected


async def test_who_decided_a_ban_does_not_decide_its_appeal(town: Town) -> None:
    """The city confirmed it: another leader of the city keeps it, or anybody of them lifts it."""
    officer, _leader, ann, code = await prepare(town)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    second = await town.officer("Hạnh", role=Role.APPROVER)
    await ban(officer, city, code)
    await ann.taps("mine.ban_appeal", of=code)
    await ann.writes("Mong xem lại.")
    await open_case(city, code)
    await city.taps("case.more")
    assert not city.is_offered("case.do.keep_ban")
    assert city.is_offered("case.do.unban")
    await choose_action(second, code, "keep_ban")
    assert ann.was_told("notice.keep_ban")


async def test_nothing_written_is_lost_in_silence(town: Town) -> None:
    """A person is told before the first question, after the area, and if the ban came meanwhile."""
    officer, leader, ann, code = await prepare(town)
    await ann.begins()
    await ann.says("Đèn hỏng.")
    await ann.reaches("feedback.review", area=WARD_NAME)
    await ban(officer, leader, code)
    count = len(await town.export_submissions())
    await ann.taps("feedback.review.options.submit")
    assert ann.was_told("abuse.banned_at_end")
    assert len(await town.export_submissions()) == count
    await ann.says("/feedback")
    assert ann.is_told("abuse.banned")
    assert ann.is_asked("feedback.details")
    await ann.says("Đèn hỏng.")
    await ann.reaches("feedback.banned", area=WARD_NAME)
    assert code in ann.sees
    await ann.taps("feedback.banned.options.stop")
    assert ann.is_told("feedback.stopped.banned")
    assert len(await town.export_submissions()) == count


async def test_a_refused_text_can_be_sent_as_what_it_is(town: Town) -> None:
    """From the refusal the way leads back; as a crime report the same text is taken."""
    officer, leader, ann, code = await prepare(town)
    await ban(officer, leader, code)
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.banned", area=WARD_NAME)
    await ann.taps("feedback.banned.options.kind")
    await ann.taps("feedback.kind.options.crime_report")
    await ann.reaches("feedback.review", area=WARD_NAME)
    await ann.taps("feedback.review.options.submit")
    assert (await town.get_submission(ann.code)).text == "Đèn đường hỏng."


async def test_a_ban_ends_by_itself(town: Town) -> None:
    """After its days the person writes as before, and its case offers a new proposal."""
    officer, leader, ann, code = await prepare(town)
    await ban(officer, leader, code, days="1")
    town.advance(hours=23)
    assert await is_refused(ann)
    town.advance(hours=2)
    assert not await is_refused(ann)
    await open_case(officer, code)
    await officer.taps("case.more")
    assert officer.is_offered("case.do.ban")


async def test_an_erasure_does_not_end_a_ban(town: Town) -> None:
    """Its opinion is kept with a word until the ban is over, and so the appeal."""
    officer, leader, ann, code = await prepare(town)
    await accept_case(officer, code)
    await answer_case(officer, leader, code)
    await ban(officer, leader, code)
    await ann.says("/mydata")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    assert ann.is_told("mydata.reason.banned")
    assert await is_refused(ann)
    await ann.says(f"/mine {code}")
    assert ann.is_offered("mine.ban_appeal")


async def test_a_ban_is_not_confirmed_for_a_case_that_is_about_officers_now(town: Town) -> None:
    """Between the proposal and its confirmation the case was found to be about conduct."""
    officer, _leader, _ann, code = await prepare(town)
    city = await town.officer("Giang", role=Role.COORDINATOR)
    await propose_ban(officer, code)
    await choose_action(officer, code, "reclassify")
    await officer.taps("feedback.kind.options.report")
    await officer.taps("feedback.topic.options.officer_attitude")
    await open_case(city, code)
    await city.taps("case.more")
    for verb in ("confirm_ban", "confirm_ban_everywhere"):
        assert not city.is_offered(f"case.do.{verb}")
        version = (await town.get_submission(code)).version
        await city.presses_data(f"case:{verb}={code}")
        assert (await town.get_submission(code)).version == version
    assert city.is_offered("case.do.refuse_ban")


async def test_a_crime_report_is_not_renamed_to_ban_who_wrote_it(town: Town) -> None:
    """What the resident gave counts, not what an officer calls it afterwards."""
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Có người bán hàng cấm.", kind="crime_report", area=WARD_NAME)
    await choose_action(leader, code, "reclassify")
    await leader.taps("feedback.kind.options.comment")
    await leader.taps("feedback.topic.options.other")
    await open_case(leader, code)
    await leader.taps("case.more")
    assert not leader.is_offered("case.do.ban")
    await leader.presses_data(f"case:ban={code}")
    assert not leader.was_told("ban.days.ask")


async def test_the_copy_of_ones_data_has_the_ban(town: Town) -> None:
    """Its reason and its times; a proposal that nobody confirmed is not in it."""
    officer, leader, ann, code = await prepare(town)
    await propose_ban(officer, code)
    async with town.work() as work:
        assert "Gửi quảng cáo" not in (await data_requests.make_copy(work, ann.id)).decode()
    await choose_action(leader, code, "confirm_ban")
    async with town.work() as work:
        assert "Gửi quảng cáo" in (await data_requests.make_copy(work, ann.id)).decode()
