"""A resident gives an opinion, from the first word to the receipt and the officer's alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot import export
from storage import conversations, residents
from storage.models import Audit, Conversation, Resident, Submission
from storage.rows import table

if TYPE_CHECKING:
    from tests.people import Town


async def exported(town: Town, *, with_identity: bool = False) -> list[dict[str, Any]]:
    """What the export says."""
    async with town.app.database.reading() as connection:
        records = export.submission_records(connection, None, None, with_identity=with_identity)
        return [record async for record in records]


async def count(town: Town, model: Any) -> int:
    """How many rows a table has."""
    async with town.app.database.reading() as connection:
        return len((await connection.execute(select(table(model)))).all())


async def test_from_hello_to_receipt_and_alert(town: Town) -> None:
    """Every question in turn; in the end the receipt, the submission and the alert are there."""
    officer = await town.officer("Binh", unit="11407")
    ann = town.resident("Ann")
    await ann.says("/start")
    assert ann.was_told("start.emergency")
    await ann.taps("start.feedback")
    assert ann.is_asked("feedback.consent")
    await ann.taps("feedback.consent.options.agree")
    await ann.taps("feedback.kind.options.report")
    await ann.taps("feedback.topic.options.congestion")
    assert ann.is_asked("feedback.area")
    await ann.says("an bien")
    assert ann.buttons[0] == "Phường An Biên"
    await ann.taps("Phường An Biên")
    assert ann.is_asked("feedback.details")
    await ann.says("Cổng trường tắc đường lúc 7 giờ.")
    await ann.says("Sáng nào cũng vậy.")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    assert ann.is_asked("feedback.review")
    await ann.taps("feedback.review.options.submit")
    assert ann.is_told("receipt.text")
    assert officer.is_told("alert.text")
    assert ann.code in officer.sees
    assert "tắc đường lúc" not in officer.sees
    (record,) = await exported(town)
    assert record["text"] == "Cổng trường tắc đường lúc 7 giờ.\nSáng nào cũng vậy."
    assert record["code"] == ann.code
    assert (record["kind"], record["topics"], record["unit_code"]) == (
        "report", ["congestion"], "11407",
    )  # fmt: skip
    # Wednesday 25 November, 10 working days: 9 December, five in the afternoon in the city.
    assert record["due_at"] == "2026-12-09T10:00:00+00:00"


async def test_an_officer_opens_the_case(town: Town) -> None:
    """The alert's button shows the text to who may see it; the resident sees that it was opened."""
    officer = await town.officer("Binh", unit="11407")
    ann = town.resident("Ann")
    code = await ann.gives("Mất xe đạp ở ngõ 5.", area="Phường An Biên")
    await officer.taps("alert.open")
    assert "Mất xe đạp ở ngõ 5." in officer.sees
    await ann.says(f"/mine {code.lower().replace('-', ' ')}")
    assert ann.is_told("mine.events.case.opened")


async def test_another_officer_is_refused_and_that_is_audited(town: Town) -> None:
    """A button pressed by somebody of another unit, or forged by a resident, opens nothing."""
    await town.officer("Binh", unit="11407")
    stranger = await town.officer("Chi", unit="11413")
    ann = town.resident("Ann")
    code = await ann.gives("Bí mật.", area="Phường An Biên")
    for person in (stranger, ann):
        await person.says("/help")
        number = person.messages[-1]["message_id"]
        callback = {
            "id": f"forged-{person.id}",
            "from": {"id": person.id, "is_bot": False, "first_name": person.name},
            "chat_instance": "1",
            "message": {**person.messages[-1], "message_id": number},
            "data": f"case:open={code}",
        }
        await person.does("update", {"callback_query": callback})
        assert "Bí mật." not in " ".join(person.heard)
    async with town.app.database.reading() as connection:
        rows = (await connection.execute(select(table(Audit)))).all()
    assert [row.action for row in rows].count("case.refused") == 2


async def test_an_opinion_survives_a_replica_change(twin_town: Town) -> None:
    """A resident whose messages reach two replicas in turn gives one opinion."""
    town = twin_town
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    first, second = town.replica(0), town.replica(1)
    await ann.says("/feedback", to=first)
    await ann.taps("feedback.consent.options.agree", to=second)
    await ann.taps("feedback.kind.options.report", to=first)
    await ann.taps("feedback.topic.options.theft", to=second)
    assert ann.is_asked("feedback.area")
    await ann.taps("feedback.area.options.skip", to=first)
    await ann.says("Một.", to=second)
    await ann.says("Hai.", to=first)
    await ann.taps("feedback.details.options.done", to=second)
    await ann.taps("feedback.identity.options.channel", to=first)
    await ann.taps("feedback.review.options.submit", to=second)
    (record,) = await exported(town)
    assert record["text"] == "Một.\nHai."
    assert ann.is_told("receipt.text")
    assert officer.is_told("alert.text")


async def test_refusing_the_notice_stores_nothing(town: Town) -> None:
    """Who does not agree leaves no row behind."""
    ann = town.resident("Ann")
    await ann.says("Tôi muốn nói một việc.")
    await ann.taps("feedback.offer.options.yes")
    await ann.taps("feedback.consent.options.refuse")
    assert ann.is_told("feedback.stopped.refused")
    assert await count(town, Conversation) == 0
    assert await count(town, Resident) == 0
    assert await count(town, Submission) == 0


async def test_the_consent_is_stored_with_version_and_time(town: Town) -> None:
    """At the moment it is given, not when the opinion is sent."""
    ann = town.resident("Ann")
    await ann.says("/gopy")
    town.later(minutes=5)
    await ann.taps("feedback.consent.options.agree")
    async with town.app.database.reading() as connection:
        resident = await residents.find(connection, ann.id)
    assert resident is not None
    assert (resident.consent_version, resident.consent_at) == ("2026-11", town.now)


async def test_who_just_writes_is_offered_to_make_it_an_opinion(town: Town) -> None:
    """The text is kept and need not be written again."""
    ann = town.resident("Ann")
    await ann.says("Đèn đường hỏng ba tuần rồi.")
    assert ann.is_asked("feedback.offer")
    await ann.says("Ở ngõ 12.")
    await ann.taps("feedback.offer.options.yes")
    await ann.taps("feedback.consent.options.agree")
    await ann.taps("feedback.kind.options.report")
    await ann.taps("feedback.topic.options.other")
    await ann.taps("feedback.area.options.skip")
    assert ann.is_told("feedback.details.more")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.unnamed")
    assert "Đèn đường hỏng ba tuần rồi.\nỞ ngõ 12." in ann.sees
    await ann.taps("feedback.review.options.submit")
    (record,) = await exported(town)
    assert record["text"] == "Đèn đường hỏng ba tuần rồi.\nỞ ngõ 12."
    assert record["confidential"] is True


async def test_back_and_edit_lose_nothing(town: Town) -> None:
    """Going back, and changing an answer from the review page, keep what was written."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Nội dung dài.")
    await ann.taps("move.back")
    assert ann.is_asked("feedback.area")
    await ann.taps("feedback.area.options.skip")
    assert ann.is_told("feedback.details.more")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    await ann.taps("move.edit")
    await ann.taps("feedback.kind.title")
    await ann.taps("feedback.kind.options.praise")
    assert ann.is_asked("feedback.review")
    await ann.taps("feedback.review.options.submit")
    (record,) = await exported(town)
    assert (record["kind"], record["text"]) == ("praise", "Nội dung dài.")


async def test_cancel_forgets_the_draft(town: Town) -> None:
    """Nothing that was written stays."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Thôi không gửi.")
    await ann.says("/huy")
    assert ann.is_told("feedback.stopped.cancelled")
    async with town.app.database.reading() as connection:
        row = await conversations.find(connection, ann.id)
    assert row is not None
    assert (row.flow, row.answers) == (None, {})
    await ann.says("/cancel")
    assert ann.is_told("draft.none")


async def test_a_draft_is_reminded_of_once_and_then_deleted(town: Town) -> None:
    """One reminder before its time is over; after it, what comes is told so."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Để mai viết tiếp.")
    town.later(hours=23)
    for _ in range(3):
        await town.app.schedule.remind_drafts()
        await town.deliver()
    assert [text for text in ann.heard if "Bản nháp được giữ đến" in text] == [ann.sees]
    town.later(hours=2)
    await ann.says("Viết tiếp đây.")
    assert ann.is_told("draft.expired")
    await town.app.schedule.purge()
    async with town.app.database.reading() as connection:
        row = await conversations.find(connection, ann.id)
    assert row is not None
    assert row.answers == {}


async def test_a_draft_can_be_gone_on_with_from_its_reminder(town: Town) -> None:
    """The reminder's button shows the question that is open."""
    ann = town.resident("Ann")
    await ann.begins()
    town.later(hours=23)
    await town.app.schedule.remind_drafts()
    await town.deliver()
    await ann.taps("draft.resume")
    assert ann.is_asked("feedback.details")


async def test_an_old_button_shows_the_present_question(town: Town) -> None:
    """A button of an earlier question changes nothing."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    await ann.taps("feedback.consent.options.agree")
    old = ann.messages[-1]["message_id"]
    await ann.taps("feedback.kind.options.report")
    await ann.does("press", message_id=old, data="feedback.topic=theft")
    assert ann.is_asked("feedback.area")
    before = len(ann.messages)
    callback = {
        "id": "old", "from": {"id": ann.id, "is_bot": False, "first_name": "Ann"},
        "chat_instance": "1", "message": ann.messages[-1], "data": "feedback.kind=praise",
    }  # fmt: skip
    await ann.does("update", {"callback_query": callback})
    assert ann.is_asked("feedback.area")
    assert len(ann.messages) == before


async def test_files_are_kept_as_references_in_order(town: Town) -> None:
    """A photo, a video, a voice message, a document and an album, each with its type."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Ảnh chụp sáng nay")
    for act in ("video", "voice", "document"):
        await ann.does(act)
    await ann.does("album", [{"type": "photo"}, {"type": "photo"}])
    assert "6 tệp" in ann.sees
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    await ann.taps("feedback.review.options.submit")
    (record,) = await exported(town)
    types = [file["type"] for file in record["attachments"]]
    assert types == ["photo", "video", "voice", "document", "photo", "photo"]
    assert record["attachments"][4]["album"] == record["attachments"][5]["album"] is not None


async def test_the_officer_gets_the_files(town: Town) -> None:
    """Opening a case shows its files after its text."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Ảnh")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    await ann.taps("feedback.review.options.submit")
    await officer.taps("alert.open")
    assert "photo" in officer.messages[-1]


async def test_a_file_alone_is_asked_for_words(town: Town) -> None:
    """A picture without a word cannot be worked with; it is kept until there are some."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo")
    await ann.taps("feedback.details.options.done")
    assert ann.is_told("feedback.details.rejected.no-text")
    await ann.says("Ở chợ.")
    await ann.taps("feedback.details.options.done")
    assert ann.is_asked("feedback.identity")


async def test_a_corrected_message_replaces_the_first(town: Town) -> None:
    """Editing one's message corrects the draft."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Mất se đạp")
    await ann.does("edit", message_id=_last_own(ann), text="Mất xe đạp")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.channel")
    assert "Mất xe đạp" in ann.sees
    assert "Mất se đạp" not in ann.sees


def _last_own(person: Any) -> int:
    own = [each for each in person.messages if not each["from"]["is_bot"]]
    return int(own[-1]["message_id"])


async def test_a_phone_number_by_the_contact_button(town: Town) -> None:
    """One's own number is taken, another's is not."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Xin gọi lại.")
    await ann.taps("feedback.details.options.done")
    await ann.taps("feedback.identity.options.phone")
    assert ann.is_asked("feedback.phone")
    await ann.does("contact", phone_number="+84900000001", user_id=ann.id + 1)
    assert ann.is_told("feedback.phone.rejected.someone-elses")
    await ann.does("choose", "Gửi số điện thoại của tôi")
    assert ann.is_asked("feedback.review")
    await ann.taps("feedback.review.options.submit")
    (record,) = await exported(town, with_identity=True)
    assert record["phone"]


async def test_mine_shows_ones_own_only(town: Town) -> None:
    """A list, newest first, one with its timeline; another's code is as if it were not."""
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
    """Language is chosen once and holds for everything after."""
    ann = town.resident("Ann")
    await ann.says("/settings")
    await ann.taps("settings.en")
    assert ann.sees == "From now on you are answered in English."
    await ann.gives("A bicycle was stolen.")
    assert "Your opinion has been received." in ann.sees


async def test_typing_does_what_buttons_do(town: Town) -> None:
    """Labels without diacritics, or numbers, stand for the buttons."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    await ann.says("toi dong y")
    await ann.says("phan anh tinh hinh")
    await ann.says("1")
    assert ann.is_asked("feedback.area")
    await ann.says("bo qua")
    await ann.says("Nội dung.")
    await ann.says("da du")
    await ann.says("3")
    await ann.says("gui")
    assert ann.is_told("receipt.text")


@pytest.mark.parametrize("topic", ["officer_attitude", "crime_report_handling"])
async def test_what_is_about_the_unit_does_not_reach_it(town: Town, topic: str) -> None:
    """The unit's own officers are neither alerted nor shown it; the city is."""
    ward = await town.officer("Binh", unit="11407")
    city = await town.officer("Chi")
    ann = town.resident("Ann")
    code = await ann.gives("Cán bộ nói trống không.", topic=topic, area="Phường An Biên")
    assert code in city.sees
    assert code not in " ".join(ward.heard)


async def test_an_alert_waits_for_an_officer(town: Town) -> None:
    """Nobody on duty: the first who comes is alerted of what was given before."""
    ann = town.resident("Ann")
    code = await ann.gives("Không ai trực.")
    officer = await town.officer("Binh")
    await town.app.schedule.alert_waiting()
    await town.deliver()
    assert code in officer.sees


async def test_an_invite_works_once(town: Town) -> None:
    """A second person with the same link is told so and gets no alerts."""
    from bot.casework import service as casework
    from storage.models import Role

    async with town.app.database.transaction() as connection:
        token = await casework.invite(connection, "31", Role.OFFICER, (), town.now)
    ann, bob = town.resident("Ann"), town.resident("Bob")
    await ann.says(f"/start invite_{token}")
    await bob.says(f"/start invite_{token}")
    assert ann.is_told("officer.welcome")
    assert bob.is_told("officer.invite_unusable")
    await ann.says(f"/start invite_{token}")
    assert ann.is_told("officer.welcome")


async def test_an_expired_invite_is_refused(town: Town) -> None:
    """A week is enough."""
    from bot.casework import service as casework
    from storage.models import Role

    async with town.app.database.transaction() as connection:
        token = await casework.invite(connection, "31", Role.OFFICER, (), town.now)
    town.later(days=8)
    ann = town.resident("Ann")
    await ann.says(f"/start invite_{token}")
    assert ann.is_told("officer.invite_unusable")
