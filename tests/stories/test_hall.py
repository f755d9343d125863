"""Opinions in the hall: who of those who plan a forum reads which, in the list and live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.models import Role
from tests.attending import published

if TYPE_CHECKING:
    from tests.people import Person, Town

WARD, NAMED = "11407", "Phường An Biên"
CODE = "DD7K2"


async def presses(person: Person, data: str) -> None:
    """A button of a page that need not be open any more, or never was."""
    query = {
        "id": "forged", "from": {"id": person.id, "is_bot": False, "first_name": person.name},
        "chat_instance": "1", "message": person.messages[-1], "data": data,
    }  # fmt: skip
    await person.does("update", {"callback_query": query})


async def sends_ahead(person: Person, text: str, **chosen: str) -> str:
    """Give an opinion for the forum; the receipt's code."""
    await person.says(f"/start forum_{CODE}")
    return await person.gives(text, area=NAMED, **chosen)


async def test_who_plans_a_forum_reads_only_what_they_may(town: Town) -> None:
    """Nothing about their own unit's officers, no denunciation, nothing that was withdrawn."""
    organiser = await town.officer("Tổ chức", unit=WARD, role=Role.ORGANISER)
    above = await town.officer("Điều phối", role=Role.COORDINATOR)
    await published(town)
    ann = town.resident("Ann")
    open_to_all = await sends_ahead(ann, "Xe đỗ kín vỉa hè phố Cát Cụt", topic="pavement_order")
    about_them = await sends_ahead(
        ann, "Cán bộ trực ban nói năng khó nghe", topic="officer_attitude"
    )
    formal = await sends_ahead(ann, "Tố cáo việc nhận tiền", kind="denunciation", topic="other")
    crime = await sends_ahead(ann, "Có người bán ma túy", kind="crime_report", topic="drugs")
    taken_back = await sends_ahead(ann, "Đèn đường hỏng", topic="other")
    await ann.says(f"/mine {taken_back}")
    await ann.taps("mine.withdraw")
    await ann.taps("mine.withdraw")
    for person, reads in (
        (organiser, {open_to_all}),
        (above, {open_to_all, about_them, formal, crime}),
    ):
        await presses(person, f"forum:opinions={CODE}")
        everything = {open_to_all, about_them, formal, crime, taken_back}
        assert {code for code in everything if code in person.sees} == reads
    assert not any("khó nghe" in said for said in organiser.heard)
