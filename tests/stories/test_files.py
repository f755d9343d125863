"""Files, corrected messages and phone numbers in an opinion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_files_are_stored_in_order_with_their_type(town: Town) -> None:
    """A photo, a video, a voice message, a document and an album."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Ảnh chụp sáng nay")
    for act in ("video", "voice", "document"):
        await ann.does(act)
    await ann.does("album", [{"type": "photo"}, {"type": "photo"}])
    await ann.reaches("feedback.review")
    assert "Tệp kèm: 6" in ann.sees
    await ann.finishes()
    (record,) = await town.export_submissions()
    types = [file["type"] for file in record["attachments"]]
    assert types == ["photo", "video", "voice", "document", "photo", "photo"]
    assert record["attachments"][4]["album"] == record["attachments"][5]["album"] is not None


async def test_the_officer_gets_the_files(town: Town) -> None:
    """Opening a case shows its files after its text."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("photo", caption="Ảnh")
    await ann.finishes()
    await officer.taps("alert.open")
    assert "photo" in officer.messages[-1]


async def test_a_file_without_text_is_enough(town: Town) -> None:
    """Not everybody can type."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("voice")
    await ann.finishes()
    (record,) = await town.export_submissions()
    assert (record["text"], len(record["attachments"])) == ("", 1)


async def test_a_corrected_message_replaces_the_first(town: Town) -> None:
    """Editing a message corrects the draft."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Mất se đạp")
    await ann.does("edit", message_id=_get_last_own_message(ann), text="Mất xe đạp")
    await ann.reaches("feedback.review")
    assert "Mất xe đạp" in ann.sees
    assert "Mất se đạp" not in ann.sees


def _get_last_own_message(person: Any) -> int:
    """Return the id of the person's newest own message."""
    own = [each for each in person.messages if not each["from"]["is_bot"]]
    return int(own[-1]["message_id"])


async def test_a_phone_number_by_the_contact_button(town: Town) -> None:
    """The resident's own number is accepted; the number of another person is refused."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Xin gọi lại.")
    await ann.reaches("feedback.review")
    await ann.corrects(identity="phone")
    assert ann.is_asked("feedback.phone")
    await ann.does("contact", phone_number="+84900000001", user_id=ann.id + 1)
    assert ann.is_told("feedback.phone.rejected.someone-elses")
    await ann.does("choose", "Gửi số điện thoại của tôi")
    assert ann.is_asked("feedback.review")
    await ann.taps("feedback.review.options.submit")
    (record,) = await town.export_submissions(with_identity=True)
    assert record["phone"]
