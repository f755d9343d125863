"""Kind 17: [Hide on publication] had no effect: what a forum shows in public has no such data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import ForumState, Role
from tests.town.forums import CODE, WARD, change_forum, publish_forum

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

# Personal data, and the words around it.
PERSONAL = [
    ("0912 345 678", "Gọi cho tôi số {}, đèn hỏng."),
    ("15B1-234.56", "Xe {} đỗ kín vỉa hè."),
    ("031099012345", "Căn cước của tôi là {} ạ."),
    ("ann@example.com", "Thư của tôi: {} nhé."),
    ("0225 384 2345", "Máy bàn {}, gọi giờ hành chính."),
    ("STK 0123456789", "Đòi chuyển tiền vào {} ngay."),
]


async def give_for_forum(town: Town, text: str, choice: str) -> tuple[Person, str]:
    """Give an opinion for a forum in session; return a planner who reads cases, and the code."""
    forum = await publish_forum(town)
    ann = town.resident("Ann")
    await ann.says(f"/start forum_{CODE}")
    await ann.taps("forums.opinion")
    await ann.taps("feedback.consent.options.agree")
    await ann.says(text)
    code = await ann.finishes(personal=choice, area="Phường An Biên", topic="pavement_order")
    await change_forum(town, forum, state=ForumState.LIVE, starts_at=town.now)
    return await town.officer("Chỉ huy", WARD, Role.APPROVER), code


@pytest.mark.parametrize(("data", "text"), PERSONAL, ids=[each for each, _ in PERSONAL])
@pytest.mark.parametrize("page", ["hall:next={}.0", "forum:opinions={}"])
@pytest.mark.parametrize("choice", ["hide", "keep"])
async def test_a_session_shows_no_hidden_data(
    town: Town, data: str, text: str, page: str, choice: str
) -> None:
    """The list of opinions, and the opinion that is read out; the case itself has all."""
    leader, code = await give_for_forum(town, text.format(data), choice)
    await leader.presses_data(page.format(CODE))
    start, end = text.split("{}")
    assert code in leader.sees
    assert start.split()[0] in leader.sees
    assert end.split()[-1] in leader.sees
    digits = data.removeprefix("STK ")
    assert (digits in leader.sees) is (choice == "keep")
    await leader.says(f"/case {code}")
    assert data in leader.sees


# An address is refused in minutes before anything is asked: they are announced.
WITHOUT_ADDRESSES = [(data, text) for data, text in PERSONAL if "@" not in data]


@pytest.mark.parametrize(
    ("data", "text"), WITHOUT_ADDRESSES, ids=[each for each, _ in WITHOUT_ADDRESSES]
)
async def test_minutes_with_personal_data_bring_a_warning(town: Town, data: str, text: str) -> None:
    """The review page names what they contain; the organiser decides."""
    organiser = await town.officer("Lan", WARD, Role.ORGANISER)
    await publish_forum(town, state=ForumState.REPORT_DUE)
    await organiser.presses_data(f"forum:report={CODE}")
    await organiser.writes(f"Tiếp nhận 12 ý kiến. {text.format(data)}")
    assert organiser.is_told("forum_report.review.personal")


@pytest.mark.parametrize(
    "minutes", ["Tiếp nhận 12 ý kiến, trả lời 9.", "Ngày 20/12/2026, 150 người."]
)
async def test_usual_minutes_bring_no_warning(town: Town, minutes: str) -> None:
    """Counts and dates are no personal data."""
    organiser = await town.officer("Lan", WARD, Role.ORGANISER)
    await publish_forum(town, state=ForumState.REPORT_DUE)
    await organiser.presses_data(f"forum:report={CODE}")
    await organiser.writes(minutes)
    assert organiser.is_told("forum_report.review.ask")
    assert not organiser.is_told("forum_report.review.personal")
