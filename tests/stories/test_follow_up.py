"""After the receipt: adding, withdrawing, rating, asking to look again; settings; too much."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.casework import resident_bans
from bot.core.screen import Words
from bot.notifications import to_resident
from bot.runtime.settings import AbuseSettings
from storage.models import State, Submission
from storage.statements import table
from tests.town.casework import set_state
from tests.town.town import open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.person import Person
    from tests.town.town import Town

ROWS = table(Submission)


async def answered(town: Town, ann: Person) -> str:
    """An opinion that was answered today; its code."""
    code = await ann.gives("Đèn đường hỏng ba tuần.")
    await set_state(town, State.ANSWERED, answered_at=town.now)
    await ann.says(f"/mine {code}")
    return code


async def test_what_is_added_reaches_the_officers(town: Town) -> None:
    """Words and files join the opinion, are found by the search, and the officer is told."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.taps("receipt.show")
    await ann.taps("mine.addition")
    await ann.does("photo", caption="Cột đèn số mười bảy")
    await ann.taps("addition.details.options.done")
    assert ann.is_told("addition.done")
    assert officer.was_told("alert.added")
    assert not officer.has_heard("mười bảy")
    assert len(await town.search_submissions("muoi bay")) == 1
    await officer.taps("alert.open", of=code)
    assert officer.has_heard("Cột đèn số mười bảy")
    (record,) = await town.export_submissions()
    assert [each["type"] for each in record["attachments"]] == ["photo"]


async def test_an_opinion_is_withdrawn_after_a_second_question(town: Town) -> None:
    """It stays on record as withdrawn; officers are told."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.taps("receipt.show")
    await ann.taps("mine.withdraw")
    assert (await town.get_submission(code)).state is State.ASSIGNED
    await ann.taps("mine.withdraw")
    assert (await town.get_submission(code)).state is State.WITHDRAWN
    assert officer.was_told("alert.withdrawn")
    await ann.says(f"/mine {code}")
    assert not ann.is_offered("mine.withdraw")
    assert not ann.is_offered("mine.addition")


async def test_it_is_too_late_to_withdraw_what_is_answered(town: Town) -> None:
    """The button of an old screen says so."""
    ann = town.resident("Ann")
    await ann.gives("Đèn đường hỏng.")
    await ann.taps("receipt.show")
    await ann.taps("mine.withdraw")
    await set_state(town, State.ANSWERED, answered_at=town.now)
    await ann.taps("mine.withdraw")
    assert ann.is_told("mine.too_late")


async def test_an_answer_is_rated_and_looked_at_again_once(town: Town) -> None:
    """Who is not satisfied says why, and may ask to look again; a new due date is set."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await answered(town, ann)
    before = (await town.get_submission(code)).due_at
    town.advance(days=3)
    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.0")
    await ann.says("Chưa nói bao giờ sửa")
    await ann.taps("rating.again.options.yes")
    row = await town.get_submission(code)
    assert (row.rating, row.rating_reason) == (0, "Chưa nói bao giờ sửa")
    assert row.state is State.ASSIGNED
    assert row.reopened_at == town.now
    assert row.due_at > before
    assert officer.was_told("alert.reopened")
    await set_state(town, State.ANSWERED, answered_at=town.now)
    await ann.says(f"/mine {code}")
    assert not ann.is_offered("mine.reopening")


async def test_who_is_content_is_asked_nothing_more(town: Town) -> None:
    """One tap is a rating."""
    ann = town.resident("Ann")
    code = await answered(town, ann)
    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.2")
    assert ann.is_told("rating.done")
    assert (await town.get_submission(code)).rating == 2
    await ann.says(f"/mine {code}")
    assert not ann.is_offered("mine.rating")


async def test_after_the_set_time_it_is_not_looked_at_again(town: Town) -> None:
    """Fifteen days; a draft that was begun in time and ended too late changes nothing."""
    ann = town.resident("Ann")
    code = await answered(town, ann)
    town.advance(days=14, hours=23)
    await ann.says(f"/mine {code}")
    await ann.taps("mine.reopening")
    town.advance(hours=2)
    await ann.says("Đèn lại hỏng")
    assert (await town.get_submission(code)).state is State.ANSWERED
    await ann.says(f"/mine {code}")
    assert not ann.is_offered("mine.reopening")


async def test_another_persons_opinion_cannot_be_touched(town: Town) -> None:
    """Whatever code somebody types or presses."""
    ann, ben = town.resident("Ann"), town.resident("Ben")
    code = await ann.gives("Đèn đường hỏng.")
    await ben.gives("Ý kiến của Ben")
    await ben.says(f"/mine {code}")
    assert ben.is_told("mine.unknown")
    await ben.says(f"/start code_{code.replace('-', '')}")
    assert ben.is_told("mine.unknown")


async def test_the_receipt_is_shown_again_with_a_picture(town: Town) -> None:
    """A QR code that opens the opinion for its resident, here and in a new chat."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.taps("receipt.show")
    await ann.taps("mine.receipt")
    shown = ann.messages[-1]
    assert code in shown["caption"]
    picture = town.read_file(shown["photo"][-1])
    with Image.open(io.BytesIO(picture)) as opened:
        assert opened.width == opened.height > 200
    await ann.says(f"/start code_{code.replace('-', '')}")
    assert f"Ý kiến {code}" in ann.sees


async def test_another_thing_waits_for_what_is_open(town: Town) -> None:
    """The draft is not lost, and it is said which comes first."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.begins()
    await ann.says(f"/mine {code}")
    await ann.taps("mine.addition")
    assert ann.is_told("draft.busy")
    assert ann.is_asked("feedback.details")


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (20, datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        (23, datetime(2026, 11, 26, 0, 0, tzinfo=UTC)),
    ],
)
async def test_in_quiet_hours_what_can_wait_waits(
    town: Town, hour: int, expected: datetime
) -> None:
    """Quiet from 21 to 7 by the city's clock: news comes in the morning."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.says("/settings")
    await ann.taps("settings.quiet.night")
    assert any("✓ Yên lặng 21 giờ" in label for label in ann.buttons)
    town.now = datetime(2026, 11, 25, hour - 7, 0, tzinfo=UTC)
    await tells(town, code)
    assert ann.was_told("draft.stale") is (hour == 20)
    town.now = expected + timedelta(minutes=1)
    await town.settle()
    assert ann.was_told("draft.stale")


async def tells(town: Town, code: str) -> None:
    """Tell the resident of something that can wait."""
    row = await town.get_submission(code)
    async with town.work() as work:
        await to_resident.notify_resident(work, row, "news", (Words("draft.stale"),))
    await town.settle()


async def test_news_can_be_switched_off_and_on(town: Town) -> None:
    """What is switched off is not sent later either."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.says("/settings")
    await ann.taps("settings.mute.updates")
    await tells(town, code)
    assert not ann.was_told("draft.stale")
    await ann.taps("settings.hear.updates")
    assert ann.is_offered("settings.mute.updates")


@pytest.fixture
async def strict_town(database_url: str) -> AsyncIterator[Town]:
    """A town where little is taken at a time."""
    strict = AbuseSettings(opinions_a_day=2, everybody_a_minute=3, messages_a_minute=12)
    async with open_town(database_url, abuse=strict) as opened:
        yield opened


async def test_more_than_a_day_allows_is_refused_until_tomorrow(strict_town: Town) -> None:
    """It says until when; on the next day it goes on."""
    ann = strict_town.resident("Ann")
    for number in range(2):
        strict_town.advance(minutes=2)
        await ann.gives(f"Ý kiến {number}", identity=("channel", "unnamed")[number])
    strict_town.advance(minutes=2)
    await ann.says("/gopy")
    assert ann.is_told("abuse.enough_today")
    await ann.says("Tôi viết thêm điều này")
    assert ann.is_told("abuse.enough_today")
    strict_town.advance(hours=24)
    await ann.says("/gopy")
    assert ann.is_asked("feedback.kind")


async def test_everybody_together_is_limited_and_nobody_is_cut_off(strict_town: Town) -> None:
    """Who has begun may finish; who begins is asked to come back."""
    people = [strict_town.resident(name) for name in ("Ann", "Ben", "Cam", "Dan")]
    last = people[-1]
    await last.begins()
    for person in people[:3]:
        await person.gives("Ý kiến")
    late = strict_town.resident("Em")
    await late.says("/gopy")
    assert late.is_told("abuse.busy")
    await last.says("Đã bắt đầu từ trước")
    await last.reaches("feedback.identity")
    await last.taps("feedback.identity.options.channel")
    await last.taps("feedback.review.options.submit")
    assert last.code


async def test_a_flood_is_answered_once(strict_town: Town) -> None:
    """What was written before stays; a minute later it goes on."""
    ann = strict_town.resident("Ann")
    for number in range(40):
        await ann.says(f"dòng {number}")
    assert ann.count_told("abuse.too_fast") == 1
    assert len(ann.heard) == 13
    strict_town.advance(minutes=1)
    await ann.says("xin lỗi")
    assert ann.is_asked("feedback.offer")


async def test_who_is_banned_is_told_why_and_until_when(town: Town) -> None:
    """Named or not, it is the same person; the officer never learns who. It can be lifted."""
    officer = await town.officer("Binh")
    ann, ben = town.resident("Ann"), town.resident("Ben")
    code = await ann.gives("Mua ngay kẻo hết!", identity="unnamed")
    await officer.taps("alert.open", of=code)
    await officer.taps("case.more")
    await officer.taps("case.do.ban")
    await officer.taps("ban.days.options.7")
    await officer.says("Gửi quảng cáo")
    assert officer.is_told("ban.done")
    await ann.says("/gopy")
    assert ann.is_told("abuse.banned")
    assert "Gửi quảng cáo" in ann.sees
    await ben.says("/gopy")
    assert ben.is_asked("feedback.consent")
    await officer.taps("alert.open", of=code)
    await officer.taps("case.more")
    await officer.taps("case.do.unban")
    await ann.says("/gopy")
    assert ann.is_asked("feedback.kind")


async def test_a_ban_ends_by_itself(town: Town) -> None:
    """When its days are over; what another officer's unit handles cannot be used for one."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Mua ngay kẻo hết!")
    await officer.taps("alert.open", of=code)
    await officer.taps("case.more")
    await officer.taps("case.do.ban")
    await officer.taps("ban.days.options.1")
    await officer.says("Gửi quảng cáo")
    town.advance(hours=23)
    await ann.says("/gopy")
    assert ann.is_told("abuse.banned")
    town.advance(hours=2)
    await ann.says("/gopy")
    assert ann.is_asked("feedback.kind")
    async with town.work() as work:
        assert not await resident_bans.may_ban(work, ann.id, code)
        assert not await resident_bans.unban_resident(work, ann.id, code)
