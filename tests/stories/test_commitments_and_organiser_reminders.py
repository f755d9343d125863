"""Commitments and reminders of organisers after a forum; messages of a stopped announcement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from bot.forums import announcements
from bot.runtime import jobs
from storage import attendance, audit, forums, outbox
from storage.models import (
    Commitment,
    ForumState,
    Outbox,
    OutboxState,
    Role,
    Submission,
    Subscription,
)
from storage.statements import table
from tests.town.casework import answer_case, choose_action
from tests.town.forums import change_forum, publish_forum, register_for_forum, skip_position

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

WARD = "11407"


async def remind_organisers(town: Town) -> None:
    """Run the hourly reminder of organisers twice, as two replicas would."""
    for _ in range(2):
        await jobs.remind_organisers(town.app.job_context)
        await town.settle()


async def test_the_report_is_asked_for_until_it_is_there(town: Town) -> None:
    """Once before it is due, then every working day; the city's coordinators are alerted too."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    city = await town.officer("Điều phối", role=Role.COORDINATOR)
    stranger = await town.officer("Nơi khác", unit="11413", role=Role.APPROVER)
    people = (organiser, city, stranger)
    forum = await publish_forum(town)
    due = datetime(2026, 12, 4, 10, tzinfo=UTC)  # a Friday
    await change_forum(town, forum, state=ForumState.REPORT_DUE, report_due_at=due)
    await remind_organisers(town)
    assert organiser.count_told("forum.alert.report_due") == 0
    town.now = due - timedelta(days=1)
    await remind_organisers(town)
    town.advance(hours=20)
    await remind_organisers(town)
    assert organiser.count_told("forum.alert.report_due") == 1
    assert not city.was_told("forum.alert.report_due")
    assert not city.was_told("forum.alert.report_overdue")
    for days in (0, 1, 2, 3):  # Friday evening, Saturday, Sunday, Monday
        town.now = due + timedelta(days=days, hours=1)
        await remind_organisers(town)
    assert [each.count_told("forum.alert.report_overdue") for each in people] == [2, 2, 0]
    assert not stranger.was_told("forum.alert.report_due")
    await change_forum(town, forum, state=ForumState.REPORTED)
    town.advance(days=1)
    await remind_organisers(town)
    assert organiser.count_told("forum.alert.report_overdue") == 2


async def make_commitment(leader: Person) -> str:
    """Make a commitment at a forum that is over; return the code of its case."""
    town = leader.town
    forum = await publish_forum(town)
    town.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    await change_forum(town, forum, state=ForumState.REPORT_DUE)
    await leader.presses_data("forum:open=DD7K2")
    await leader.taps("forum.do.promise")
    await leader.says("Lắp camera")
    await leader.says("Công an phường")
    await leader.says("04/12/2026")
    await leader.taps("forum_promise.review.options.submit")
    cases, commitments = table(Submission), table(Commitment)
    async with town.app.database.reading() as connection:
        case = (
            await connection.execute(
                select(cases).join_from(
                    cases, commitments, commitments.c.submission_id == cases.c.id
                )
            )
        ).one()
    assert (case.handled_by, case.forum, case.resident_id) == (WARD, None, None)
    assert case.due_at == datetime(2026, 12, 4, 10, tzinfo=UTC)
    assert "Lắp camera" in case.text
    return str(case.code)


async def test_a_commitment_is_a_case_and_is_reminded_of_until_it_is_kept(town: Town) -> None:
    """Once before its day, then every week, until its answer is approved."""
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    officer = await town.officer("Cán bộ", unit=WARD)
    code = await make_commitment(leader)
    await officer.taps("alert.open")
    await officer.taps("case.do.accept")
    for day in range(1, 20):  # of December
        town.now = max(town.now, datetime(2026, 12, day, 3, tzinfo=UTC))
        await remind_organisers(town)
    # Overdue from Saturday the 5th: in that week, the next and the one after it.
    assert leader.count_told("forum.alert.promise_due") == 1
    assert leader.count_told("forum.alert.promise_overdue") == 3
    await answer_case(officer, leader, code)
    town.advance(days=7)
    await remind_organisers(town)
    assert leader.count_told("forum.alert.promise_overdue") == 3
    await leader.presses_data("forum:open=DD7K2")
    assert "✓ Lắp camera" in leader.sees


async def test_a_merged_commitment_is_kept_when_the_main_case_is_answered(town: Town) -> None:
    """Reminders go on until the case into which it was merged is answered."""
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    officer = await town.officer("Cán bộ", unit=WARD)
    code = await town.resident("Ann").gives("Xin gắn máy quay ở cổng.", area="Phường An Biên")
    await choose_action(officer, code, "accept")
    await choose_action(officer, await make_commitment(leader), "merge")
    await officer.says(code)
    town.advance(days=2)
    await remind_organisers(town)
    assert leader.count_told("forum.alert.promise_due") == 1
    await answer_case(officer, leader, code)
    town.advance(days=7)
    await remind_organisers(town)
    assert leader.count_told("forum.alert.promise_overdue") == 0
    await leader.presses_data("forum:open=DD7K2")
    assert "✓ Lắp camera" in leader.sees


async def test_a_commitment_whose_case_was_rejected_is_not_reminded_of(town: Town) -> None:
    """The forum's page shows it as not kept."""
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    await choose_action(leader, await make_commitment(leader), "reject")
    await leader.writes("Không thuộc thẩm quyền")
    town.advance(days=9)
    await remind_organisers(town)
    assert not leader.was_told("forum.alert.promise_due")
    assert not leader.was_told("forum.alert.promise_overdue")
    await leader.presses_data("forum:open=DD7K2")
    assert "• Lắp camera" in leader.sees


async def test_the_organiser_is_reminded_of_a_forum_that_was_not_begun(town: Town) -> None:
    """Once. Actions of another unit's leader are refused and audited."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    await publish_forum(town)
    town.advance(days=10, hours=13)
    await remind_organisers(town)
    town.advance(days=1)
    await remind_organisers(town)
    assert organiser.count_told("forum.alert.not_begun") == 1
    stranger = await town.officer("Nơi khác", unit="11413", role=Role.APPROVER)
    for data in ("forum:cancel=DD7K2", "forum:open=DD7K2", "hall:next=DD7K2.0"):
        await stranger.presses_data(data)
        town.advance(hours=1)
    async with town.app.database.reading() as connection:
        entries = [each async for each in audit.iterate_entries(connection, None, None)]
    tried = [each.details["action"] for each in entries if each.action == "forum.refused"]
    assert tried == ["cancel", "open", "hall_next"]


async def test_a_forum_moves_to_another_hall_at_the_same_time(town: Town) -> None:
    """The organiser need not type the start again; attendees are told of the new hall once."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    await organiser.presses_data("forum:open=DD7K2")
    await organiser.taps("forum.do.reschedule")
    await organiser.taps("forum_reschedule.starts.options.same")
    await organiser.says("Nhà văn hóa phường")
    await skip_position(organiser)
    await organiser.says("hội trường đang sửa")
    await organiser.taps("forum_reschedule.review.options.submit")
    await leader.taps("forum.do.confirm")
    assert "Nhà văn hóa phường" in ann.sees
    assert ann.count_heard("Vì hội trường đang sửa") == 1
    async with town.app.database.reading() as connection:
        row = await attendance.get_forum(connection, forum)
    assert (row.start_version, row.state) == (2, ForumState.PUBLISHED)


async def test_a_larger_capacity_admits_the_waiting_list(town: Town) -> None:
    """The capacity can change after the announcement; a smaller one takes no place away."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    forum = await publish_forum(town, capacity=2)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    for person in (ann, bao):
        await register_for_forum(person, people=2)
    assert bao.was_told("attend.waiting")
    sizes = (("3", False, False), ("4", True, False), ("1", True, True))
    for count, (size, has_place, is_over) in enumerate(sizes, 1):
        await organiser.presses_data("forum:open=DD7K2")
        await organiser.taps("forum.do.capacity")
        await organiser.says(size)
        assert organiser.count_told("forum_capacity.done") == count
        assert organiser.is_told("forum.alert.over") is is_over  # it comes behind the answer
        assert bao.was_told("attend.moved_up") is has_place
    async with town.app.database.reading() as connection:
        assert await attendance.count_places_taken(connection, forum) == 4


async def test_a_message_in_flight_when_its_forum_is_cancelled_is_not_sent_again(
    town: Town,
) -> None:
    """If its sending fails, the message expires."""
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    await register_for_forum(ann)
    rows, database, policy = table(Outbox), town.app.database, town.app.policy
    async with town.work() as work:
        row = await attendance.get_forum(work.connection, forum)
        await announcements.announce_forum(work, row, "moved")
    await announcements.expand_announcements(database, town.now, policy=policy)
    async with database.transaction() as connection:
        sending = update(rows).where(rows.c.announcement_id.is_not(None))
        await connection.execute(sending.values(state=OutboxState.SENDING))
    async with database.transaction() as connection:
        await forums.cancel_announcements(connection, forum, town.now, kinds=["moved"])
    async with database.transaction() as connection:
        refused = update(rows).where(rows.c.state == OutboxState.SENDING)
        await connection.execute(refused.values(state=OutboxState.WAITING))
    await town.settle()
    assert not ann.was_told("announcement.moved")
    async with database.transaction() as connection:
        await outbox.sweep_outbox(connection, town.now)
        states = select(rows.c.state).where(rows.c.announcement_id.is_not(None))
        assert (await connection.execute(states)).scalars().all() == [OutboxState.EXPIRED]


async def test_a_muted_resident_is_told_only_of_forums_they_attend(town: Town) -> None:
    """Muting and hiding are respected; each person left out is counted once."""
    forum = await publish_forum(town)
    ann, bao, chi = (town.resident(name) for name in ("Ann", "Bao", "Chi"))
    await register_for_forum(ann)
    async with town.app.database.transaction() as connection:
        for person, areas in ((ann, (WARD, "31")), (bao, ("31", WARD)), (chi, (WARD,))):
            address = town.app.policy.pseudonyms.make_address(person.id, named=True)
            for area in areas:
                wish = {
                    "alias": address.pseudonym,
                    "sealed": address.encrypted_chat_id,
                    "language": "vi",
                    "subject": area,
                    "created_at": town.now,
                }
                await connection.execute(insert(table(Subscription)).values(**wish))
    for person in (ann, bao):
        await person.says("/settings")
        await person.taps("settings.mute.forums")
    await chi.says("/start forum_DD7K2")
    await chi.taps("forums.hide")
    async with town.work() as work:
        row = await attendance.get_forum(work.connection, forum)
        await announcements.announce_forum(work, row, "moved")
    await town.settle()
    told_of_it = [each.was_told("announcement.moved") for each in (ann, bao, chi)]
    assert told_of_it == [True, False, False]
    async with town.app.database.reading() as connection:
        (news,) = await forums.list_announcements(connection, forum)
    assert news.left_out == 2  # who comes is not left out


async def test_an_announcement_is_posted_in_the_channel(town: Town) -> None:
    """Once and without buttons; nothing is posted if no channel is set."""
    forum = await publish_forum(town)
    owner = town.resident("Chủ kênh")
    channel = town.simulator.state.add_chat("channel", "Tin diễn đàn", False, [owner.id])
    for policy in (town.app.policy, replace(town.app.policy, channel=channel.id)):
        for _ in range(2):
            async with town.work(policy=policy) as work:
                row = await attendance.get_forum(work.connection, forum)
                await announcements.announce_forum(work, row, "notice")
    await town.settle()
    (post,) = town.simulator.list_messages(channel.id)
    assert "Kính mời nhân dân" in post["text"]
    assert "reply_markup" not in post


async def test_an_outdated_announcement_is_not_posted_in_the_channel(town: Town) -> None:
    """If the forum is cancelled before its notice was posted, only the cancellation is posted."""
    forum = await publish_forum(town)
    owner = town.resident("Chủ kênh")
    channel = town.simulator.state.add_chat("channel", "Tin diễn đàn", False, [owner.id])
    policy = replace(town.app.policy, channel=channel.id)
    for kind in ("notice", "cancelled"):
        async with town.work(policy=policy) as work:
            row = await attendance.get_forum(work.connection, forum)
            await announcements.announce_forum(work, row, kind)
    await town.settle()
    (post,) = town.simulator.list_messages(channel.id)
    assert "Kính mời nhân dân" not in post["text"]
