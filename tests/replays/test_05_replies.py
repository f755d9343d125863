"""Kind 5: replies in Telegram's sense belong to the message that they reply to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from storage.models import Remark, RemarkKind, State
from storage.statements import fetch_all, table
from tests.town.casework import accept_case, choose_action, open_case
from tests.town.texts import contains_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.town.person import Person
    from tests.town.town import Town


def find_shown(person: Person, key: str, words: str = "") -> int:
    """Return the id of the bot's newest message with the text of a key and these words."""
    found = [
        message["message_id"]
        for message in person.messages
        if message["from"]["is_bot"]
        and contains_text(message.get("text", ""), key)
        and words in message["text"]
    ]
    assert found, (key, person.heard)
    return int(found[-1])


async def list_remarks(town: Town) -> Sequence[Remark]:
    """Return the remarks of all submissions, oldest first."""
    remarks = table(Remark)
    async with town.app.database.reading() as connection:
        return await fetch_all(connection, Remark, select(remarks).order_by(remarks.c.id))


async def make_question(town: Town) -> tuple[Person, Person, str]:
    """Return a resident, an officer, and the code of a case whose resident was asked something."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await accept_case(officer, code)
    await choose_action(officer, code, "ask")
    await officer.writes("Ở đâu?")
    return ann, officer, code


@pytest.mark.parametrize(
    ("act", "given"),
    [
        ("text", {"text": "Đèn ở gần chợ."}),
        ("text", {"text": "1"}),
        ("text", {"text": "HP-2222-2222"}),
        ("photo", {}),
        ("photo", {"caption": "Ở đây."}),
        ("document", {}),
    ],
)
async def test_a_reply_to_a_question_answers_it(
    town: Town, act: str, given: dict[str, Any]
) -> None:
    """Words, a code and files; the case goes on."""
    ann, _officer, code = await make_question(town)
    await ann.does(act, reply_to=find_shown(ann, "notice.ask"), **given)
    await ann.taps("reply.details.options.done")
    assert (await town.get_submission(code)).state is State.IN_PROGRESS
    remark = (await list_remarks(town))[-1]
    assert remark.kind is RemarkKind.REPLY
    assert remark.text == given.get("text", given.get("caption", ""))


async def test_a_photo_replied_to_a_receipt_is_an_addition(town: Town) -> None:
    """Of two submissions it joins the one whose receipt it replies to."""
    ann = town.resident("Ann")
    first = await ann.gives("Đèn đường bị hỏng.")
    await ann.gives("Mất xe đạp.")
    await ann.does("photo", reply_to=find_shown(ann, "receipt.text", first))
    assert first in ann.sees
    await ann.taps("addition.details.options.done")
    files = {each["code"]: len(each["attachments"]) for each in await town.export_submissions()}
    assert files[first] == 1
    assert sum(files.values()) == 1


async def test_a_reply_to_ones_own_words_is_an_addition(town: Town) -> None:
    """The words are those of a submission."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    await ann.does("text", "Đèn ở gần chợ.", reply_to=ann.find_own("Đèn đường bị hỏng."))
    await ann.taps("addition.details.options.done")
    (remark,) = await list_remarks(town)
    assert (remark.kind, remark.text) == (RemarkKind.ADDITION, "Đèn ở gần chợ.")
    assert (await town.get_submission(code)).text == "Đèn đường bị hỏng."


async def test_an_officers_reply_to_an_alert_is_a_note(town: Town) -> None:
    """It is about the case of the alert, although another case is open on the screen."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    first = await ann.gives("Đèn đường bị hỏng.")
    second = await ann.gives("Mất xe đạp.")
    await open_case(officer, second)
    await officer.does("text", "Đã gọi điện.", reply_to=find_shown(officer, "alert.text", first))
    assert f"Ghi chú nội bộ – {first}" in officer.sees
    await officer.taps("gather.done")
    assert f"Ghi chú nội bộ – {first}" in officer.sees
    (remark,) = await list_remarks(town)
    assert (remark.kind, remark.text) == (RemarkKind.NOTE, "Đã gọi điện.")
    assert remark.submission_id == (await town.get_submission(first)).id


@pytest.mark.parametrize("chosen", ["switch", "continue"])
async def test_a_reply_about_another_subject_asks_which_one_is_meant(
    town: Town, chosen: str
) -> None:
    """A transfer is open for one case, the reply is to the alert of another."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    first = await ann.gives("Đèn đường bị hỏng.")
    second = await ann.gives("Mất xe đạp.")
    await accept_case(officer, second)
    await choose_action(officer, second, "transfer")
    await officer.does("text", "Đã gọi điện.", reply_to=find_shown(officer, "alert.taken", ""))
    if not officer.is_told("draft.conflict"):  # the alert of the same case: an answer
        await officer.does("text", "/huy")
        await choose_action(officer, second, "transfer")
    await officer.does("text", "Gọi rồi.", reply_to=find_shown(officer, "alert.text", first))
    assert officer.is_told("draft.conflict")
    answers = await town.read_answers(officer.id)
    assert "body" not in answers
    label = next(each for each in officer.buttons if ("Bỏ dở" in each) == (chosen == "switch"))
    await officer.taps(label)
    if chosen == "switch":
        await officer.taps("gather.done")
        assert [each.text for each in await list_remarks(town)] == ["Gọi rồi."]
    else:
        assert officer.is_asked("transfer.body")
        assert officer.is_told("draft.dropped")
        assert first in officer.sees
        assert await list_remarks(town) == []


async def start_conflict(town: Town) -> tuple[Person, str, str]:
    """Return an officer who replied to the alert of a first case, while a second one is open."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    first = await ann.gives("Đèn đường bị hỏng.")
    second = await ann.gives("Mất xe đạp.")
    await accept_case(officer, second)
    await choose_action(officer, second, "transfer")
    await officer.does("text", "Gọi rồi.", reply_to=find_shown(officer, "alert.text", first))
    assert officer.is_told("draft.conflict")
    return officer, first, second


@pytest.mark.parametrize("ending", ["cancelled", "expired", "other", "pressed"])
async def test_a_waiting_reply_is_never_lost_silently(town: Town, ending: str) -> None:
    """However the open conversation goes on: the person is told which message to send again."""
    officer, first, second = await start_conflict(town)
    match ending:
        case "cancelled":
            await officer.says("/huy")
        case "expired":
            town.advance(days=2)
            await officer.says("Còn đó không?")
        case "other":
            await officer.presses_data(f"case:ask={second}")
        case "pressed":
            number = find_shown(officer, "transfer.body.ask")
            await officer.taps("move.cancel", of=officer.find_message(number)["text"])
    assert officer.was_told("draft.dropped")
    assert first in next(text for text in officer.heard if contains_text(text, "draft.dropped"))
    assert await list_remarks(town) == []


async def test_several_replies_wait_together(town: Town) -> None:
    """Two replies to the alert of one case: both are part of the note."""
    officer, first, _second = await start_conflict(town)
    await officer.does("text", "Đã hẹn.", reply_to=find_shown(officer, "alert.text", first))
    await officer.taps(next(each for each in officer.buttons if "Bỏ dở" in each))
    assert not officer.was_told("draft.dropped")
    await officer.taps("gather.done")
    assert [each.text for each in await list_remarks(town)] == ["Gọi rồi.\nĐã hẹn."]


async def test_words_before_the_choice_are_refused_aloud(town: Town) -> None:
    """They are for neither of the two conversations."""
    officer, _first, _second = await start_conflict(town)
    await officer.says("Một lời nữa.")
    assert officer.is_told("draft.not_taken")
    assert officer.is_told("draft.conflict")


async def test_a_reply_to_the_subject_of_the_draft_is_its_answer(town: Town) -> None:
    """A second message of the same reply needs no question."""
    ann, _officer, _code = await make_question(town)
    notice = find_shown(ann, "notice.ask")
    for words in ("Đèn ở gần chợ.", "Gần số 5."):
        await ann.does("text", words, reply_to=notice)
    await ann.taps("reply.details.options.done")
    assert (await list_remarks(town))[-1].text == "Đèn ở gần chợ.\nGần số 5."


async def test_a_reply_to_a_closed_submission_is_refused_aloud(town: Town) -> None:
    """Nothing can be added to what was withdrawn."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường bị hỏng.")
    receipt = find_shown(ann, "receipt.text")
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.withdraw")
    await ann.taps("mine.withdraw")
    await ann.does("text", "Thêm.", reply_to=receipt)
    assert ann.is_told("replied.closed")


async def test_a_reply_of_another_person_reaches_nothing(town: Town) -> None:
    """The id of a message counts only in its own chat."""
    ann, bao = town.resident("Ann"), town.resident("Bao")
    await ann.gives("Đèn đường bị hỏng.")
    receipt = find_shown(ann, "receipt.text")
    await bao.says("/start")
    message = {**bao.messages[0], "message_id": 900_000, "text": "Đèn ngõ tôi hỏng."}
    message.pop("entities", None)
    replied = {**bao.messages[-1], "message_id": receipt}
    update = {"update_id": 81_000_000, "message": {**message, "reply_to_message": replied}}
    await bao.does("update", update)
    assert bao.is_asked("feedback.consent")


async def test_a_reply_to_a_view_is_about_what_it_shows(town: Town) -> None:
    """The bot's direct answers: a case to its officer, a submission to its resident."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    first = await ann.gives("Đèn đường bị hỏng.")
    await ann.gives("Mất xe đạp.")
    await open_case(officer, first)
    await officer.does("text", "Đã gọi.", reply_to=find_shown(officer, "case.text", first))
    await officer.taps("gather.done")
    await ann.says(f"/tracuu {first}")
    await ann.does("text", "Đèn ở gần chợ.", reply_to=find_shown(ann, "mine.one", first))
    await ann.taps("addition.details.options.done")
    case = await town.get_submission(first)
    remarks = await list_remarks(town)
    assert [(each.submission_id, each.text) for each in remarks] == [
        (case.id, "Đã gọi."),
        (case.id, "Đèn ở gần chợ."),
    ]
