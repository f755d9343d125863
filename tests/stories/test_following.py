"""After a forum: its results and its promises are asked for; what is stopped stays stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from bot.forums import announcing
from storage import attendance, forums, outbox
from storage.models import Commitment, ForumState, Outbox, OutboxState, Role, Subscription
from storage.rows import table
from tests.attending import changed, published, registers

if TYPE_CHECKING:
    from tests.people import Person, Town

WARD = "11407"


async def an_hour_passes(town: Town) -> None:
    """The clock wakes, twice, as it does at two replicas."""
    for _ in range(2):
        await town.app.remind_of_reports()
        await town.app.settled()


def told(person: Person, key_words: str) -> int:
    """How often somebody was told something."""
    return sum(key_words in said for said in person.heard)


async def test_results_are_asked_for_until_they_are_there(town: Town) -> None:
    """Once before they are due; then every working day, and the city hears of it too."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    city = await town.officer("Điều phối", role=Role.COORDINATOR)
    stranger = await town.officer("Nơi khác", unit="11413", role=Role.APPROVER)
    forum = await published(town)
    due = datetime(2026, 12, 4, 10, tzinfo=UTC)  # a Friday
    await changed(town, forum, state=ForumState.REPORT_DUE, report_due_at=due)
    await an_hour_passes(town)
    assert told(organiser, "báo cáo kết quả") == 0
    town.now = due - timedelta(days=1)
    await an_hour_passes(town)
    town.later(hours=20)
    await an_hour_passes(town)
    assert (told(organiser, "Sắp đến hạn"), told(city, "báo cáo kết quả")) == (1, 0)
    for days in (0, 1, 2, 3):  # Friday evening, Saturday, Sunday, Monday
        town.now = due + timedelta(days=days, hours=1)
        await an_hour_passes(town)
    assert (told(organiser, "Quá hạn"), told(city, "Quá hạn"), told(stranger, "hạn")) == (2, 2, 0)
    await changed(town, forum, state=ForumState.REPORTED)
    town.later(days=1)
    await an_hour_passes(town)
    assert told(organiser, "Quá hạn") == 2


async def test_a_promise_is_followed_up_until_it_is_kept(town: Town) -> None:
    """Once before its day; then every week; not once it was kept."""
    leader = await town.officer("Chỉ huy", unit=WARD, role=Role.APPROVER)
    forum = await published(town)
    await changed(town, forum, state=ForumState.CLOSED)
    async with town.app.database.transaction() as connection:
        promised = {
            "forum_id": forum, "text": "Lắp camera", "owner": "Công an phường",
            "due_on": date(2026, 12, 4), "created_at": town.now,
        }  # fmt: skip
        await connection.execute(insert(table(Commitment)).values(**promised))
    for day in range(1, 20):  # of December
        town.now = datetime(2026, 12, day, 3, tzinfo=UTC)
        await an_hour_passes(town)
    # Overdue from Saturday the 5th: in that week, the next and the one after it.
    assert (told(leader, "Sắp đến hạn"), told(leader, "Quá hạn")) == (1, 3)
    await leader.taps("forum.open")
    await leader.taps("Đã làm: Lắp camera")
    town.later(days=7)
    await an_hour_passes(town)
    assert told(leader, "Quá hạn") == 3


async def test_what_is_being_sent_when_a_forum_is_cancelled_is_not_sent_later(town: Town) -> None:
    """A message that a sender holds at that moment, and that did not arrive, is given up."""
    forum = await published(town)
    ann = town.resident("Ann")
    await registers(ann)
    rows, database, policy = table(Outbox), town.app.database, town.app.policy
    async with database.transaction() as connection:
        row = await attendance.by_id(connection, forum)
        await announcing.announce(connection, row, "moved", town.now, policy=policy)
    await announcing.expand(database, town.now, policy=policy)
    async with database.transaction() as connection:
        sending = update(rows).where(rows.c.announcement_id.is_not(None))
        await connection.execute(sending.values(state=OutboxState.SENDING))
    async with database.transaction() as connection:
        await forums.stop(connection, forum, town.now, kinds=["moved"])
    async with database.transaction() as connection:
        refused = update(rows).where(rows.c.state == OutboxState.SENDING)
        await connection.execute(refused.values(state=OutboxState.WAITING))
    await town.app.settled()
    assert not ann.was_told("announcement.moved")
    async with database.transaction() as connection:
        await outbox.sweep(connection, town.now)
        states = select(rows.c.state).where(rows.c.announcement_id.is_not(None))
        assert (await connection.execute(states)).scalars().all() == [OutboxState.EXPIRED]


async def test_who_wants_no_news_hears_only_of_what_they_come_to(town: Town) -> None:
    """Switched off, or not interested in this one; each is counted once, whatever they wished."""
    forum = await published(town)
    ann, bao, chi = (town.resident(name) for name in ("Ann", "Bao", "Chi"))
    await registers(ann)
    async with town.app.database.transaction() as connection:
        for person, areas in ((ann, (WARD, "31")), (bao, ("31", WARD)), (chi, (WARD,))):
            address = town.app.policy.seal.address(person.id, named=True)
            for area in areas:
                wish = {"alias": address.alias, "sealed": address.sealed, "language": "vi",
                        "area": area, "created_at": town.now}  # fmt: skip
                await connection.execute(insert(table(Subscription)).values(**wish))
    for person in (ann, bao):
        await person.says("/settings")
        await person.taps("settings.mute.forums")
    await chi.says("/start forum_DD7K2")
    await chi.taps("forums.hide")
    async with town.app.database.transaction() as connection:
        row = await attendance.by_id(connection, forum)
        await announcing.announce(connection, row, "moved", town.now, policy=town.app.policy)
    await town.app.settled()
    told_of_it = [each.was_told("announcement.moved") for each in (ann, bao, chi)]
    assert told_of_it == [True, False, False]
    async with town.app.database.reading() as connection:
        (news,) = await forums.announcements(connection, forum)
    assert news.left_out == 2  # who comes is not left out
