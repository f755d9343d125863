"""Kind 17: who gave their name or phone number cannot take it back without an erasure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import select

from bot.feedback.followup_service import IDENTITY_ACTIONS
from storage import submissions
from storage.models import Audit, Consent, Identity, Outbox, Resident, State
from storage.statements import table
from tests.attacks.hostile_files import make_word

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

PHONE = "+84900000001"
OPEN = (
    State.RECEIVED,
    State.ASSIGNED,
    State.IN_PROGRESS,
    State.AWAITING_RESIDENT,
    State.TRANSFERRED,
    State.ANSWER_PROPOSED,
)
OVER = (State.ANSWERED, State.CLOSED, State.WITHDRAWN, State.REJECTED, State.DIVERTED)


async def submit(person: Person, identity: str, kind: str = "report") -> str:
    """Submit an opinion, with a phone number if that is the identity; return the code."""
    await person.begins()
    await person.says("Quán hát đến 2 giờ sáng")
    await person.reaches("feedback.review")
    await person.corrects(kind=kind, identity=identity)
    if identity == "phone":
        await person.does("contact", phone_number=PHONE, user_id=person.id)
    await person.taps("feedback.review.options.submit")
    return person.code


async def set_state(town: Town, code: str, state: State) -> None:
    """Put a submission into a state."""
    submission = await town.get_submission(code)
    async with town.work() as work:
        await submissions.update_submission(work.connection, submission, state=state)


async def list_rows(town: Town, model: Any) -> list[Any]:
    """Return all rows of a table."""
    async with town.app.database.reading() as connection:
        return list((await connection.execute(select(table(model)))).all())


async def hide(person: Person, code: str, action: str) -> None:
    """Press the button of the person's list, and confirm."""
    await person.says(f"/tracuu {code}")
    await person.taps(f"mine.{action}")
    assert person.is_told(f"mine.sure_{action}")
    await person.taps(f"mine.{action}")


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("identity", ["channel", "phone"])
async def test_a_named_opinion_becomes_unnamed_until_it_is_answered(
    town: Town, identity: str, state: State
) -> None:
    """Nothing is erased, and no stored row leads from it to the named resident any more."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await submit(ann, identity)
    await officer.says(f"/case {code}")
    await set_state(town, code, state)
    await hide(ann, code, "hide_name")
    assert ann.is_told("mine.done_hide_name")
    after = await town.get_submission(code)
    assert (after.identity, after.phone, after.confidential) == (Identity.UNNAMED, None, True)
    assert (after.state, after.text) == (state, "Quán hát đến 2 giờ sáng")
    pseudonyms = town.app.policy.pseudonyms
    named = pseudonyms.list_pseudonyms(ann.id, named=True)
    owner = next(row for row in await list_rows(town, Resident) if row.id == after.resident_id)
    assert owner.alias not in named
    about = [row for row in await list_rows(town, Outbox) if row.submission_id == after.id]
    assert not [row for row in about if row.chat_id in named]
    (record,) = await town.export_submissions(with_identity=True)
    assert (record["chat_id"], record["phone"]) == (None, None)


@pytest.mark.parametrize("action", IDENTITY_ACTIONS)
async def test_officers_who_have_it_are_told_and_see_that_it_changed(
    town: Town, action: str
) -> None:
    """The alert and the audit entry hold neither name nor number nor id."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await submit(ann, "phone")
    await officer.taps("alert.open")
    assert "900000001" in officer.sees
    await officer.taps("case.do.accept")
    before = len(officer.heard)
    await hide(ann, code, action)
    told = officer.heard[before:]
    assert officer.was_told("alert.unnamed" if action == "hide_name" else "alert.phone_removed")
    await officer.says(f"/case {code}")
    assert "900000001" not in officer.sees
    shown = "không nêu danh tính" if action == "hide_name" else "qua kênh này"
    assert f"Liên hệ: {shown}" in officer.sees
    for text in [*told, officer.sees]:
        assert not any(word in text for word in ("Ann", "900000001", str(ann.id)))
    names = ("submission.unnamed", "submission.phone_removed")
    (entry,) = [row for row in await list_rows(town, Audit) if row.action in names]
    assert (entry.actor_role, entry.actor_id) == ("resident", None)
    written = orjson.dumps(entry.details).decode()
    assert not any(word in written for word in ("Ann", "900000001", str(ann.id), "phone"))
    await ann.says(f"/tracuu {code}")
    assert ann.is_told(f"mine.events.{entry.action}")


@pytest.mark.parametrize("identity", ["channel", "phone"])
async def test_the_resident_of_an_opinion_that_became_unnamed_still_gets_the_answer(
    town: Town, identity: str
) -> None:
    """It stays in the resident's list, and can be added to and withdrawn."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    code = await submit(ann, identity)
    await hide(ann, code, "hide_name")
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    await officer.taps("case.do.ask")
    await officer.writes("Ở số nhà nào?")
    assert ann.has_heard("Ở số nhà nào?")
    await ann.says("/tracuu")
    assert any(code in label for label in ann.buttons)
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.withdraw")
    await ann.taps("mine.withdraw")
    assert ann.is_told("mine.withdrawn")


@pytest.mark.parametrize("state", OVER)
@pytest.mark.parametrize("action", IDENTITY_ACTIONS)
async def test_nothing_changes_after_the_answer(town: Town, state: State, action: str) -> None:
    """There is no button, and an old one says that it is too late."""
    ann = town.resident("Ann")
    code = await submit(ann, "phone")
    await set_state(town, code, state)
    await ann.says(f"/tracuu {code}")
    assert not ann.is_offered(f"mine.{action}")
    await ann.presses_data(f"mine:{action}_yes={code}")
    assert ann.is_told("mine.too_late_to_hide")
    assert (await town.get_submission(code)).phone is not None


@pytest.mark.parametrize("action", IDENTITY_ACTIONS)
async def test_another_person_cannot_hide_anything(town: Town, action: str) -> None:
    """Nor can an officer."""
    officer, ann, chi = await town.officer("Binh"), town.resident("Ann"), town.resident("Chi")
    code = await submit(ann, "phone")
    await submit(chi, "channel")
    for person in (chi, officer):
        await person.presses_data(f"mine:{action}_yes={code}")
    assert (await town.get_submission(code)).phone is not None


async def test_only_what_can_be_hidden_has_a_button(town: Town) -> None:
    """An unnamed opinion has none, one without a phone number only the first."""
    ann = town.resident("Ann")
    await ann.says(f"/tracuu {await submit(ann, 'unnamed')}")
    assert not ann.is_offered("mine.hide_name")
    assert not ann.is_offered("mine.hide_phone")
    await ann.says(f"/tracuu {await submit(ann, 'channel')}")
    assert ann.is_offered("mine.hide_name")
    assert not ann.is_offered("mine.hide_phone")


async def test_a_file_that_cannot_be_cleaned_is_hidden_with_the_name(town: Town) -> None:
    """Officers saw it while the resident was named."""
    officer, ann = await town.officer("Binh"), town.resident("Ann")
    await ann.begins()
    await ann.does("document", content=make_word(), file_name="don cua Ann.doc", caption="Xem đơn")
    code = await ann.finishes()
    await officer.says(f"/case {code}")
    assert "document" in officer.messages[-1]
    await hide(ann, code, "hide_name")
    await officer.says(f"/case {code}")
    assert "document" not in officer.messages[-1]
    assert officer.is_told("case.files.withheld")
    (record,) = await town.export_submissions()
    assert "Ann" not in str(record)


async def test_the_residents_of_a_person_have_no_time_and_no_consent(town: Town) -> None:
    """The consent is stored once, under a number that leads to none of them."""
    ann = town.resident("Ann")
    await hide(ann, await submit(ann, "channel"), "hide_name")
    async with town.app.database.reading() as connection:
        people = (await connection.execute(select(table(Resident)))).all()
        (consent,) = (await connection.execute(select(table(Consent)))).all()
    assert {person.named for person in people} == {True, False}
    assert not any(isinstance(value, datetime) for person in people for value in person)
    numbers = {number for person in people for number in (person.id, person.alias)}
    assert consent.alias not in numbers


@pytest.mark.parametrize("act", ["voice", "video", "photo", "document"])
@pytest.mark.parametrize(("identity", "kind"), [("unnamed", "report"), ("unnamed", "denunciation")])
async def test_a_voice_in_an_unnamed_opinion_brings_a_warning_before_sending(
    town: Town, act: str, identity: str, kind: str
) -> None:
    """One line on the page before sending; none without a voice."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does(act, caption="Xin nghe ghi âm")
    await ann.reaches("feedback.review")
    await ann.corrects(kind=kind)
    if kind == "report":
        await ann.corrects(identity=identity)
    assert ann.is_asked("feedback.review")
    assert ann.is_told("warning.voice") is (act in {"voice", "video"})


@pytest.mark.parametrize("identity", ["channel", "unnamed"])
async def test_a_file_that_cannot_be_cleaned_brings_a_warning_before_sending(
    town: Town, identity: str
) -> None:
    """Only in an unnamed opinion: officers will not see the file."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does(
        "document", file_name="don.doc", mime_type="application/msword", caption="Xem đơn"
    )
    await ann.reaches("feedback.review")
    await ann.corrects(identity=identity)
    assert ann.is_told("warning.withheld") is (identity == "unnamed")


async def test_a_named_opinion_with_a_voice_brings_no_warning(town: Town) -> None:
    """Whoever is named can be recognised anyway."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.does("voice", caption="Xin nghe ghi âm")
    await ann.reaches("feedback.review")
    assert not ann.is_told("warning.voice")


@pytest.mark.parametrize("identity", ["channel", "unnamed"])
async def test_a_voice_that_is_added_later_brings_the_warning_too(
    town: Town, identity: str
) -> None:
    """Before the addition is sent, and only if the opinion is unnamed."""
    ann = town.resident("Ann")
    code = await submit(ann, identity)
    await ann.says(f"/tracuu {code}")
    await ann.taps("mine.addition")
    await ann.does("voice", caption="Thêm ghi âm")
    assert ann.is_told("warning.voice") is (identity == "unnamed")
