"""Store forums, registrations and subscriptions directly, without the conversations for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from bot.forums.attendance.forum_changes import handle_forum_change
from bot.texts import load_texts
from storage import attendance
from storage.models import Forum, ForumState, Officer, Registration, Subscription
from storage.statements import fetch_all, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.town.person import Person
    from tests.town.town import Town

WARD, CODE = "11407", "DD7K2"
FORUMS, REGISTRATIONS = table(Forum), table(Registration)


async def publish_forum(town: Town, code: str = CODE, **values: Any) -> int:
    """Store a published forum of the ward, in ten days and without a capacity; return its id.

    `values` replaces the values of columns.
    """
    if not await town.count_rows(Officer):
        await town.officer("Tổ chức viên")
    starts_at = values.get("starts_at", town.now + timedelta(days=10))
    row = {
        "code": code,
        "title": "Công an lắng nghe ý kiến của nhân dân",
        "host_unit": WARD,
        "area": WARD,
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
        "start_known_since": town.now,
        **values,
    }
    async with town.app.database.transaction() as connection:
        creator = select(table(Officer).c.id).limit(1).scalar_subquery()
        inserted = await connection.execute(
            insert(FORUMS).values(**row, created_by=creator).returning(FORUMS.c.id)
        )
        return int(inserted.scalar_one())


async def change_forum(town: Town, forum_id: int, **values: Any) -> None:
    """Set columns of a forum and handle the change, in one transaction, as its organiser would."""
    if "start_version" in values:
        values = {"start_known_since": town.now, **values}
    async with town.work() as work:
        await work.connection.execute(
            update(FORUMS).where(FORUMS.c.id == forum_id).values(**values)
        )
        forum = await attendance.lock_forum(work.connection, forum_id)
        assert forum is not None
        await handle_forum_change(work, forum)
    await town.settle()


async def list_registrations(town: Town) -> Sequence[Registration]:
    """Return all registrations, oldest first."""
    async with town.app.database.reading() as connection:
        ordered = select(REGISTRATIONS).order_by(REGISTRATIONS.c.id)
        return await fetch_all(connection, Registration, ordered)


async def register_for_forum(
    person: Person, people: int = 1, code: str = CODE, category: str = "resident"
) -> None:
    """Follow a forum's link and register, in a full hall for the waiting list.

    The notice is agreed to if it is shown.
    """
    await person.says(f"/start forum_{code}")
    is_full = person.is_offered("forums.attend_waiting")
    await person.taps("forums.attend_waiting" if is_full else "forums.attend")
    if not person.is_told("attend.people.ask"):
        await person.taps("feedback.consent.options.agree")
    await person.taps(f"attend.people.options.{people}")
    await person.taps(f"attend.category.options.{category}")


async def skip_position(person: Person) -> None:
    """Answer the question for the position of a venue: no map."""
    await person.does("choose", load_texts("vi")["newforum.place.options.skip"])


async def subscribe(town: Town, chat_id: int, *subjects: str) -> None:
    """Subscribe a chat to the news of forums on these subjects: areas or topics."""
    await _insert_subscriptions(town, [(chat_id, subject) for subject in subjects])


async def subscribe_many(town: Town, count: int) -> None:
    """Subscribe `count` chats to the ward; every fourth one to the city as well."""
    await _insert_subscriptions(
        town,
        [
            (9_000_000 + number, area)
            for number in range(count)
            for area in ((WARD, "31") if number % 4 == 0 else (WARD,))
        ],
    )


async def _insert_subscriptions(town: Town, wanted: list[tuple[int, str]]) -> None:
    rows = []
    for chat_id, subject in wanted:
        address = town.app.policy.pseudonyms.make_address(chat_id, named=True)
        rows.append(
            {
                "alias": address.pseudonym,
                "sealed": address.encrypted_chat_id,
                "language": "vi",
                "subject": subject,
                "created_at": town.now,
            }
        )
    async with town.app.database.transaction() as connection:
        await connection.execute(insert(table(Subscription)), rows)
