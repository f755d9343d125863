"""Kind 4: a date or a time that is silently understood as another one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.conversation.engine import Ask, advance
from bot.conversation.reply import Reply
from bot.core.datetime_parser import InvalidMoment, PastMoment, parse_day, parse_moment
from bot.forums.planning.flow import NEWFORUM_FLOW, PROMISE_FLOW, RESCHEDULE_FLOW
from bot.texts import load_texts
from storage.models import Forum, ForumState, Role
from storage.statements import table
from tests.town.forums import change_forum, publish_forum, register_for_forum, skip_position

if TYPE_CHECKING:
    from bot.conversation.flow import Flow
    from tests.town.town import Town

CITY = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=CITY)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("8h rưỡi 20/12", "2026-12-20 08:30"),
        ("2 giờ rưỡi chiều 20/12", "2026-12-20 14:30"),
        ("9h kém 15 20/12", "2026-12-20 08:45"),
        ("9 giờ kém 5 tối 20/12", "2026-12-20 20:55"),
        ("1 giờ kém 10 chiều 20/12", "2026-12-20 12:50"),
        ("14h:30 20/12", "2026-12-20 14:30"),
        ("8h:05 20/12", "2026-12-20 08:05"),
        ("14 giờ: 30 20/12", "2026-12-20 14:30"),
        ("8h.30 20/12", "2026-12-20 08:30"),
        ("7 giờ rưỡi tối 20/12", "2026-12-20 19:30"),
        ("8g rưỡi sáng 20/12", "2026-12-20 08:30"),
        ("8h 20/12 GMT+07:00", "2026-12-20 08:00"),
        ("8h 20/12 (giờ Hà Nội)", "2026-12-20 08:00"),
        ("8h 20/12 ICT", "2026-12-20 08:00"),
        ("8h 31/12 năm 2027", "2027-12-31 08:00"),
        ("8h ngày 5/1 năm 2028", "2028-01-05 08:00"),
        ("14h30p ngày 20/12", "2026-12-20 14:30"),
        ("14 giờ 30 phút, ngày 20 tháng 12 năm 2026", "2026-12-20 14:30"),
        ("17h30' 20/12", "2026-12-20 17:30"),
        ("20/12 năm 2027 8h", "2027-12-20 08:00"),
        ("8h sáng 20/12, năm 2027", "2027-12-20 08:00"),
        ("8h thứ Bảy 12/12/2026", "2026-12-12 08:00"),
        ("T7 12/12 8h", "2026-12-12 08:00"),
        ("thứ 5, 17/12, lúc 8h", "2026-12-17 08:00"),
        ("thứ năm 17/12 8h", "2026-12-17 08:00"),
        ("CN 13/12 lúc 8g30", "2026-12-13 08:30"),
        ("14h 20/12 GMT+7", "2026-12-20 14:00"),
        ("14h 20/12 giờ Việt Nam", "2026-12-20 14:00"),
        ("20 December 2026, 2pm", "2026-12-20 14:00"),
        ("Sunday 20 Dec 8:30 am", "2026-12-20 08:30"),
        ("8h thứ bảy tuần sau", "2026-12-05 08:00"),
        ("thứ 7 tuần này lúc 14h", "2026-11-28 14:00"),
        ("14h CN tuần tới", "2026-12-06 14:00"),
        ("8h sáng mai", "2026-11-26 08:00"),
        ("2 giờ rưỡi chiều ngày kia", "2026-11-27 14:30"),
        ("14h hôm nay", "2026-11-25 14:00"),
        ("7h tối nay", "2026-11-25 19:00"),
    ],
)
def test_a_colloquial_time_is_understood(typed: str, expected: str) -> None:
    """Halves, "kém", years in words, weekdays and the city's own time zone are understood."""
    assert parse_moment(typed, NOW, CITY) == datetime.fromisoformat(expected).replace(tzinfo=CITY)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("thứ Hai 12/12/2026 8h", "weekday"),
        ("CN 12/12 8h", "weekday"),
        ("Monday 20/12/2026 8:00", "weekday"),
        ("8h 10/11 âm lịch", "lunar"),
        ("8h mùng 5/12", "lunar"),
        ("8h mùng 1 âm", "lunar"),
        ("8h ngày 1 tháng 12 âm", "lunar"),
        ("8h ngay 1 thang 12 am", "lunar"),
        ("8h 1/12 am", "lunar"),
        ("1/12 âl 8h", "lunar"),
        ("8h mùng một tháng Mười", "lunar"),
        ("8h thứ Bảy tới", "unreadable"),
        ("8h thứ Bảy", "unreadable"),
        ("8h tuần sau", "unreadable"),
        ("8h thứ Hai 12/12 tuần sau", "unreadable"),
        ("8h ngày mai ngày kia", "unreadable"),
        ("8h rằm tháng Giêng", "lunar"),
        ("9h sáng 15/1 (âm lịch)", "lunar"),
        ("14h 20/12 giờ Nhật", "zone"),
        ("14:00 UTC 20/12", "zone"),
        ("14h 20/12 GMT+9", "zone"),
        ("20/12 14:00+09:00", "zone"),
        ("15h sáng 20/12", "unreadable"),
        ("8h sáng chiều 20/12", "unreadable"),
        ("0h kém 10 20/12", "unreadable"),
        ("9h kém 20/12", "unreadable"),
        ("trước 8h 20/12", "unreadable"),
        ("khoảng 8h 20/12", "unreadable"),
        ("từ 8h 20/12", "unreadable"),
        ("20/12/2026 năm 2027 8h", "unreadable"),
        ("8h 20/12 hoặc 9h 21/12", "unreadable"),
        ("8h 20/12 21/12", "unreadable"),
        ("8h 9h 20/12", "unreadable"),
        ("8h, 14h ngày 20/12", "unreadable"),
        ("20/12 8h 20/12", "unreadable"),
        ("20-12-2026, 21-12-2026 8:30", "unreadable"),
        ("18h sáng 20/12", "unreadable"),
        ("9h chiều tối 20/12", "unreadable"),
        ("5h trưa 20/12", "unreadable"),
        ("12h đêm 20/12", "unreadable"),
        ("20/12/2027 năm 2026 8h", "unreadable"),
        ("8h 20 tháng 12, 2027, năm 2026", "unreadable"),
        ("thứ Sáu tới 8h", "unreadable"),
        ("8h tuần tới", "unreadable"),
        ("8h ngày 20 tháng 12 nào đó", "unreadable"),
        ("8h 20/12 nếu trời đẹp", "unreadable"),
        ("sau 8h 20/12", "unreadable"),
    ],
)
def test_a_doubtful_time_is_refused_with_its_reason(typed: str, reason: str) -> None:
    """Contradictions, other calendars, other zones and unknown words are never ignored."""
    with pytest.raises(InvalidMoment) as refused:
        parse_moment(typed, NOW, CITY)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("31/01/2027", date(2027, 1, 31)),
        ("ngày 31 tháng 1", date(2027, 1, 31)),
        ("Chủ nhật 31/1/2027", date(2027, 1, 31)),
        ("25/11", date(2026, 11, 25)),
        ("31-12 năm 2026", date(2026, 12, 31)),
        ("31/01/2027 17:00", date(2027, 1, 31)),
    ],
)
def test_a_day_is_understood_by_the_same_rules(typed: str, expected: date) -> None:
    """Such as the day on which a commitment is due."""
    assert parse_day(typed, NOW, CITY) == expected


@pytest.mark.parametrize(
    "typed",
    [
        "31/1 25h",
        "31/1 8h70",
        "31/1 15h sáng",
        "31/1 8h 9h",
        "31/1 0h kém 5",
        "thứ Hai 31/1/2027",
        "15/1 âm lịch",
        "31/1/27",
        "1",
    ],
)
def test_a_doubtful_day_is_refused(typed: str) -> None:
    """An impossible time, a wrong weekday or another calendar is not ignored."""
    with pytest.raises(InvalidMoment):
        parse_day(typed, NOW, CITY)


def test_a_past_day_is_refused_with_its_own_reason() -> None:
    """Yesterday is in the past; today is not."""
    with pytest.raises(PastMoment):
        parse_day("24/11/2026", NOW, CITY)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("rằm tháng Giêng 8h", "moment.lunar"),
        ("8h ngày 1 tháng 12 âm", "moment.lunar"),
        ("14h 20/12 giờ Nhật", "moment.zone"),
        ("14:00 UTC 20/12", "moment.zone"),
        ("thứ Hai 12/12/2026 8h", "moment.weekday"),
        ("8h CN 12/12", "moment.weekday"),
    ],
)
@pytest.mark.parametrize(
    ("flow", "step", "answers"),
    [
        (RESCHEDULE_FLOW, "starts", {}),
        (PROMISE_FLOW, "due", {"text": "Lắp camera", "owner": "Công an phường"}),
        (NEWFORUM_FLOW, "starts", {"title": "", "area": "31", "venue": "Hội trường", "place": []}),
    ],
    ids=["reschedule", "promise", "plan"],
)
def test_every_question_for_a_date_says_why_it_is_refused(
    flow: Flow, step: str, answers: dict[str, object], typed: str, reason: str
) -> None:
    """The reasons are the same for all of them."""
    facts = {"@now": NOW.isoformat(), "@zone": "Asia/Ho_Chi_Minh"}
    turn = advance(flow, {**facts, **answers}, Reply(text=typed))
    assert isinstance(turn, Ask)
    assert turn.step.name == step
    assert turn.rejected is not None
    assert turn.rejected.reason == reason


@pytest.mark.parametrize(
    ("typed", "shown", "starts"),
    [
        ("8h rưỡi thứ Bảy tuần sau", "08 giờ 30, ngày 05/12/2026 (thứ Bảy)", "2026-12-05 08:30"),
        ("2 giờ rưỡi chiều 20/12", "14 giờ 30, ngày 20/12/2026 (Chủ nhật)", "2026-12-20 14:30"),
        ("9h kém 15 21/12", "08 giờ 45, ngày 21/12/2026 (thứ Hai)", "2026-12-21 08:45"),
        ("14h:30 22/12 năm 2026", "14 giờ 30, ngày 22/12/2026 (thứ Ba)", "2026-12-22 14:30"),
        ("17h sáng mai", None, None),
        ("thứ Hai 20/12 8h", None, None),
    ],
)
async def test_a_new_start_is_shown_with_its_weekday_before_it_is_used(
    town: Town, typed: str, shown: str | None, starts: str | None
) -> None:
    """Nothing has changed until the organiser has seen and confirmed it."""
    lan = await town.officer("Lan", role=Role.ORGANISER)
    boss = await town.officer("Chỉ huy", role=Role.APPROVER)
    await publish_forum(town)
    before = await get_start(town)
    await lan.presses_data("forum:open=DD7K2")
    await lan.taps("forum.do.reschedule")
    await lan.says(typed)
    if shown is None:
        assert not lan.is_asked("forum_reschedule.venue")
        return
    await lan.taps("forum_reschedule.venue.options.same")
    await lan.says("mưa bão")
    assert shown in lan.sees
    assert await get_start(town) == before
    await lan.taps("forum_reschedule.review.options.submit")
    await boss.taps("forum.do.confirm")
    assert str(await get_start(town)).startswith(f"{starts}")


async def get_start(town: Town) -> datetime:
    """Return the start of the only forum, in the city's zone."""
    async with town.app.database.reading() as connection:
        (row,) = (await connection.execute(select(table(Forum)))).all()
    starts_at: datetime = row.starts_at
    return starts_at.astimezone(CITY)


@pytest.mark.parametrize(
    ("typed", "weekday", "day"),
    [
        ("thứ Hai 20/12/2026 8h", "Chủ nhật", "20/12/2026"),
        ("8h Chủ nhật 21/12", "thứ Hai", "21/12/2026"),
        ("T7 22/12 14h", "thứ Ba", "22/12/2026"),
        ("thứ ba ngày 31/12 năm 2027 8h", "thứ Sáu", "31/12/2027"),
        ("Friday 24 December 2026 8:30", "thứ Năm", "24/12/2026"),
        ("9h thứ 5, 2/1", "thứ Bảy", "02/01/2027"),
    ],
)
async def test_a_wrong_weekday_is_answered_with_the_right_one(
    town: Town, typed: str, weekday: str, day: str
) -> None:
    """At every question for a date: a start, and the day of a commitment."""
    lan = await town.officer("Lan", role=Role.ORGANISER)
    await publish_forum(town, state=ForumState.LIVE)
    await lan.presses_data("forum:promise=DD7K2")
    await lan.says("Lắp camera")
    await lan.says("Công an phường")
    await lan.says(typed)
    assert lan.is_told("moment.weekday")
    assert f"Ngày {day} là {weekday}," in lan.sees
    await lan.says("/huy")
    await lan.says("/newforum")
    await lan.taps("newforum.title.options.usual")
    await lan.says("An Biên")
    await lan.taps("Phường An Biên")
    await lan.says("Hội trường A")
    await lan.does("choose", load_texts("vi")["newforum.place.options.skip"])
    await lan.says(typed)
    assert f"Ngày {day} là {weekday}," in lan.sees
    assert lan.is_asked("newforum.starts")


@pytest.mark.parametrize(
    ("starts", "venue", "told", "silent_about"),
    [
        ("", "Nhà văn hóa", "moved_venue", "08 giờ 45"),
        ("", "Nhà văn hoá khu phố 3", "moved_venue", "08 giờ 45"),
        ("6/12/2026 8h45", "", "moved_start", "Hội trường"),
        ("9h kém 15 chủ nhật 6/12", "", "moved_start", "Hội trường"),
        ("5/12/2026 9h", "Hội trường phường An Biên", "moved_start", "Hội trường"),
        ("5/12/2026 8h45", "Nhà văn hóa", "moved_venue", "08 giờ 45"),
        ("6/12/2026 9h", "Nhà văn hóa", "moved", "không thay đổi"),
    ],
)
async def test_a_change_announces_only_what_changed(
    town: Town, starts: str, venue: str, told: str, silent_about: str
) -> None:
    """To people who registered and in the channel alike."""
    lan, ann = await town.officer("Lan", role=Role.ORGANISER), town.resident("Ann")
    boss = await town.officer("Chỉ huy", role=Role.APPROVER)
    await publish_forum(town, starts_at=datetime(2026, 12, 5, 8, 45, tzinfo=CITY))
    await register_for_forum(ann)
    await lan.presses_data("forum:open=DD7K2")
    await lan.taps("forum.do.reschedule")
    for step, typed in (("starts", starts), ("venue", venue)):
        if typed:
            await lan.says(typed)
        else:
            await lan.taps(f"forum_reschedule.{step}.options.same")
    if venue:
        await skip_position(lan)
    await lan.says("mưa bão")
    await lan.taps("forum_reschedule.review.options.submit")
    await boss.taps("forum.do.confirm")
    assert ann.is_told(f"announcement.{told}")
    assert silent_about not in ann.sees


async def test_a_postponed_forum_announces_its_start_again(town: Town) -> None:
    """It was said to be put off: that it takes place as planned is news."""
    lan, ann = await town.officer("Lan", role=Role.ORGANISER), town.resident("Ann")
    boss = await town.officer("Chỉ huy", role=Role.APPROVER)
    forum = await publish_forum(town, starts_at=datetime(2026, 12, 5, 8, 45, tzinfo=CITY))
    await register_for_forum(ann)
    await change_forum(town, forum, state=ForumState.POSTPONED)
    await lan.presses_data("forum:open=DD7K2")
    await lan.taps("forum.do.reschedule")
    await lan.taps("forum_reschedule.starts.options.same")
    await lan.taps("forum_reschedule.venue.options.same")
    await lan.says("bão đã tan")
    await lan.taps("forum_reschedule.review.options.submit")
    await boss.taps("forum.do.confirm")
    assert ann.is_told("announcement.moved")
    assert "08 giờ 45, ngày 05/12/2026" in ann.sees
