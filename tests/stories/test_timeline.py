"""The timeline of a submission, as its resident reads it and as the copy of their data holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from bot.casework import staff
from storage import audit
from storage.models import Role

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

WARD, NAMED = "11407", "Phường An Biên"

# The actions that send the resident a notice and were missing from the timeline, with the words
# that each of them asks for.
TOLD = {
    "route": ("an bien", NAMED),
    "merge": (),
    "extend": ("extend.days.options.5", "cần xác minh thêm"),
    "divert": ("Ủy ban nhân dân phường",),
}


async def get_data_copy(town: Town, ann: Person) -> dict[str, Any]:
    """Return the copy of their data that a resident asks for."""
    await ann.says("/dulieu")
    await ann.taps("mydata.copy")
    file = ann.messages[-1]["document"]
    content = town.read_file(file)
    return dict(orjson.loads(content))


@pytest.mark.parametrize("action", TOLD)
async def test_an_action_with_a_notice_is_in_the_timeline(town: Town, action: str) -> None:
    """Both in the list of the resident's submissions and in the copy of their data."""
    leader = await town.officer("Giang", role=Role.COORDINATOR)
    await town.officer("Binh", unit=WARD)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    other = await bao.gives("Đèn đường ngõ 5 Lê Lợi hỏng ba tuần nay")
    code = await ann.gives("Đèn đường ngõ 5 Lê Lợi hỏng ba tuần nay rồi")
    await leader.says(f"/case {code}")
    if action != "route":
        await leader.taps("case.more")
    await leader.taps(f"case.do.{action}")
    for words in TOLD[action] or (other,):
        if words.startswith("extend.") or words == NAMED:
            await leader.taps(words)
        else:
            await leader.says(words)
    if action == "divert":
        await leader.taps("gather.done")
    assert ann.was_told(f"notice.{action}")

    await ann.says(f"/mine {code}")
    assert ann.is_told(f"mine.events.case.{action}")
    (opinion,) = (await get_data_copy(town, ann))["opinions"]
    assert (f"case.{action}", "coordinator") in {
        (entry["what"], entry["by"]) for entry in opinion["timeline"]
    }


async def test_a_note_does_not_change_when_a_case_was_closed(town: Town) -> None:
    """Retention counts from the end of a case, not from the last note about it."""
    leader = await town.officer("Giang", role=Role.COORDINATOR)
    code = await town.resident("Ann").gives("Đèn hỏng.")
    await leader.says(f"/case {code}")
    await leader.taps("case.more")
    await leader.taps("case.do.reject")
    await leader.writes("trùng nội dung")
    closed_at = (await town.get_submission(code)).closed_at
    assert closed_at is not None
    town.advance(days=3)
    await leader.says(f"/case {code}")
    await leader.taps("case.do.note")
    await leader.writes("đã lưu hồ sơ")
    assert (await town.get_submission(code)).closed_at == closed_at


async def test_a_case_that_is_given_back_has_an_audit_entry(town: Town) -> None:
    """When its officer leaves, the bot takes the case from them."""
    officer = await town.officer("Binh", unit=WARD)
    code = await town.resident("Ann").gives("Đèn hỏng.", area=NAMED)
    await officer.says(f"/case {code}")
    await officer.taps("case.do.accept")
    case = await town.get_submission(code)
    assert case.assignee_id is not None
    async with town.work() as work:
        await staff.deactivate_officer(work, case.assignee_id, role=audit.OPERATOR)
        (entry,) = await audit.list_timeline(work.connection, case.id, ["case.released"])
    assert entry.actor_role == audit.SYSTEM
    assert entry.details["to"] == {"state": "received", "assignee_id": None}
