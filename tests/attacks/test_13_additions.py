"""Attacks with additions: they count against a limit a day, and against bans."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert

from bot.runtime.settings import AbuseSettings
from storage.models import BanState, Officer, Remark, ResidentBan
from storage.statements import table
from tests.town.town import open_town

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

WARD, NAMED = "11407", "Phường An Biên"


async def add(person: Person, code: str, text: str) -> None:
    """Add a text to a submission."""
    await person.presses_data(f"mine:addition={code}")
    await person.says(text)
    await person.taps("gather.done")


async def test_additions_have_a_limit_a_day(database_url: str) -> None:
    """Corrections count too; what is refused is said. On the next day it is possible again."""
    strict = AbuseSettings(
        opinions_a_day=100, everybody_a_minute=100, messages_a_minute=1000, additions_a_day=3
    )
    async with open_town(database_url, abuse=strict) as town:
        ann = town.resident("Ann")
        codes = [
            await ann.gives("Đèn hỏng.", area=NAMED, identity=identity)
            for identity in ("channel", "unnamed")
        ]
        for number in range(3):
            await add(ann, codes[number % 2], f"Thêm {number}")
        assert await town.count_rows(Remark) == 3
        await ann.presses_data(f"mine:addition={codes[0]}")
        assert ann.is_told("abuse.enough_added")
        await ann.edits("Đèn hỏng.", "Đèn hỏng hẳn.")
        assert await town.count_rows(Remark) == 3
        town.advance(hours=25)
        await add(ann, codes[0], "Thêm nữa")
        assert await town.count_rows(Remark) == 4


async def test_additions_count_against_bans(town: Town) -> None:
    """A ban of the unit refuses additions to its ordinary cases, but never to a crime report."""
    officer = await town.officer("Binh", unit=WARD)
    ann = town.resident("Ann")
    code = await ann.gives("Bán đất nền giá rẻ.", area=NAMED)
    crime = await ann.gives("Có kẻ bán ma túy ở ngõ 5.", area=NAMED, kind="crime_report")
    case = await town.get_submission(code)
    del officer
    async with town.work() as work:
        officers = await work.connection.execute(table(Officer).select())
        by = officers.first()
        assert by is not None
        values = {
            "submission_id": case.id,
            "state": BanState.IN_FORCE,
            "unit_code": WARD,
            "days": 7,
            "reason": "quảng cáo",
            "until": town.now + timedelta(days=7),
            "proposed_by": by.id,
            "proposed_at": town.now,
        }
        columns = table(ResidentBan).c
        known = {key: value for key, value in values.items() if key in columns}
        await work.connection.execute(insert(table(ResidentBan)).values(**known))
    await add(ann, code, "Mua tiếp đi")
    assert ann.is_told("mine.banned")
    assert await town.count_rows(Remark) == 0
    await add(ann, crime, "Ở số nhà 7")
    assert await town.count_rows(Remark) == 1
