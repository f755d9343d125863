"""Kind 14: a phone number is shown of a case whose resident officers must not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.privacy import data_requests
from storage.models import Role
from tests.town.casework import WARD, WARD_NAME, accept_case, choose_action, open_case

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

PHONE, STORED, SHOWN = "0912 345 678", "+84912345678", "912"


async def give_with_phone(ann: Person, text: str) -> str:
    """Submit a report with a phone number; return its code."""
    await ann.begins()
    await ann.says(text)
    await ann.reaches("feedback.review", area=WARD_NAME)
    await ann.chooses_phone()
    await ann.says(PHONE)
    await ann.taps("feedback.review.options.submit")
    return ann.code


async def reclassify(officer: Person, code: str, kind: str) -> None:
    """Give a case another kind."""
    await choose_action(officer, code, "reclassify")
    await officer.taps(f"feedback.kind.options.{kind}")
    await officer.taps("feedback.topic.options.other")


def shows_phone(person: Person, since: int) -> bool:
    """Return True if a message of the bot shows the number, counted from the `since`-th."""
    return any(SHOWN in text.replace(" ", "") for text in person.heard[since:])


async def test_a_denunciation_does_not_show_the_phone_number(town: Town) -> None:
    """Nobody sees it by opening the case, also when the case gets its former kind again.

    It is not lost: the resident has it, and a leader of the city may look at it, which is recorded.
    """
    city = await town.officer("Giang", role=Role.COORDINATOR)
    triage = await town.officer("Thu", role=Role.TRIAGE)
    assignee = await town.officer("Minh")
    ward = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    code = await give_with_phone(ann, "Quán hát mở nhạc to.")
    await open_case(ward, code)
    assert shows_phone(ward, 0)
    await reclassify(ward, code, "denunciation")
    await choose_action(city, code, "assign")
    await city.taps(next(label for label in city.buttons if label.startswith("Minh")))
    people = (city, triage, assignee)
    for person in people:
        heard = len(person.heard)
        await open_case(person, code)
        assert person.is_told("case.phone_kept")
        assert not shows_phone(person, heard)
    for person in (triage, assignee, ward):
        heard = len(person.heard)
        await person.presses_data(f"case:reveal_phone={code}")
        assert not shows_phone(person, heard)
    heard = len(city.heard)
    await choose_action(city, code, "reveal_phone")
    assert shows_phone(city, heard)
    await ann.says(f"/mine {code}")
    assert ann.is_told("mine.events.case.reveal_phone")
    async with town.work() as work:
        assert STORED in (await data_requests.make_copy(work, ann.id)).decode()
    await accept_case(assignee, code)
    await reclassify(assignee, code, "report")
    for person in people:
        heard = len(person.heard)
        await open_case(person, code)
        assert not shows_phone(person, heard)


async def test_an_unnamed_case_gets_no_phone_number_back(town: Town) -> None:
    """A resident who hid their name stays unnamed, whatever the case becomes."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    ann = town.resident("Ann")
    code = await give_with_phone(ann, "Quán hát mở nhạc to.")
    await ann.says(f"/mine {code}")
    await ann.taps("mine.hide_name")
    await ann.taps("mine.hide_name")
    for kind in ("denunciation", "report"):
        await reclassify(city, code, kind)
        heard = len(city.heard)
        await open_case(city, code)
        await city.taps("case.more")
        assert not city.is_offered("case.do.reveal_phone")
        assert not shows_phone(city, heard)
