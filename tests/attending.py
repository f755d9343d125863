"""Forums for tests, made without an organiser's wizard; and changed as organisers change them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from bot.core.unit_of_work import UnitOfWork
from bot.forums.attendance.service import handle_forum_change
from storage import attendance
from storage.models import Forum, ForumState, Officer, Registration
from storage.statements import fetch_all, table
from tests.samples import POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.people import Person, Town

FORUMS, ROWS = table(Forum), table(Registration)


async def published(town: Town, code: str = "DD7K2", **values: Any) -> int:
    """A forum in ten days that everybody may come to; its id."""
    if not await town.count(Officer):
        await town.officer("Tổ chức viên")
    starts_at = values.get("starts_at", town.now + timedelta(days=10))
    row = {
        "code": code,
        "title": "Công an lắng nghe ý kiến của nhân dân",
        "host_unit": "11407",
        "area": "11407",
        "venue": "Hội trường phường An Biên",
        "latitude": 20.85,
        "longitude": 106.68,
        "starts_at": starts_at,
        "start_version": 1,
        "capacity": None,
        "head": "Phó Giám đốc Công an thành phố",
        "agenda": ["An toàn giao thông", "Trật tự vỉa hè"],
        "invited": [],
        "opinions_until": starts_at - timedelta(days=1),
        "state": ForumState.PUBLISHED,
        "version": 1,
        "created_at": town.now,
        "published_at": town.now,
        **values,
    }
    async with town.app.database.transaction() as connection:
        by = select(table(Officer).c.id).limit(1).scalar_subquery()
        made = await connection.execute(
            insert(FORUMS).values(**row, created_by=by).returning(FORUMS.c.id)
        )
        return int(made.scalar_one())


async def changed(town: Town, forum_id: int, **values: Any) -> None:
    """As if the organiser had changed it: in one transaction with what follows from that."""
    async with town.app.database.transaction() as connection:
        await connection.execute(update(FORUMS).where(FORUMS.c.id == forum_id).values(**values))
        forum = await attendance.lock_forum(connection, forum_id)
        assert forum is not None
        await handle_forum_change(UnitOfWork(connection, town.now, POLICY), forum)
    await town.app.settled()


async def registered(town: Town) -> Sequence[Registration]:
    """Every registration, in order."""
    async with town.app.database.reading() as connection:
        return await fetch_all(connection, Registration, select(ROWS).order_by(ROWS.c.id))


async def registers(
    person: Person, people: int = 1, code: str = "DD7K2", category: str = "resident"
) -> None:
    """Follow a forum's link and register, agreeing to the notice when asked."""
    await person.says(f"/start forum_{code}")
    await person.taps("forums.attend")
    if not person.is_told("attend.people.ask"):
        await person.taps("feedback.consent.options.agree")
    await person.taps(f"attend.people.options.{people}")
    await person.taps(f"attend.category.options.{category}")
