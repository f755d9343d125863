"""Opinions in the hall: which opinions each planner of a forum reads, in the list and live."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.conversation.consent import NOTICE_VERSION
from bot.core.requests import Chat
from bot.feedback import intake_service as feedback
from bot.reports.export import FORUM_COLUMNS, iterate_forum_records
from storage import attendance, audit
from storage.models import ForumState, Hearing, HearingOutcome, Role, State, Submission
from storage.statements import fetch_all, table
from tests.town.casework import propose_answer
from tests.town.forums import (
    CODE,
    WARD,
    change_forum,
    list_registrations,
    publish_forum,
    register_for_forum,
)

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


async def submit_for_forum(
    person: Person, text: str, *, kind: str = "report", topic: str = "other"
) -> str:
    """Store an opinion of a resident for the forum, without the conversation; return its code."""
    await person.says(f"/start forum_{CODE}")
    town, chat, rows = person.town, Chat(person.id, "vi"), table(Submission)
    answers = {
        "kind": kind,
        "topic": [topic],
        "area": WARD,
        "identity": "channel",
        "@forum": CODE,
        "details": [{"id": 1, "text": text, "file": None}],
    }
    async with town.work() as work:
        await feedback.record_consent(work, chat, {"consent": NOTICE_VERSION})
        await feedback.receive_submission(work, chat, answers)
        newest = select(rows.c.code).order_by(rows.c.id.desc()).limit(1)
        code = str((await work.connection.execute(newest)).scalar_one())
    await town.settle()
    return code


async def test_a_planner_reads_only_permitted_opinions(town: Town) -> None:
    """An organiser reads nothing about their own unit's officers, no denunciation, nothing
    withdrawn.
    """
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    above = await town.officer("Điều phối", role=Role.COORDINATOR)
    await publish_forum(town)
    ann = town.resident("Ann")
    open_to_all = await submit_for_forum(
        ann, "Xe đỗ kín vỉa hè phố Cát Cụt", topic="pavement_order"
    )
    about_them = await submit_for_forum(
        ann, "Cán bộ trực ban nói năng khó nghe", topic="officer_attitude"
    )
    formal = await submit_for_forum(
        ann, "Tố cáo việc nhận tiền", kind="denunciation", topic="other"
    )
    crime = await submit_for_forum(ann, "Có người bán ma túy", kind="crime_report", topic="drugs")
    taken_back = await submit_for_forum(ann, "Đèn đường hỏng", topic="other")
    await ann.says(f"/mine {taken_back}")
    await ann.taps("mine.withdraw")
    await ann.taps("mine.withdraw")
    for person, reads in (
        (organiser, {open_to_all}),
        (above, {open_to_all, about_them, formal, crime}),
    ):
        await person.presses_data(f"forum:opinions={CODE}")
        everything = {open_to_all, about_them, formal, crime, taken_back}
        assert {code for code in everything if code in person.sees} == reads
    assert not organiser.has_heard("khó nghe")


async def list_hearings(town: Town) -> list[Hearing]:
    """Return the opinions that came up in the hall and their outcomes, oldest first."""
    rows = table(Hearing)
    async with town.app.database.reading() as connection:
        return list(await fetch_all(connection, Hearing, select(rows).order_by(rows.c.id)))


async def prepare_forum(town: Town) -> tuple[Person, Person, int]:
    """Publish a forum of the ward; return its organiser, a leader of the ward, and its id."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    return organiser, leader, await publish_forum(town)


async def test_opinions_are_shown_one_after_another(town: Town) -> None:
    """One is answered on the spot and approved, one is left to its unit; a postponed one comes up
    again.
    """
    organiser, leader, forum = await prepare_forum(town)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    lights = await submit_for_forum(
        ann, "Đèn tín hiệu giao thông ở ngã tư hỏng", topic="traffic_safety"
    )
    pavement = await submit_for_forum(bao, "Xe đỗ kín vỉa hè, trật tự kém", topic="pavement_order")
    await organiser.presses_data(f"hall:next={CODE}.0")
    assert lights not in organiser.sees  # it has not begun
    await change_forum(town, forum, state=ForumState.LIVE)
    await organiser.presses_data(f"forum:open={CODE}")
    await organiser.taps("hall.begin")
    assert lights in organiser.sees
    assert "An toàn giao thông" in organiser.sees
    await organiser.taps("hall.next")
    assert pavement in organiser.sees
    await organiser.taps("hall.next")
    assert lights in organiser.sees  # those that were put off come again
    await organiser.taps("hall.answer")
    await organiser.writes("Đã thay bóng đèn sáng nay.")
    await organiser.taps("hall_answer.measure.options.skip")
    await organiser.says("trước ngày 15/12/2026")
    assert not ann.has_heard("thay bóng đèn")
    assert (await town.get_submission(lights)).state is State.ANSWER_PROPOSED
    await leader.taps("alert.open", of="chờ duyệt")
    await leader.taps("case.do.approve")
    assert "Đã thay bóng đèn sáng nay." in ann.heard[-1]
    await organiser.taps("hall.next")
    await organiser.taps("hall.left")
    assert bao.is_told("hall.told")
    assert organiser.is_told("hall.none")
    assert "Trả lời tại chỗ 1, giao đơn vị 1, còn lại 0" in organiser.sees
    await organiser.taps("hall.page")
    assert "nhận 2, trả lời tại chỗ 1, giao đơn vị 1, chuyển cơ quan khác 0" in organiser.sees
    assert [row.outcome for row in await list_hearings(town)] == [
        HearingOutcome.ANSWERED,
        HearingOutcome.LEFT,
    ]
    await bao.says(f"/mine {pavement}")
    assert bao.is_told("mine.events.forum.opinion_left")  # what they were told of, they can look up
    async with town.app.database.reading() as connection:
        (record,) = [each async for each in iterate_forum_records(connection, None, None)]
        later = [
            each
            async for each in iterate_forum_records(connection, town.now + timedelta(days=30), None)
        ]
    assert record["hall"] == {"answered": 1, "left": 1, "transferred": 0}
    assert set(record) == set(FORUM_COLUMNS)
    assert "thay bóng đèn" not in str(record)
    assert later == []
    for verb in ("answer", "left"):
        await organiser.presses_data(
            f"hall:{verb}={CODE}.{(await town.get_submission(pavement)).id}"
        )
    await organiser.says("/cancel")
    assert organiser.is_told("draft.none")  # what came up does not come up again
    assert (await town.get_submission(pavement)).state in {State.RECEIVED, State.ASSIGNED}
    assert len(await list_hearings(town)) == 2


async def test_an_answer_in_the_hall_is_a_proposed_answer(town: Town) -> None:
    """The audit log has it like every other proposal, with its change."""
    organiser, _leader, forum = await prepare_forum(town)
    code = await submit_for_forum(town.resident("Ann"), "Đèn tín hiệu giao thông hỏng")
    await change_forum(town, forum, state=ForumState.LIVE)
    await organiser.presses_data(f"hall:next={CODE}.0")
    await organiser.taps("hall.answer")
    await organiser.writes("Đã thay bóng đèn sáng nay.")
    await organiser.taps("hall_answer.measure.options.skip")
    await organiser.taps("hall_answer.deadline.options.skip")
    case = await town.get_submission(code)
    async with town.app.database.reading() as connection:
        (entry,) = await audit.list_timeline(connection, case.id, ["case.propose"])
    assert entry.actor_role == Role.ORGANISER
    assert entry.details["to"] == {"state": "answer_proposed"}


async def test_only_permitted_opinions_are_shown_in_the_hall(town: Town) -> None:
    """Forged buttons show nothing about the unit's own officers; another unit's organiser has no
    hall.
    """
    organiser, _leader, forum = await prepare_forum(town)
    stranger = await town.officer("Nơi khác", unit="11413", role=Role.ORGANISER)
    ann = town.resident("Ann")
    code = await submit_for_forum(
        ann, "Cán bộ trực ban nói năng khó nghe", topic="officer_attitude"
    )
    plain = await submit_for_forum(ann, "Vỉa hè hỏng", topic="pavement_order")
    await change_forum(town, forum, state=ForumState.LIVE)
    case, other = await town.get_submission(code), await town.get_submission(plain)
    for person, numbers in ((organiser, [case.id]), (stranger, [case.id, other.id])):
        for number in numbers:
            for verb in ("answer", "left", "qr", "spoken"):
                await person.presses_data(f"hall:{verb}={CODE}.{number}")
            await person.says("/cancel")
        await person.presses_data(f"hall:next={CODE}.0")
        assert code not in person.sees
        assert not person.has_heard("khó nghe")
    assert plain in organiser.sees
    assert plain not in stranger.sees
    assert await list_hearings(town) == []
    assert (await town.get_submission(code)).version == case.version


async def test_an_oral_opinion_is_received_and_can_be_claimed_once(town: Town) -> None:
    """It gets a code, a due date and an officer; it belongs to the first person who claims it by
    its QR code.
    """
    organiser, leader, forum = await prepare_forum(town)
    officer = await town.officer("Trực ban", unit=WARD)
    await change_forum(town, forum, state=ForumState.LIVE)
    await organiser.presses_data(f"forum:open={CODE}")
    await organiser.taps("hall.spoken")
    await organiser.taps("feedback.kind.options.proposal")
    await organiser.writes("Đề nghị tăng tuần tra chống trộm cắp ở ngõ 5")
    assert "Tuần tra" in organiser.sees
    await organiser.taps("hall_spoken.review.options.submit")
    assert organiser.was_told("hall.entered")
    (row,) = await list_hearings(town)
    assert row.claim is not None
    (record,) = await town.export_submissions()
    assert (record["forum"], record["kind"], record["state"]) == (CODE, "proposal", "assigned")
    assert record["code"] in officer.sees
    await officer.says(f"/case {record['code']}")
    await officer.taps("case.do.accept")
    assert not officer.is_offered("case.do.ask")
    await organiser.taps("hall.qr")
    ann, bao = town.resident("Ann"), town.resident("Bao")
    for person in (ann, bao):
        await person.says(f"/start claim_{row.claim}")
        await person.taps("feedback.consent.options.agree")
    await bao.taps("claim.mine.options.no")
    await bao.says(f"/start claim_{row.claim}")
    await ann.taps("claim.mine.options.yes")
    await bao.taps("claim.mine.options.yes")
    assert ann.code == record["code"]
    assert bao.is_told("claim.gone")
    assert not bao.was_told("receipt.text")
    await bao.says(f"/start claim_{row.claim}")
    assert bao.is_told("claim.gone")
    await ann.says(f"/mine {record['code']}")
    assert record["code"] in ann.sees
    await officer.says(f"/case {record['code']}")
    assert officer.is_offered("case.do.ask")
    await propose_answer(officer, ("Đã bố trí tổ tuần tra.", "Tuần tra đêm", "từ tuần này"))
    await leader.taps("alert.open", of="chờ duyệt")
    await leader.taps("case.do.approve")
    assert "Đã bố trí tổ tuần tra." in ann.heard[-1]


async def test_the_head_of_a_neighbourhood_enters_oral_opinions(town: Town) -> None:
    """Only after check-in and while the forum is live; nobody else who attends can, and nothing
    else of the hall is shown.
    """
    _organiser, _leader, forum = await prepare_forum(town)
    head, guest = town.resident("Tổ trưởng"), town.resident("Khách")
    await register_for_forum(head, category="neighbourhood_head")
    await register_for_forum(guest)
    await change_forum(town, forum, state=ForumState.LIVE)
    await head.presses_data(f"hall:spoken={CODE}")
    assert not head.is_told("hall_spoken.kind.ask")  # not let in yet
    async with town.app.database.transaction() as connection:
        for ticket in await list_registrations(town):
            assert await attendance.check_in(connection, ticket.token, town.now)
    for person, way in ((guest, "spoken"), (guest, "next"), (head, "next")):
        await person.presses_data(f"hall:{way}={CODE}")
        assert not person.was_told("hall_spoken.kind.ask")
        assert not person.was_told("hall.numbers")
    await head.says(f"/start forum_{CODE}")
    await head.taps("hall.relay")
    await head.taps("feedback.kind.options.question")
    await head.writes("Cụ Lan hỏi khi nào có đèn ở ngõ 5")
    await head.taps("hall_spoken.review.options.submit")
    assert head.was_told("hall.entered")
    (row,) = await list_hearings(town)
    assert row.officer_id is None
    await head.taps("hall.qr")
    await guest.says(f"/start claim_{row.claim}")
    await guest.taps("claim.mine.options.yes")
    (record,) = await town.export_submissions()
    assert guest.code == record["code"]
    await head.taps("hall.qr")
    assert len([m for m in head.messages if "photo" in m]) == 1  # it is somebody's now
    await change_forum(town, forum, state=ForumState.REPORT_DUE)
    await head.taps("hall.spoken")
    await head.says("/cancel")
    assert head.is_told("draft.none")
