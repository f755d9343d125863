"""The timeline of a submission, as its resident reads it and as the copy of their data holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

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


async def copy_of(town: Town, ann: Person) -> dict[str, Any]:
    """The copy of their data that a resident asks for."""
    await ann.says("/dulieu")
    await ann.taps("mydata.copy")
    file = ann.messages[-1]["document"]
    content = town.read_file(file)
    return dict(orjson.loads(content))


@pytest.mark.parametrize("action", TOLD)
async def test_what_a_resident_is_told_of_is_in_their_timeline(town: Town, action: str) -> None:
    """In the list of their submissions and in the copy of their data."""
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
    assert ann.was_told(f"notice.{action}")

    await ann.says(f"/mine {code}")
    assert ann.is_told(f"mine.events.case.{action}")
    (opinion,) = (await copy_of(town, ann))["opinions"]
    assert (f"case.{action}", "coordinator") in {
        (entry["what"], entry["by"]) for entry in opinion["timeline"]
    }
