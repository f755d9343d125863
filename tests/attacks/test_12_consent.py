"""Attacks on consent: nothing is kept of somebody who has not agreed, or agrees no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.runtime import jobs
from bot.runtime.settings import AbuseSettings
from storage import conversations
from storage.models import Conversation, Remark, Role
from storage.statements import fetch_all, table
from tests.town.casework import answer_case, open_case
from tests.town.texts import contains_text
from tests.town.town import open_town

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

WARD, NAMED = "11407", "Phường An Biên"
DANGER = "Cứu với, có kẻ cầm dao đang chém người ở ngõ 5!"


async def list_remarks(town: Town) -> list[str]:
    """Return the texts that residents added to submissions, oldest first."""
    async with town.app.database.reading() as connection:
        rows = select(table(Remark)).where(table(Remark).c.officer_id.is_(None))
        return [each.text for each in await fetch_all(connection, Remark, rows)]


async def list_drafts(town: Town) -> list[str]:
    """Return the open drafts of all chats, opened with the key."""
    vault = town.app.policy.pseudonyms
    async with town.app.database.reading() as connection:
        rows = await fetch_all(connection, Conversation, select(table(Conversation)))
    opened = [conversations.open_row(vault, each, each.chat_id) for each in rows]
    return [str(each.answers) for each in opened if each.flow is not None]


async def withdraw(person: Person) -> None:
    """Withdraw the consent."""
    await person.says("/mydata")
    await person.taps("mydata.withdraw")
    await person.taps("mydata.yes.withdraw")


async def give_handled_case(town: Town, ann: Person, officer: Person) -> str:
    """Give an opinion that an officer works on, so that it outlives the withdrawal of consent."""
    code = await ann.gives("Đèn đường hỏng.", area=NAMED)
    await open_case(officer, code)
    await officer.taps("case.do.accept")
    return code


# The first message


async def test_a_first_message_lives_for_an_hour(town: Town) -> None:
    """It is said so at once. Further messages and the notice itself do not make it live longer."""
    ann = town.resident("Ann")
    await ann.says("Đèn đường hỏng ở ngõ 5.")
    assert ann.is_asked("feedback.consent")
    assert "một giờ" in ann.sees
    town.advance(minutes=40)
    await ann.says("Ngõ 7 cũng hỏng.")
    assert ann.is_asked("feedback.consent")
    heard = len(ann.heard)
    for _ in range(20):
        await jobs.remind_drafts(town.app.job_context)
        await jobs.expire_drafts(town.app.job_context)
        assert len(await list_drafts(town)) == 1
        town.advance(minutes=1)
    await jobs.expire_drafts(town.app.job_context)
    assert await list_drafts(town) == []
    assert len(ann.heard) == heard
    await ann.taps("feedback.consent.options.agree")
    assert not ann.is_asked("feedback.area")
    assert not ann.is_asked("feedback.review")


async def test_a_message_of_somebody_who_agrees_is_kept_as_a_draft(town: Town) -> None:
    """After the consent the draft lives as long as any other, with what was written before it."""
    ann = town.resident("Ann")
    await ann.says("Đèn đường hỏng ở ngõ 5.")
    await ann.taps("feedback.consent.options.agree")
    town.advance(hours=10)
    await jobs.expire_drafts(town.app.job_context)
    code = await ann.finishes()
    assert (await town.get_submission(code)).text == "Đèn đường hỏng ở ngõ 5."


async def test_a_registration_before_consent_lives_for_an_hour(town: Town) -> None:
    """This holds for every conversation that asks for consent."""
    ann = town.resident("Ann")
    await ann.says("/feedback")
    town.advance(minutes=61)
    await jobs.expire_drafts(town.app.job_context)
    assert await list_drafts(town) == []


# Withdrawn consent


@pytest.mark.parametrize("way", ["button", "reply", "question", "edit"])
async def test_what_is_written_after_the_withdrawal_waits_for_consent(town: Town, way: str) -> None:
    """The resident is asked to agree first, and told that the text is not recorded yet."""
    officer = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    code = await give_handled_case(town, ann, officer)
    if way == "question":
        await officer.taps("case.do.ask")
        await officer.writes("Cột đèn số mấy?")
    await withdraw(ann)
    before = await town.get_submission(code)
    if way == "button":
        await ann.says(f"/mine {code}")
        await ann.taps("mine.addition")
        await ann.says("Cột số 5.")
    elif way == "edit":
        await ann.edits("Đèn đường hỏng.", "Đèn đường hỏng, cột số 5.")
    else:
        text = "Cột đèn số mấy?" if way == "question" else code
        asked = next(m for m in ann.messages if text in m.get("text", ""))
        await ann.does("text", "Cột số 5.", reply_to=asked["message_id"])
    assert await list_remarks(town) == []
    assert (await town.get_submission(code)).version == before.version
    if way == "edit":
        assert ann.is_told("edit.needs_consent")
        await ann.taps("mine.addition")
    assert any("feedback.consent" in each or "đồng ý" in each for each in ann.heard[-2:])
    await ann.taps("feedback.consent.options.agree")
    if way in {"button", "edit"}:
        await ann.says("Cột số 5.")
    await ann.taps("gather.done")
    assert await list_remarks(town) == ["Cột số 5."]


async def test_a_rating_and_a_reopening_check_consent(town: Town) -> None:
    """Neither is stored without consent; a withdrawal needs none."""
    officer = await town.officer("Binh", unit=WARD)
    leader = await town.officer("Chi", unit=WARD, role=Role.APPROVER)
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng.", kind="crime_report", area=NAMED)
    await open_case(officer, code)
    await officer.taps("case.do.accept")
    await answer_case(officer, leader, code)
    await withdraw(ann)
    await ann.presses_data(f"mine:rating={code}")
    await ann.presses_data("rating.score=2")
    assert (await town.get_submission(code)).rating is None
    await ann.taps("feedback.consent.options.agree")
    await ann.taps("rating.score.options.2")
    assert (await town.get_submission(code)).rating == 2


async def test_a_late_file_checks_consent(town: Town) -> None:
    """A file that joins the album of a submission after the consent was withdrawn."""
    officer = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.does("photo", media_group_id="album")
    code = await ann.finishes(area=NAMED)
    await open_case(officer, code)
    await officer.taps("case.do.accept")
    await withdraw(ann)
    before = await town.get_submission(code)
    await ann.does("photo", caption="Thêm ảnh", media_group_id="album")
    assert await list_remarks(town) == []
    assert (await town.get_submission(code)).version == before.version


# Danger


@pytest.mark.parametrize("consent", ["none", "asked", "refused", "withdrawn"])
async def test_the_emergency_number_is_shown_whatever_the_consent_is(
    town: Town, consent: str
) -> None:
    """Before consent, at its question, after a refusal and after a withdrawal."""
    officer = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    if consent == "asked":
        await ann.says("/feedback")
    elif consent == "refused":
        await ann.says("/feedback")
        await ann.taps("feedback.consent.options.refuse")
    elif consent == "withdrawn":
        code = await give_handled_case(town, ann, officer)
        await withdraw(ann)
        await ann.says(f"/mine {code}")
        await ann.taps("mine.addition")
    assert not ann.was_told("urgent.report.ask")
    await ann.says(DANGER)
    assert ann.is_told("urgent.report.ask")
    assert ann.sees.startswith("GỌI NGAY 113")


async def test_the_emergency_number_is_shown_above_a_limit(database_url: str) -> None:
    """A person who may not begin one more opinion today is still told whom to call."""
    strict = AbuseSettings(opinions_a_day=1, everybody_a_minute=100, messages_a_minute=100)
    async with open_town(database_url, abuse=strict) as town:
        ann = town.resident("Ann")
        await ann.gives("Đèn hỏng.")
        await ann.says(DANGER)
        assert ann.is_told("urgent.report.ask")
        await ann.taps("urgent.report.options.not_urgent")
        assert ann.is_told("abuse.enough_today")


# Messages that wait for a choice


async def reply_beside_a_draft(town: Town, *, agrees: bool) -> tuple[Person, int]:
    """An officer, who gave an opinion, replies to its receipt while a question of work is open."""
    officer, ann = await town.officer("Binh", unit=WARD), await town.officer("Ann", unit="31")
    await give_handled_case(town, ann, officer)
    receipt = next(m for m in ann.messages if contains_text(m.get("text", ""), "receipt.text"))
    if not agrees:
        await withdraw(ann)
    await ann.says("/away")
    await ann.does("text", "Chỗ ấy gần quán Tèo.", reply_to=receipt["message_id"])
    assert any("Tèo" in draft for draft in await list_drafts(town))
    return ann, receipt["message_id"]


async def test_a_message_that_waits_for_a_choice_lives_for_an_hour(town: Town) -> None:
    """It is stored beside another conversation, which has a longer life. More does not help it."""
    ann, receipt = await reply_beside_a_draft(town, agrees=False)
    town.advance(minutes=40)
    await ann.does("text", "Ở ngõ 7.", reply_to=receipt)
    town.advance(minutes=21)
    await jobs.expire_drafts(town.app.job_context)
    assert not any("Tèo" in draft for draft in await list_drafts(town))


async def test_after_consent_a_waiting_message_lives_as_long_as_its_draft(town: Town) -> None:
    """Consent was given: nothing is shortened."""
    await reply_beside_a_draft(town, agrees=True)
    town.advance(hours=20)
    await jobs.expire_drafts(town.app.job_context)
    assert any("Tèo" in draft for draft in await list_drafts(town))


async def test_a_draft_goes_on_when_the_waiting_message_is_dropped(town: Town) -> None:
    """The own conversation is continued, and lives as long as before."""
    ann, _receipt = await reply_beside_a_draft(town, agrees=False)
    await ann.presses_data("draft:resume")
    assert not any("Tèo" in draft for draft in await list_drafts(town))
    town.advance(hours=20)
    await jobs.expire_drafts(town.app.job_context)
    assert len(await list_drafts(town)) == 1
