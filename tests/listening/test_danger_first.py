"""A danger: 113 in the very first answer, the officers on duty after one tap, nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import Submission
from tests.town.casework import check_deadlines

if TYPE_CHECKING:
    from tests.town.town import Town

DANGER = "có người cầm dao đuổi tôi"


@pytest.mark.parametrize(
    "text",
    [
        DANGER,
        "cứu tôi với",
        "bị cướp ở cầu rào",
        "đánh nhau ở chợ sắt",
        "goi cong an giup em voi",
    ],
)
async def test_one_tap_tells_everybody_on_duty(town: Town, text: str) -> None:
    """A person who has never written before needs one message and one tap."""
    officers = [await town.officer("Binh"), await town.officer("Cuong")]
    ann = town.resident("Ann")
    await ann.says(text)
    assert ann.sees.startswith("GỌI NGAY 113")
    assert ann.is_asked("urgent.report")
    assert not any(officer.was_told("alert.urgent") for officer in officers)
    await ann.taps("urgent.report.options.now")
    assert ann.was_told("urgent.place.ask")
    assert ann.was_told("receipt.urgent")
    assert all(officer.is_told("alert.urgent") for officer in officers)
    (record,) = await town.export_submissions()
    assert record["text"] == text
    await ann.says("ngõ 5 Lạch Tray, trước cửa hàng xe máy")
    assert ann.is_told("urgent.done")
    assert all(officer.is_told("alert.added") for officer in officers)
    await ann.says("nó đang phá cửa nhà tôi, cứu với")
    assert ann.sees.startswith("GỌI NGAY 113")
    assert ann.is_told("urgent.added")
    assert await town.count_rows(Submission) == 1


async def test_what_is_denied_becomes_an_opinion(town: Town) -> None:
    """The text is not lost, and it is not asked again whether it is urgent."""
    await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.says(DANGER)
    await ann.taps("urgent.report.options.not_urgent")
    assert ann.is_asked("feedback.consent")
    await ann.reaches("feedback.review")
    assert DANGER in ann.sees
    await ann.taps("feedback.review.options.submit")
    (record,) = await town.export_submissions()
    assert record["text"] == DANGER


async def test_an_open_conversation_goes_on_after_the_report(town: Town) -> None:
    """What was written before the danger is still there."""
    await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đề nghị lắp thêm đèn đường ở ngõ 12.")
    assert ann.is_asked("feedback.area")
    await ann.says(DANGER)
    assert ann.sees.startswith("GỌI NGAY 113")
    await ann.taps("urgent.report.options.now")
    await ann.says("Bỏ qua")
    assert ann.was_told("urgent.no_place")
    assert ann.is_asked("feedback.area")
    await ann.taps("feedback.area.options.skip")
    assert "đèn đường ở ngõ 12" in ann.sees
    await ann.taps("feedback.review.options.submit")
    texts = {record["text"] for record in await town.export_submissions()}
    assert texts == {DANGER, "Đề nghị lắp thêm đèn đường ở ngõ 12."}


async def test_without_anybody_on_duty_the_screen_says_so(town: Town) -> None:
    """It must not say that officers were told."""
    ann = town.resident("Ann")
    await ann.says(DANGER)
    await ann.taps("urgent.report.options.now")
    assert ann.was_told("urgent.place.waiting")
    assert not ann.was_told("urgent.place.ask")


async def test_nobody_opens_it(town: Town) -> None:
    """The resident is told to call once more."""
    await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.says(DANGER)
    await ann.taps("urgent.report.options.now")
    town.advance(minutes=31)
    await check_deadlines(town)
    assert ann.is_told("notice.escalate_urgent")
    assert ann.count_told("notice.escalate_urgent") == 1
