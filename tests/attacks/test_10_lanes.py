"""Kind 10: a protected case is moved to people from whom it must be kept.

The lanes are conduct of officers, denunciations, and crime reports of unnamed residents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import ForumState, Role, State
from tests.stories.test_hall import submit_for_forum
from tests.town.casework import WARD, WARD_NAME, accept_case, check_deadlines, choose_action
from tests.town.forums import CODE, change_forum, publish_forum

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

# How a case of each lane is given: kind, topic, identity.
LANES = {
    "ordinary": {"kind": "report", "topic": "theft"},
    "named crime": {"kind": "crime_report", "topic": "theft"},
    "unnamed crime": {"kind": "crime_report", "topic": "theft", "identity": "unnamed"},
    "conduct": {"kind": "report", "topic": "officer_attitude"},
    "handling": {"kind": "question", "topic": "crime_report_handling"},
    "denunciation": {"kind": "denunciation", "topic": "other"},
}
PROTECTED = ("unnamed crime", "conduct", "handling", "denunciation")


async def give(person: Person, lane: str, text: str = "Chuyện ở ngõ 5.") -> str:
    """Submit an opinion of a lane about the ward; return its code."""
    return await person.gives(text, area=WARD_NAME, **LANES[lane])


async def merge(officer: Person, code: str, into: str) -> None:
    """Merge a case into another by its typed code."""
    await choose_action(officer, code, "merge")
    await officer.says(into)


async def reclassify(officer: Person, code: str, kind: str, topic: str) -> None:
    """Give a case another kind and topic."""
    await choose_action(officer, code, "reclassify")
    await officer.taps(f"feedback.kind.options.{kind}")
    await officer.taps(f"feedback.topic.options.{topic}")


@pytest.mark.parametrize("lane", PROTECTED)
async def test_a_merge_does_not_hand_a_protected_case_down(town: Town, lane: str) -> None:
    """Neither into a ward's case nor into one of the city that the ward may get."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    ward = await town.officer("Binh", unit=WARD)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    code, of_ward = await give(ann, lane), await give(bao, "ordinary")
    unrouted = await bao.gives("Chuyện ở ngõ 5.")
    told = len(ward.heard)
    for target in (of_ward, unrouted):
        await merge(city, code, target)
        assert city.is_told("case.not_mergeable")
        case = await town.get_submission(code)
        assert (case.merged_into, case.state is State.MERGED) == (None, False)
    assert len(ward.heard) == told
    assert not ann.was_told("notice.merge")
    assert not bao.was_told("notice.joined")


@pytest.mark.parametrize("lane", PROTECTED)
async def test_a_merge_does_not_draw_an_ordinary_case_into_a_lane(town: Town, lane: str) -> None:
    """Its reporter would get the answer to a protected case."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    code, protected = await give(ann, "ordinary"), await give(bao, lane)
    await merge(city, code, protected)
    assert city.is_told("case.not_mergeable")
    assert (await town.get_submission(code)).merged_into is None


async def test_cases_of_one_lane_are_merged(town: Town) -> None:
    """Two opinions about the same conduct are answered together, by the city."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    code = await give(town.resident("Ann"), "conduct")
    main = await give(town.resident("Bao"), "conduct")
    await merge(city, code, main)
    assert (await town.get_submission(code)).state is State.MERGED


async def test_a_complaint_is_not_merged_into_a_case_of_a_ward(town: Town) -> None:
    """The law and the topic keep it with the city; so the case that answers it stays there too."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    await town.officer("Binh", unit=WARD)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    code = await ann.gives("Quyết định xử phạt sai.", kind="complaint", area=WARD_NAME)
    of_ward = await give(bao, "ordinary")
    await merge(city, code, of_ward)
    assert city.is_told("case.not_mergeable")
    main = await bao.gives("Quyết định xử phạt sai.", kind="complaint", area=WARD_NAME)
    await merge(city, code, main)
    assert (await town.get_submission(code)).state is State.MERGED
    await reclassify(city, main, "report", "other")
    await choose_action(city, main, "route")
    await city.says("an bien")
    await city.taps("Phường An Biên")
    assert city.is_told("case.keeps_merged")
    assert (await town.get_submission(main)).handled_by == "31"


@pytest.mark.parametrize("lane", ["conduct", "handling", "denunciation"])
async def test_a_case_is_not_reclassified_and_then_sent_down(town: Town, lane: str) -> None:
    """What was about officers once never leaves the city, whatever it is called later."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    ward = await town.officer("Binh", unit=WARD)
    code = await give(town.resident("Ann"), lane, "Cán bộ quát tháo.")
    await reclassify(city, code, "report", "theft")
    await city.says(f"/case {code}")
    assert not city.is_offered("case.do.route")
    await city.presses_data(f"case:route={code}")
    assert not city.was_told("route.area.ask")
    case = await town.get_submission(code)
    assert (case.kind, case.handled_by) == ("report", "31")
    of_ward = await give(town.resident("Bao"), "ordinary")
    await merge(city, code, of_ward)
    assert city.is_told("case.not_mergeable")
    assert not ward.has_heard(code)
    await ward.says("/search quát tháo")
    assert ward.is_told("cases.none")


async def test_a_reclassified_denunciation_stays_restricted(town: Town) -> None:
    """Officers of the city who could not read it before cannot read it afterwards."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    code = await give(town.resident("Ann"), "denunciation", "Ông ấy nhận tiền.")
    await accept_case(city, code)
    curious = await town.officer("Binh")
    await reclassify(city, code, "question", "legal_info")
    await curious.says(f"/case {code}")
    assert curious.is_told("case.refused")
    for words in ("/search nhận tiền", "/cases"):
        await curious.says(words)
        assert not curious.has_heard(code)
    await city.says(f"/case {code}")
    assert city.has_heard("Ông ấy nhận tiền.")


@pytest.mark.parametrize("lane", PROTECTED)
async def test_a_protected_case_is_not_named_in_a_group(town: Town, lane: str) -> None:
    """Nobody knows who sits in a linked group; neither the alert nor an escalation goes there."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    ward = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    stranger = town.resident("Bao")
    of_city, of_ward = town.group("TP", city, stranger), town.group("An Biên", ward, stranger)
    await city.says_in(of_city, "/baotaiday")
    await ward.says_in(of_ward, "/baotaiday")
    before = len(of_city.messages), len(of_ward.messages)
    code = await give(town.resident("Ann"), lane)
    alerted = ward if lane == "unnamed crime" else city
    assert alerted.has_heard(code)
    town.advance(days=3)
    await choose_action(alerted, code, "assign")
    await alerted.taps(next(label for label in alerted.buttons if alerted.name in label))
    assert (len(of_city.messages), len(of_ward.messages)) == before
    plain = await give(town.resident("Chi"), "named crime")
    assert plain in of_ward.messages[-1]["text"]


async def test_what_a_case_has_become_is_not_told_to_those_it_is_kept_from(town: Town) -> None:
    """The earlier alerts of a ward say only that the case is elsewhere."""
    await town.officer("Giang", role=Role.COORDINATOR)
    ward = await town.officer("Binh", unit=WARD)
    group = town.group("An Biên", ward)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    await leader.says_in(group, "/baotaiday")
    code = await give(town.resident("Ann"), "ordinary")
    await reclassify(ward, code, "denunciation", "officer_attitude")
    assert (await town.get_submission(code)).handled_by == "31"
    for messages in (group.messages, ward.messages, leader.messages):
        shown = [m.get("text", "") for m in messages if m["from"]["is_bot"]]
        told = [text for text in shown if code in text]
        assert not any("Tố cáo" in text or "Thái độ" in text for text in told), told
    assert any("đơn vị khác" in message["text"] for message in group.messages)


async def test_a_substitute_is_not_told_of_what_they_may_not_read(town: Town) -> None:
    """An officer who was excluded gets no message about the case as the substitute either."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    other = await town.officer("Lan", role=Role.APPROVER)
    await other.says("/duty off")
    substitute = await town.officer("Dung")
    ann = town.resident("Ann")
    code = await give(ann, "denunciation")
    await accept_case(city, code)
    await city.says("/away")
    await city.taps("away.days.options.30")
    await city.taps("Dung")
    await ann.says(f"/mine {code}")
    await ann.taps("mine.addition")
    await ann.says("Thêm: lúc 8 giờ.")
    await ann.taps("addition.details.options.done")
    assert other.was_told("alert.added")
    town.now = (await town.get_submission(code)).due_at
    await check_deadlines(town)
    assert not substitute.has_heard(code)
    assert other.was_told("alert.due_soon") or other.was_told("alert.overdue")


async def test_a_city_organiser_does_not_read_what_is_about_officers(town: Town) -> None:
    """An organiser sees opinions for the forum, but none that only the city's officers read."""
    organiser = await town.officer("Tổ chức", role=Role.ORGANISER)
    await town.officer("Điều phối", role=Role.COORDINATOR)
    await publish_forum(town)
    ann = town.resident("Ann")
    plain = await submit_for_forum(ann, "Vỉa hè hỏng", topic="pavement_order")
    conduct = await submit_for_forum(ann, "Cán bộ nói năng khó nghe", topic="officer_attitude")
    await organiser.presses_data(f"forum:opinions={CODE}")
    assert plain in organiser.sees
    assert conduct not in organiser.sees
    assert not organiser.has_heard("khó nghe")


async def test_one_person_does_not_send_a_conduct_complaint_away(town: Town) -> None:
    """Only a leader may end it without an answer; triage may not."""
    triage = await town.officer("Giang", role=Role.TRIAGE)
    code = await give(town.resident("Ann"), "conduct")
    await triage.says(f"/case {code}")
    await triage.taps("case.more")
    assert not triage.is_offered("case.do.divert")
    await triage.presses_data(f"case:divert={code}")
    assert not triage.was_told("divert.place.ask")


async def test_one_officer_does_not_pass_a_conduct_complaint_to_an_agency(town: Town) -> None:
    """Its name is typed, so it may be the very unit; only a leader transfers such a case."""
    officer = await town.officer("Minh")
    code = await give(town.resident("Ann"), "conduct")
    await accept_case(officer, code)
    assert not officer.is_offered("case.do.transfer")
    await officer.presses_data(f"case:transfer={code}")
    assert not officer.was_told("transfer.body.ask")


@pytest.mark.parametrize("lane", ["conduct", "handling", "denunciation"])
async def test_a_protected_case_is_not_presented_in_a_hall(town: Town, lane: str) -> None:
    """A leader reads it, but the session neither shows it nor takes an answer to it."""
    leader = await town.officer("Giang", role=Role.COORDINATOR)
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    code = await submit_for_forum(ann, "Chuyện ở ngõ 5", **LANES[lane])
    await change_forum(town, forum, state=ForumState.LIVE)
    case = await town.get_submission(code)
    await leader.presses_data(f"hall:next={CODE}.0")
    assert leader.is_told("hall.none")
    for verb in ("answer", "left"):
        await leader.presses_data(f"hall:{verb}={CODE}.{case.id}")
    assert not leader.was_told("hall_answer.text.ask")
    assert (await town.get_submission(code)).version == case.version
