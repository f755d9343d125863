"""A resident submits an opinion, from the first message to the receipt and the officer's alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.runtime import jobs
from storage import consents
from storage.models import Conversation, Resident, Submission

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_from_hello_to_receipt_and_alert(town: Town) -> None:
    """What the text leaves open is asked; in the end receipt, submission and alert exist."""
    officer = await town.officer("Binh", unit="11407")
    ann = town.resident("Ann")
    await ann.says("/start")
    assert ann.was_told("start.emergency")
    await ann.taps("start.feedback")
    assert ann.is_asked("feedback.consent")
    await ann.taps("feedback.consent.options.agree")
    assert ann.is_asked("feedback.details")
    await ann.says("Cổng trường tắc đường lúc 7 giờ.")
    assert ann.is_asked("feedback.area")
    await ann.says("an bien")
    assert ann.buttons[0] == "Phường An Biên"
    await ann.taps("Phường An Biên")
    assert ann.is_asked("feedback.review")
    assert "Ùn tắc giao thông" in ann.sees
    assert "Phản ánh tình hình" in ann.sees
    await ann.taps("feedback.review.options.add")
    await ann.says("Sáng nào cũng vậy.")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.review.options.submit")
    assert ann.is_told("receipt.text")
    assert officer.is_told("alert.text")
    assert ann.code in officer.sees
    assert "tắc đường lúc" not in officer.sees
    (record,) = await town.export_submissions()
    assert record["text"] == "Cổng trường tắc đường lúc 7 giờ.\nSáng nào cũng vậy."
    assert record["code"] == ann.code
    assert (record["kind"], record["topics"], record["unit_code"]) == (
        "report",
        ["congestion"],
        "11407",
    )
    # Wednesday 25 November, 10 working days: 9 December, five in the afternoon in the city.
    assert record["due_at"] == "2026-12-09T10:00:00+00:00"


async def test_an_opinion_survives_a_replica_change(twin_town: Town) -> None:
    """A resident whose messages reach two replicas in turn submits one opinion."""
    town = twin_town
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    first, second = town.replica(0), town.replica(1)
    await ann.says("/feedback", to=first)
    await ann.taps("feedback.consent.options.agree", to=second)
    assert ann.is_asked("feedback.details")
    await ann.says("Quán nước chiếm hết vỉa hè.", to=first)
    assert ann.is_asked("feedback.area")
    await ann.taps("feedback.area.options.skip", to=second)
    await ann.taps("feedback.review.options.add", to=first)
    await ann.says("Ngày nào cũng vậy.", to=second)
    await ann.taps("feedback.details.options.done", to=first)
    await ann.taps("feedback.review.options.submit", to=second)
    (record,) = await town.export_submissions()
    assert record["text"] == "Quán nước chiếm hết vỉa hè.\nNgày nào cũng vậy."
    assert ann.is_told("receipt.text")
    assert officer.is_told("alert.text")


async def test_refusing_the_notice_stores_nothing(town: Town) -> None:
    """A resident who does not agree leaves no row behind."""
    ann = town.resident("Ann")
    await ann.says("Tôi muốn nói một việc.")
    await ann.taps("feedback.offer.options.yes")
    await ann.taps("feedback.consent.options.refuse")
    assert ann.is_told("feedback.stopped.refused")
    assert await town.count_rows(Conversation) == 0
    assert await town.count_rows(Resident) == 0
    assert await town.count_rows(Submission) == 0


async def test_the_consent_is_stored_with_version_and_time(town: Town) -> None:
    """At the moment of the consent, not of the submission."""
    ann = town.resident("Ann")
    await ann.says("/gopy")
    town.advance(minutes=5)
    await ann.taps("feedback.consent.options.agree")
    async with town.app.database.reading() as connection:
        consent = await consents.find_consent(
            connection, town.app.policy.pseudonyms.list_consent_keys(ann.id)
        )
    assert consent is not None
    assert (consent.version, consent.at) == ("2026-12", town.now)


async def test_a_text_without_a_command_becomes_an_opinion(town: Town) -> None:
    """The text need not be written again; what comes before the consent joins it."""
    ann = town.resident("Ann")
    await ann.says("Đèn đường hỏng ba tuần rồi.")
    assert ann.is_asked("feedback.consent")
    await ann.says("Tối nào ở ngõ 12 cũng tối om, đi lại rất sợ.")
    assert ann.is_asked("feedback.consent")
    await ann.reaches("feedback.review")
    await ann.corrects(topic="other", identity="unnamed")
    text = "Đèn đường hỏng ba tuần rồi.\nTối nào ở ngõ 12 cũng tối om, đi lại rất sợ."
    assert text in ann.sees
    await ann.taps("feedback.review.options.submit")
    (record,) = await town.export_submissions()
    assert record["text"] == text
    assert record["confidential"] is True


async def test_back_and_edit_lose_nothing(town: Town) -> None:
    """Going back, and changing an answer from the review card, keep the text."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung dài.")
    assert ann.is_asked("feedback.area")
    await ann.taps("move.back")
    assert ann.is_told("feedback.details.more")
    await ann.taps("feedback.details.options.done")
    await ann.reaches("feedback.review")
    await ann.taps("move.edit")
    await ann.taps("feedback.kind.title")
    await ann.taps("feedback.kind.options.praise")
    assert ann.is_asked("feedback.review")
    await ann.taps("feedback.review.options.submit")
    (record,) = await town.export_submissions()
    assert (record["kind"], record["text"]) == ("praise", "Nội dung dài.")


async def test_cancel_forgets_the_draft(town: Town) -> None:
    """Nothing of the text remains."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.says("/huy")
    assert ann.is_told("feedback.stopped.cancelled")
    row = await town.find_chat(ann.id)
    assert row is not None
    assert (row.flow, row.answers) == (None, {})
    await ann.says("/cancel")
    assert ann.is_told("draft.none")


async def test_a_draft_is_reminded_of_once_and_then_deleted(town: Town) -> None:
    """One reminder comes before the end of its lifetime; a later message is told that it has
    expired.
    """
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Để mai viết tiếp.")
    town.advance(hours=23)
    for _ in range(3):
        await jobs.remind_drafts(town.app.job_context)
        await town.deliver()
    assert [text for text in ann.heard if "Bản nháp được giữ đến" in text] == [ann.sees]
    town.advance(hours=2)
    await ann.says("Viết tiếp đây.")
    assert ann.is_told("draft.expired")
    await jobs.purge_data(town.app.job_context)
    row = await town.find_chat(ann.id)
    assert row is not None
    assert row.answers == {}


async def test_a_draft_continues_from_its_reminder(town: Town) -> None:
    """The reminder's button shows the open question."""
    ann = town.resident("Ann")
    await ann.begins()
    town.advance(hours=23)
    await jobs.remind_drafts(town.app.job_context)
    await town.deliver()
    await ann.taps("draft.resume")
    assert ann.is_asked("feedback.details")


async def test_fault_07_an_old_button_shows_the_present_question(town: Town) -> None:
    """A button of an earlier question changes nothing."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    await ann.taps("feedback.consent.options.agree")
    await ann.says("Mất xe đạp.")
    assert ann.is_asked("feedback.area")
    before = len(ann.messages)
    await ann.presses_data("feedback.kind=praise")
    await ann.presses_data("feedback.kind=praise")
    assert ann.is_asked("feedback.area")
    assert len(ann.messages) <= before + 1


async def test_mine_shows_only_the_residents_own_opinions(town: Town) -> None:
    """A list, newest first, and each with its timeline; the code of another person is unknown."""
    ann, bob = town.resident("Ann"), town.resident("Bob")
    await bob.says("/mine")
    assert bob.is_told("mine.none")
    codes = [await ann.gives(f"Việc {number}.") for number in range(7)]
    await ann.says("/tracuu")
    assert [label.split()[0] for label in ann.buttons[:5]] == codes[:1:-1]
    await ann.taps("mine.older")
    assert [label.split()[0] for label in ann.buttons] == codes[1::-1]
    await ann.taps(ann.buttons[0])
    assert "Việc 1." in ann.sees
    await bob.says(f"/mine {codes[0]}")
    assert bob.is_told("mine.unknown")


async def test_the_whole_conversation_in_english(town: Town) -> None:
    """The language is chosen once and holds for everything after."""
    ann = town.resident("Ann")
    await ann.says("/settings")
    await ann.taps("settings.en")
    assert "Answers and questions about your opinions always come." in ann.sees
    await ann.gives("A bicycle was stolen.")
    assert "Your opinion has been received." in ann.sees


async def test_a_typed_label_is_a_press_of_the_button(town: Town) -> None:
    """Labels without diacritics and numbers are understood."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    await ann.says("toi dong y")
    await ann.says("Nội dung.")
    assert ann.is_asked("feedback.area")
    await ann.says("bo qua")
    await ann.says("sua")
    await ann.says("loai y kien")
    await ann.says("loi khen, dong vien")
    assert "Lời khen" in ann.sees
    await ann.says("gui")
    assert ann.is_told("receipt.text")


async def test_the_card_shows_the_kind_of_the_text_and_what_the_law_says_of_it(town: Town) -> None:
    """A formal kind has its legal notice; a kind that nobody can tell stays unsure."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Tôi tố cáo cán bộ phường nhận tiền của người bán hàng")
    await ann.reaches("feedback.review")
    assert ann.is_told("feedback.formal.about.denunciation")
    assert "Tố cáo" in ann.sees
    await ann.taps("feedback.review.options.submit")
    assert ann.is_told("receipt.text")
    await ann.begins()
    await ann.says("Nội dung.")
    await ann.reaches("feedback.review")
    assert ann.is_told("feedback.kind.options.unsure")
    await ann.taps("feedback.review.options.submit")
    records = await town.export_submissions()
    assert [(r["kind"], r["confidential"]) for r in records] == [
        ("denunciation", True),
        ("unsure", False),
    ]
