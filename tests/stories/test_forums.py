"""A forum from its plan to its report: approval, announcement, rescheduling, results."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from bot.forums import announcements
from storage import forums, outbox
from storage.models import Forum, ForumState, Outbox, Role, Subscription
from storage.statements import fetch_all, table
from tests.town.forums import CODE, publish_forum, subscribe, subscribe_many

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

WARD, NAMED = "11407", "Phường An Biên"


async def plan_forum(
    organiser: Person, starts: str = "20/12/2026 14:00", capacity: str = "2"
) -> None:
    """Answer the questions of a new forum up to the review page."""
    await organiser.says("/newforum")
    await organiser.taps("newforum.title.options.usual")
    await organiser.taps(NAMED)
    await organiser.says("Hội trường phường, 10 phố Cát Cụt")
    await organiser.does("location", 20.85, 106.68)
    await organiser.says(starts)
    await organiser.says(capacity)
    await organiser.says("Phó Giám đốc Công an thành phố")
    await organiser.writes("Trật tự an toàn giao thông\n- Trộm cắp tài sản")
    assert "Trộm cắp, cướp giật" in organiser.sees
    await organiser.taps("feedback.topic.options.right")
    await organiser.writes("Mặt trận Tổ quốc phường")
    await organiser.taps("newforum.until.options.1")


async def plan_and_approve(organiser: Person, approver: Person) -> None:
    """Plan a forum as the organiser, and approve it as another officer."""
    await plan_forum(organiser)
    await organiser.taps("newforum.review.options.submit")
    await approver.taps("forum.open")
    await approver.taps("forum.do.approve")


async def open_subscriptions(person: Person) -> None:
    """Show the page of a person's subscriptions."""
    await person.says("/settings")
    await person.taps("settings.forums")


async def get_forum(town: Town) -> Forum:
    """Return the only forum."""
    async with town.app.database.reading() as connection:
        (found,) = await fetch_all(connection, Forum, select(table(Forum)))
    return found


async def test_a_forum_from_its_plan_to_its_results(town: Town) -> None:
    """An organiser, an approver and three residents; the next forum opens with the commitments."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    approver = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    ann, bao, chi = (town.resident(name) for name in ("Ann", "Bao", "Chi"))
    for person in (ann, bao):
        await person.says("/start")
        await subscribe(town, person.id, WARD)
    await plan_forum(organiser)
    assert "Hội trường phường, 10 phố Cát Cụt" in organiser.sees
    assert "14 giờ 00, ngày 20/12/2026" in organiser.sees
    await organiser.taps("newforum.review.options.submit")
    assert not ann.was_told("announcement.notice")
    code = (await get_forum(town)).code
    await organiser.says("/forum")
    await organiser.taps(next(label for label in organiser.buttons if "20/12/2026" in label))
    assert not organiser.is_offered("forum.do.approve")
    await approver.taps("forum.open")
    await approver.taps("forum.do.approve")
    assert organiser.was_told("forum.alert.approve")
    for person in (ann, bao):
        assert person.is_told("announcement.notice")
    assert not chi.was_told("announcement.notice")
    await approver.taps("forum.refresh")
    assert "đã gửi 2, đang chờ 0" in approver.sees

    await ann.taps("forums.attend")
    await ann.taps("feedback.consent.options.agree")
    await ann.taps("attend.people.options.2")
    await ann.taps("attend.category.options.resident")
    assert ann.was_told("attend.registered")
    await chi.says(f"/start forum_{code}")
    await chi.taps("forums.opinion")
    await chi.taps("feedback.consent.options.agree")
    await chi.says("Đề nghị tăng tuần tra ban đêm ở ngõ 5")
    code_of_chi = await chi.finishes(kind="proposal", area=NAMED)

    await organiser.taps("forum.open")
    await organiser.taps("forum.do.reschedule")
    await organiser.says("27/12/2026 8h30")
    await organiser.taps("forum_reschedule.venue.options.same")
    await organiser.says("mưa bão")
    assert "Thời gian: 08 giờ 30, ngày 27/12/2026 (Chủ nhật)" in organiser.sees
    assert "Vì mưa bão" not in ann.heard[-1]
    await organiser.taps("forum_reschedule.review.options.submit")
    await approver.taps("forum.do.confirm")
    for person in (ann, bao):
        assert "Vì mưa bão" in person.heard[-1]
        assert "08 giờ 30, ngày 27/12/2026" in person.heard[-1]
    forum = await get_forum(town)
    assert (forum.start_version, forum.state) == (2, ForumState.PUBLISHED)

    await organiser.taps("forum.open")
    assert not organiser.is_offered("forum.do.begin")
    await organiser.taps("forum.opinions")
    assert "tuần tra" in organiser.sees
    assert code_of_chi in organiser.sees
    town.now = forum.starts_at
    await organiser.taps("forum.open")
    await organiser.taps("forum.do.begin")
    await organiser.taps("forum.yes.begin")
    await organiser.taps("forum.do.promise")
    await organiser.says("Lắp camera ở cổng trường")
    await organiser.says("Công an phường")
    await organiser.says("31/01/2027 17:00")
    assert "ngày 31/01/2027 (Chủ nhật)" in organiser.sees
    await organiser.taps("forum_promise.review.options.submit")
    await organiser.taps("forum.open")
    await organiser.taps("forum.do.end")
    await organiser.taps("forum.yes.end")
    await organiser.taps("forum.do.report")
    await organiser.writes("Tiếp nhận 12 ý kiến, trả lời tại chỗ 9.")
    await organiser.taps("forum_report.review.options.submit")
    await approver.taps("forum.do.confirm")
    for person in (ann, chi):
        assert "Tiếp nhận 12 ý kiến" in person.heard[-1]
    assert "Tiếp nhận" not in bao.heard[-1]
    await bao.says(f"/start forum_{code}")
    assert "Lắp camera ở cổng trường" in bao.sees

    await plan_forum(organiser, "20/03/2027 14:00")
    await organiser.taps("newforum.review.options.submit")
    await approver.taps("forum.open")
    assert approver.is_told("forum.before")
    assert "Lắp camera ở cổng trường" in approver.sees


async def test_a_forum_is_approved_by_somebody_who_did_not_plan_or_edit_it(town: Town) -> None:
    """This holds for leaders too; another unit's leader does not even see it."""
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    other = await town.officer("Phó chỉ huy", unit=WARD, role=Role.APPROVER)
    stranger = await town.officer("Nơi khác", unit="11413", role=Role.APPROVER)
    await plan_forum(leader)
    await leader.taps("newforum.review.options.submit")
    code = (await get_forum(town)).code
    for person, move in ((leader, "approve"), (stranger, "approve"), (stranger, "open")):
        await person.presses_data(f"forum:{move}={code}")
        assert (await get_forum(town)).state is ForumState.SUBMITTED
    assert not stranger.has_heard("Cát Cụt")
    await other.taps("forum.open")
    await other.taps("forum.do.send_back")
    await other.says("Sai sức chứa")
    assert "Sai sức chứa" in leader.sees
    await other.says("/forum")
    await other.taps(next(label for label in other.buttons if "20/12/2026" in label))
    await other.taps("forum.do.edit")
    assert "Hội trường phường" in other.sees
    await other.taps("newforum.review.options.submit")
    await other.taps("forum.open", of="Diễn đàn")
    assert not other.is_offered("forum.do.approve")
    await leader.taps("forum.open")
    await leader.taps("forum.do.approve")
    assert (await get_forum(town)).state is ForumState.PUBLISHED


async def test_a_subscription_to_a_topic_covers_every_area(town: Town) -> None:
    """A person who also subscribed to the area is told once; after unsubscribing, not at all."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    approver = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    people = [town.resident(name) for name in ("Ann", "Bao", "Chi", "Dan")]
    ann, bao, chi, _dan = people
    for person, topic in zip(people, ("theft", "drugs", "theft", "theft"), strict=True):
        await open_subscriptions(person)
        await person.taps("subscription.topic")
        await person.taps(f"feedback.topic.options.{topic}")
        await person.taps("feedback.consent.options.agree")
        assert person.is_told("subscription.done")
    await subscribe(town, ann.id, WARD)
    await open_subscriptions(chi)
    await chi.taps("Thôi nhận: Trộm cắp, cướp giật")
    assert chi.is_told("subscription.none")
    await plan_and_approve(organiser, approver)
    counts = [person.count_told("announcement.notice") for person in people]
    assert counts == [1, 0, 0, 1]
    assert (await get_forum(town)).topics == ["traffic_safety", "theft"]
    await open_subscriptions(bao)
    await bao.taps("subscription.topic")
    assert not bao.is_offered("feedback.topic.options.drugs")
    assert bao.is_offered("subscription.back")


async def test_a_forum_for_the_city_is_for_every_area_and_its_own_topics(town: Town) -> None:
    """A subscriber of another topic is not a recipient; each recipient is listed once."""
    subscriptions = [
        (1, "11413"),
        (2, "31"),
        (3, "theft"),
        (4, "drugs"),
        (5, "drugs"),
        (5, "11413"),
    ]
    async with town.app.database.transaction() as connection:
        rows = [
            {
                "alias": alias,
                "sealed": "",
                "language": "vi",
                "subject": subject,
                "created_at": town.now,
            }
            for alias, subject in subscriptions
        ]
        await connection.execute(insert(table(Subscription)), rows)
        found = {
            area: [each.alias for each in await forums.list_recipients(connection, source, 0, 99)]
            for area in ("31", "11413", WARD)
            for source in (forums.select_subscribers(area, "31", ["theft"]),)
        }
    assert found == {"31": [1, 2, 3, 5], "11413": [1, 2, 3, 5], WARD: [2, 3]}


async def test_an_invalid_plan_is_asked_again(town: Town) -> None:
    """A past or unreadable start, a capacity in words. A resident cannot plan a forum."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    await organiser.says("/newforum")
    await organiser.taps("newforum.title.options.usual")
    await organiser.taps("newforum.area.options.skip")
    await organiser.says("Hội trường")
    await organiser.says("Không kèm bản đồ")
    for typed, reason in (
        ("chủ nhật tới", "not-a-moment"),
        ("20/11/2026 14:00", "past"),
        ("31/02/2027 9:00", "not-a-moment"),
    ):
        await organiser.says(typed)
        assert organiser.is_told(f"newforum.starts.rejected.{reason}")
    await organiser.says("14 giờ 30 ngày 2/1")
    await organiser.says("nhiều")
    assert organiser.is_told("newforum.capacity.rejected.not-a-number")
    ann = town.resident("Ann")
    for command in ("/newforum", "/forum"):
        await ann.says(command)
        assert ann.is_told("errors.unknown_command")


async def test_an_interrupted_expansion_continues_where_it_stopped(
    town: Town, monkeypatch: object
) -> None:
    """Each recipient gets one message, also one who is found by two subscriptions."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    await subscribe_many(town, 40)
    monkeypatch.setattr(announcements, "_CHUNK", 7)  # type: ignore[attr-defined]
    database, policy = town.app.database, town.app.policy
    await plan_forum(organiser)
    await organiser.taps("newforum.review.options.submit")
    enqueue = outbox.enqueue_messages
    broken: list[object] = []

    async def breaking(*args: object) -> None:
        await enqueue(*args)  # type: ignore[arg-type]
        if len(broken) < 3:
            broken.append(args)
            raise RuntimeError("killed")

    async with town.work() as work:
        forum = await get_forum(town)
        changed = await forums.update_forum(
            work.connection, forum, None, state=ForumState.PUBLISHED
        )
        assert changed
        await announcements.announce_forum(work, changed, "notice")
    monkeypatch.setattr(announcements.outbox, "enqueue_messages", breaking)  # type: ignore[attr-defined]
    for _ in range(3):
        try:
            await announcements.expand_announcements(database, town.now, policy=policy)
        except RuntimeError:
            continue
    await announcements.expand_announcements(database, town.now, policy=policy)
    assert len(broken) == 3
    rows = table(Outbox)
    async with database.reading() as connection:
        recipient_ids = select(rows.c.chat_id).where(rows.c.announcement_id.is_not(None))
        recipients = (await connection.execute(recipient_ids)).scalars().all()
    assert len(recipients) == len(set(recipients)) == 40


async def test_a_cancelled_forum_is_not_announced_any_more(
    town: Town,
) -> None:
    """Waiting messages are closed; everybody is told of the cancellation."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    approver = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    for person in (ann, bao):
        await person.says("/start")
        await subscribe(town, person.id, WARD)
    await bao.says("/settings")
    await bao.taps("settings.quiet.night")
    town.now = town.now.replace(hour=15)  # 22:00 in the city
    await plan_and_approve(organiser, approver)
    assert ann.was_told("announcement.notice")
    assert not bao.was_told("announcement.notice")
    await organiser.taps("forum.open")
    await organiser.taps("forum.do.cancel")
    await organiser.says("trùng lịch")
    await approver.taps("forum.do.confirm")
    assert "không tổ chức nữa" in ann.sees
    town.now += timedelta(hours=12)
    await town.settle()
    assert not bao.was_told("announcement.notice")
    assert "không tổ chức nữa" in bao.sees


async def test_erasure_removes_subscriptions_and_announcements(town: Town) -> None:
    """No message about a forum and no subscription of the person remains."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    approver = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.", area=NAMED)
    await approver.taps("case.do.accept", of=code)  # it is kept, and so is who gave it
    await subscribe(town, ann.id, WARD)
    await plan_and_approve(organiser, approver)
    assert ann.was_told("announcement.notice")
    await ann.says("/dulieu")
    await ann.taps("mydata.erase")
    await ann.taps("mydata.yes.erase")
    aliases = town.app.policy.pseudonyms.list_pseudonyms(ann.id)
    rows = table(Outbox)
    async with town.app.database.reading() as connection:
        left = select(rows.c.kind).where(rows.c.chat_id.in_(aliases))
        kinds = (await connection.execute(left)).scalars().all()
    assert kinds
    assert "forum" not in kinds
    assert await town.count_rows(Subscription) == 0


async def test_a_poster_is_a_picture_and_a_page_to_print(town: Town) -> None:
    """A planner gets both with one press: first a photo, then a PDF."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    await publish_forum(town)
    await organiser.says("/forum")
    await organiser.taps(next(label for label in organiser.buttons if "/2026" in label))
    await organiser.taps("forum.poster")
    picture, page = organiser.messages[-2:]
    assert picture["photo"]
    assert page["document"]["file_name"] == f"forum-{CODE}.pdf"
