"""After the receipt: adding, withdrawing, rating, reopening, settings, bans and daily limits."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.core.screen import Words
from bot.notifications import to_resident
from bot.runtime.settings import AbuseSettings
from storage.models import Role, State, Submission
from storage.statements import table
from tests.town.casework import ban, choose_action, set_state
from tests.town.town import open_town

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.town.person import Person
    from tests.town.town import Town

ROWS = table(Submission)


async def give_answered_opinion(town: Town, ann: Person) -> str:
    """Submit an opinion and mark it answered today; show it, return its code."""
    code = await ann.gives("Đèn đường hỏng ba tuần.")
    await set_state(town, State.ANSWERED, answered_at=town.now)
    await ann.says(f"/mine {code}")
    return code


async def test_an_addition_reaches_the_officers(town: Town) -> None:
    """Its words and files join the submission, the search finds them, the officer is alerted."""
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
    """Withdrawal needs a confirmation.

    The submission stays on record, and the officer is alerted.
    """
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


async def test_an_answered_opinion_cannot_be_withdrawn(town: Town) -> None:
    """An old button answers that it is too late."""
    ann = town.resident("Ann")
    await ann.gives("Đèn đường hỏng.")
    await ann.taps("receipt.show")
    await ann.taps("mine.withdraw")
    await set_state(town, State.ANSWERED, answered_at=town.now)
    await ann.taps("mine.withdraw")
    assert ann.is_told("mine.too_late")


async def test_an_unsatisfied_resident_can_reopen_the_case_once(town: Town) -> None:
    """They give a reason; the case gets a new due date, and cannot be reopened again."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await give_answered_opinion(town, ann)
    before = (await town.get_submission(code)).due_at
    town.advance(days=3)
    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.0")
    await ann.writes("Chưa nói bao giờ sửa")
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


async def test_a_satisfied_resident_rates_with_one_tap(town: Town) -> None:
    """No reason is asked for."""
    ann = town.resident("Ann")
    code = await give_answered_opinion(town, ann)
    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.2")
    assert ann.is_told("rating.done")
    assert (await town.get_submission(code)).rating == 2
    await ann.says(f"/mine {code}")
    assert not ann.is_offered("mine.rating")


async def test_a_case_cannot_be_reopened_after_fifteen_days(town: Town) -> None:
    """A draft that was begun in time and ends too late changes nothing."""
    ann = town.resident("Ann")
    code = await give_answered_opinion(town, ann)
    town.advance(days=14, hours=23)
    await ann.says(f"/mine {code}")
    await ann.taps("mine.reopening")
    town.advance(hours=2)
    await ann.writes("Đèn lại hỏng")
    assert (await town.get_submission(code)).state is State.ANSWERED
    await ann.says(f"/mine {code}")
    assert not ann.is_offered("mine.reopening")


async def test_the_opinion_of_another_person_is_unknown(town: Town) -> None:
    """Neither its typed code nor its link shows it."""
    ann, ben = town.resident("Ann"), town.resident("Ben")
    code = await ann.gives("Đèn đường hỏng.")
    await ben.gives("Ý kiến của Ben")
    await ben.says(f"/mine {code}")
    assert ben.is_told("mine.unknown")
    await ben.says(f"/start code_{code.replace('-', '')}")
    assert ben.is_told("mine.unknown")


async def test_the_receipt_is_shown_again_with_a_picture(town: Town) -> None:
    """The QR code opens the opinion for its resident."""
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


async def test_an_open_draft_is_not_lost_to_another_conversation(town: Town) -> None:
    """The bot says which draft is open, and asks which one to continue."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.begins()
    await ann.says(f"/mine {code}")
    await ann.taps("mine.addition")
    assert ann.is_told("draft.conflict")
    await ann.says("Những lời này chưa thuộc việc nào.")
    assert ann.is_told("draft.conflict")
    assert ann.is_told("draft.not_taken")
    await ann.presses_data("draft:resume")
    assert ann.is_asked("feedback.details")


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (20, datetime(2026, 11, 25, 13, 0, tzinfo=UTC)),
        (23, datetime(2026, 11, 26, 0, 0, tzinfo=UTC)),
    ],
)
async def test_a_notice_waits_until_the_quiet_hours_are_over(
    town: Town, hour: int, expected: datetime
) -> None:
    """With quiet hours from 21 to 7 in the city's time zone, a notice at 23:00 comes after 7:00."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.says("/settings")
    await ann.taps("settings.quiet.night")
    assert any("✓ Yên lặng 21 giờ" in label for label in ann.buttons)
    town.now = datetime(2026, 11, 25, hour - 7, 0, tzinfo=UTC)
    await send_notice(town, code)
    assert ann.was_told("draft.stale") is (hour == 20)
    town.now = expected + timedelta(minutes=1)
    await town.settle()
    assert ann.was_told("draft.stale")


async def send_notice(town: Town, code: str) -> None:
    """Send the resident a notice that can wait."""
    row = await town.get_submission(code)
    async with town.work() as work:
        await to_resident.notify_resident(work, row, "news", (Words("draft.stale"),))
    await town.settle()


async def test_news_can_be_switched_off_and_on(town: Town) -> None:
    """A notice of the muted time is not sent later either."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.")
    await ann.says("/settings")
    await ann.taps("settings.mute.updates")
    await send_notice(town, code)
    assert not ann.was_told("draft.stale")
    await ann.taps("settings.hear.updates")
    assert ann.is_offered("settings.mute.updates")


@pytest.fixture
async def strict_town(database_url: str) -> AsyncIterator[Town]:
    """A town with low limits: 2 opinions a day, 3 of all a minute, 12 messages a minute."""
    strict = AbuseSettings(opinions_a_day=2, everybody_a_minute=3, messages_a_minute=20)
    async with open_town(database_url, abuse=strict) as opened:
        yield opened


async def test_the_daily_limit_refuses_until_tomorrow(strict_town: Town) -> None:
    """A third opinion on one day is refused; on the next day it is possible."""
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
    assert ann.is_asked("feedback.details")


async def test_the_common_limit_refuses_new_drafts_only(strict_town: Town) -> None:
    """A resident who has begun may finish; a resident who begins is asked to come back."""
    people = [strict_town.resident(name) for name in ("Ann", "Ben", "Cam", "Dan")]
    last = people[-1]
    await last.begins()
    for person in people[:3]:
        await person.gives("Ý kiến")
    late = strict_town.resident("Em")
    await late.says("/gopy")
    assert late.is_told("abuse.busy")
    await last.says("Đã bắt đầu từ trước")
    await last.finishes()
    assert last.code


async def test_a_flood_is_answered_once(strict_town: Town) -> None:
    """Later messages in the same minute get no answer; a minute later the bot answers again."""
    ann = strict_town.resident("Ann")
    for number in range(40):
        await ann.says(f"dòng {number}")
    assert ann.count_told("abuse.too_fast") == 1
    assert len(ann.heard) == 21
    strict_town.advance(minutes=1)
    await ann.says("xin lỗi")
    assert ann.is_asked("feedback.offer")


async def test_a_banned_resident_is_told_the_reason_and_the_end(town: Town) -> None:
    """The ban holds for named and unnamed opinions; the officers never learn the person.

    It can be lifted.
    """
    officer = await town.officer("Binh")
    leader = await town.officer("Giang", role=Role.COORDINATOR)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    code = await ann.gives("Bán đất nền giá rẻ.", identity="unnamed")
    await ban(officer, leader, code)
    assert ann.was_told("notice.confirm_ban")
    await ann.says("/gopy")
    assert ann.is_told("abuse.banned")
    assert "Gửi quảng cáo" in ann.sees
    await ben.says("/gopy")
    assert ben.is_asked("feedback.consent")
    await choose_action(leader, code, "unban")
    await ann.says("/cancel")
    await ann.says("/gopy")
    assert ann.is_asked("feedback.details")
    assert not ann.is_told("abuse.banned")
