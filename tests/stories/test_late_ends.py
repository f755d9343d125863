"""Conversations whose end comes too late: the person reads that nothing was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.models import Remark, Role, State
from tests.town.casework import accept_case, answer_case, set_state
from tests.town.texts import contains_text

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

DONE = ("addition.done", "rating.done", "reopening.done")


async def answer(town: Town, ann: Person) -> str:
    """Give an opinion and have it answered; return its code."""
    officer = await town.officer("Binh")
    code = await ann.gives("Đèn hỏng.")
    await accept_case(officer, code)
    leader = await town.officer("Ho", role=Role.APPROVER)
    await answer_case(officer, leader, code)
    return code


@pytest.mark.parametrize("flow", ["addition", "rating", "reopening"])
async def test_nothing_is_called_done_that_was_not_stored(town: Town, flow: str) -> None:
    """The submission was closed, rated or withdrawn elsewhere while the question was open."""
    ann = town.resident("Ann")
    code = await ann.gives("Đèn hỏng.") if flow == "addition" else await answer(town, ann)
    await ann.presses_data(f"mine:{flow}={code}")
    remarks = await town.count_rows(Remark)
    await set_state(town, State.WITHDRAWN, closed_at=town.now)
    if flow == "addition":
        await ann.says("Vẫn hỏng.")
        await ann.taps("addition.details.options.done")
    elif flow == "rating":
        await ann.taps("rating.score.options.2")
    else:
        await ann.writes("Chưa xong.")
    assert ann.is_told("mine.not_stored")
    assert code in ann.sees
    assert not any(contains_text(ann.sees, key) for key in DONE)
    assert await town.count_rows(Remark) == remarks
    assert (await town.get_submission(code)).rating is None
    await ann.says("/huy")
    assert ann.is_told("draft.none")
