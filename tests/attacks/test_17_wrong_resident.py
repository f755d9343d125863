"""An answer reaches the resident of the case that its prompt named, and nobody else."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from storage import correspondence, submissions
from tests.town.casework import WARD, WARD_NAME, choose_action, open_case

if TYPE_CHECKING:
    from tests.town.town import Town

_STEPS = 60


async def list_remarks(town: Town, code: str) -> list[str]:
    async with town.app.database.reading() as connection:
        case = await submissions.find_submission(connection, code)
        assert case is not None
        return [each.text for each in await correspondence.list_remarks(connection, case.id)]


@pytest.mark.parametrize(
    ("action", "readers"),
    [
        ("note", "draft.readers.officers"),
        ("recuse", "draft.readers.officers"),
        ("transfer", "draft.readers.resident"),
        ("ask", "draft.readers.resident"),
        ("propose", "draft.readers.approved"),
    ],
)
async def test_a_prompt_shows_code_text_and_readers(town: Town, action: str, readers: str) -> None:
    """All three, in each question of an officer about a case."""
    officer = await town.officer("Binh", unit=WARD)
    code = await town.resident("Ann").gives("Đèn đường ngõ chín hỏng.", area=WARD_NAME)
    if action in {"ask", "propose"}:
        await choose_action(officer, code, "accept")
    await choose_action(officer, code, action)
    assert code in officer.sees
    assert "Đèn đường ngõ chín hỏng." in officer.sees
    assert officer.is_told(readers)


async def test_a_bare_command_explains_itself(town: Town) -> None:
    """It is no attempt to read a case of others, and tells nothing to who is no officer."""
    officer = await town.officer("Binh", unit=WARD)
    await officer.says("/case")
    assert officer.is_told("case.which")
    assert not officer.was_told("case.refused")
    ann = town.resident("Ann")
    await ann.says("/case")
    assert not ann.was_told("case.which")


@pytest.mark.parametrize("seed", range(2))
async def test_notes_of_two_officers_reach_the_case_that_was_named(town: Town, seed: int) -> None:
    """Cases are opened and notes begun in any order; each text is where its prompt said."""
    pick = random.Random(seed)
    people = [await town.officer(name, unit=WARD) for name in ("Binh", "Dung")]
    texts = {"Ann": "Đèn hỏng.", "Bao": "Rác nhiều.", "Chi": "Quán ồn."}
    codes = [await town.resident(name).gives(text, area=WARD_NAME) for name, text in texts.items()]
    written: dict[str, str] = {}
    for number in range(_STEPS):
        officer, code = pick.choice(people), pick.choice(codes)
        town.advance(minutes=1)
        step = pick.choice(["open", "note", "write", "write"])
        if step == "open":
            await open_case(officer, code)
        elif step == "note":
            await choose_action(officer, code, "note")
            if officer.is_offered("draft.switch"):
                await officer.presses_data(pick.choice(["draft:switch", "draft:resume"]))
        else:
            named = [each for each in codes if each in officer.sees]
            text = f"Ghi chú số {number}."
            if officer.is_told("note.text.ask"):
                await officer.writes(text)
                written[text] = named[0]
                assert len(named) == 1
    assert written
    for code in codes:
        for text in await list_remarks(town, code):
            assert written[text] == code
