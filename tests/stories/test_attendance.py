"""Attendance of a forum: registration, waiting list, check-in, reminders of news, retention."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import orjson
from icalendar import Calendar
from sqlalchemy import insert, select

from bot.privacy import key_rotation
from bot.privacy.encryption import make_key
from bot.privacy.pseudonyms import Pseudonyms
from bot.runtime import jobs
from storage.models import (
    Audit,
    Commitment,
    ForumState,
    Outbox,
    RegistrationState,
    Role,
    Subscription,
)
from storage.statements import table
from tests.town.forums import change_forum, list_registrations, publish_forum, register_for_forum
from tests.town.settings import KEY

if TYPE_CHECKING:
    from tests.town.town import Town

REGISTERED, WAITING, CANCELLED, ATTENDED = (
    RegistrationState.REGISTERED,
    RegistrationState.WAITING,
    RegistrationState.CANCELLED,
    RegistrationState.ATTENDED,
)


async def test_a_resident_finds_a_forum_registers_and_checks_in(town: Town) -> None:
    """From the list to the door:

    one consent, a ticket with a QR code, and a check-in that counts once.
    """
    organiser = await town.officer("Dung", unit="11407", role=Role.ORGANISER)
    await publish_forum(town, capacity=5)
    ann = town.resident("Ann")
    await ann.says("/diendan")
    await ann.taps("T7 05/12/2026 · Phường An Biên · Công an lắng nghe ý kiến của nhân dân")
    assert "Còn 5 chỗ" in ann.sees
    assert "• Trật tự vỉa hè" in ann.sees
    await ann.taps("forums.attend")
    assert "máy chủ của Telegram" in ann.sees
    await ann.taps("feedback.consent.options.agree")
    await ann.says("3")
    await ann.taps("attend.category.options.neighbourhood_head")
    assert ann.is_told("attend.registered")
    await ann.taps("forums.qr")
    assert "photo" in ann.messages[-1]
    (row,) = await list_registrations(town)
    assert (row.people, row.state) == (3, REGISTERED)
    await ann.says(f"/start checkin_{row.token}")
    assert ann.is_told("forums.ticket_of")
    await organiser.says(f"/start checkin_{row.token}")
    assert organiser.is_told("forums.door.closed")
    town.advance(days=9, hours=23)
    await organiser.says(f"/start checkin_{row.token}")
    assert organiser.is_told("forums.door.welcome")
    assert "3 trên 3 người" in organiser.sees
    came = town.now
    town.advance(minutes=5)
    await organiser.says(f"/start checkin_{row.token}")
    assert organiser.is_told("forums.door.again")
    (row,) = await list_registrations(town)
    assert (row.state, row.arrived_at) == (ATTENDED, came)


async def test_the_waiting_list_gets_free_places_automatically(town: Town) -> None:
    """In order, each registration that fits with all its people; a new registration joins at the
    end.
    """
    forum = await publish_forum(town, capacity=4)
    ann, ben, cam, dan = (town.resident(name) for name in ("Ann", "Ben", "Cam", "Dan"))
    await register_for_forum(ann, 3)
    await register_for_forum(ben, 2)
    assert "thứ 1" in ben.sees
    await register_for_forum(cam, 1)  # whom Ben's two do not hold up
    assert cam.is_told("attend.registered")
    await register_for_forum(dan, 1)
    assert "thứ 2" in dan.sees
    await ann.taps("forums.cancel")
    await ann.taps("forums.cancelled")
    assert ann.is_told("forums.cancelled_mine")
    assert ben.is_told("attend.moved_up")
    assert dan.is_told("attend.moved_up")
    await register_for_forum(ann, 2)
    assert "thứ 1" in ann.sees
    await change_forum(town, forum, capacity=5)
    assert not ann.was_told("attend.moved_up")
    await ben.taps("forums.ticket")
    await ben.taps("forums.people")
    await ben.taps("attend.people.options.1")
    assert ann.is_told("attend.moved_up")
    rows = {row.people: row.state for row in await list_registrations(town)}
    assert set(rows.values()) == {REGISTERED}
    await cam.taps("forums.ticket")
    await cam.taps("forums.people")
    await cam.taps("attend.people.options.5")
    assert sorted(row.people for row in await list_registrations(town)) == [1, 1, 1, 2]


async def test_nobody_registers_twice_or_too_late(town: Town) -> None:
    """An old button, a cancelled forum and an unpublished forum store nothing."""
    forum = await publish_forum(town, capacity=4)
    await publish_forum(town, "SECRET", state=ForumState.SUBMITTED)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann)
    await ann.taps("forums.attend")
    assert len(await list_registrations(town)) == 1
    await ben.says("/start forum_DD7K2")
    await ben.taps("forums.attend")
    await ben.taps("feedback.consent.options.refuse")
    assert ben.is_told("attend.stopped.refused")
    await ben.taps("forums.attend")
    await ben.taps("feedback.consent.options.agree")
    await ben.taps("attend.people.options.1")
    await change_forum(town, forum, state=ForumState.CANCELLED)
    await ben.taps("attend.category.options.resident")
    assert ben.is_told("attend.gone")
    assert len(await list_registrations(town)) == 1
    await ben.says("/start forum_SECRET")
    assert not ben.is_offered("forums.attend")
    assert ben.is_told("start.emergency")


async def test_check_in_is_for_organisers_and_officers_of_the_host_or_the_city(town: Town) -> None:
    """Other officers and residents are refused and audited."""
    await publish_forum(town)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    other = await town.officer("Ha", unit="11413", role=Role.ORGANISER)
    approver = await town.officer("Lan", unit="11407", role=Role.APPROVER)
    await register_for_forum(ann)
    (row,) = await list_registrations(town)
    town.advance(days=9, hours=22)
    for person in (ben, other, approver):
        await person.says(f"/start checkin_{row.token}")
        assert person.is_told("forums.unknown_ticket")
    assert (await list_registrations(town))[0].state is REGISTERED
    async with town.app.database.reading() as connection:
        refused = select(table(Audit).c.actor_role).where(
            table(Audit).c.action == "attendance.refused"
        )
        assert set((await connection.execute(refused)).scalars()) == {
            "none",
            "organiser",
            "approver",
        }


async def test_a_forum_offers_its_map_calendar_and_opinion_and_can_be_hidden(town: Town) -> None:
    """The map is a venue, the calendar an iCalendar file; the opinion is stored for the forum."""
    await publish_forum(town, "FAR", area="11413", title="Xa", host_unit="11413")
    await publish_forum(town, title="Gần", area="11407")
    ann = town.resident("Ann")
    await ann.gives("Ngõ tối.", area="Phường An Biên")
    await ann.says("/forums")
    assert next(label for label in ann.buttons if "·" in label).endswith("Gần")
    await ann.taps("T7 05/12/2026 · Phường An Biên · Gần")
    await ann.taps("forums.map")
    assert ann.messages[-1]["venue"]["title"] == "Gần"
    await ann.taps("forums.calendar", of="Gần")
    file = ann.messages[-1]["document"]
    content = town.read_file(file)
    (event,) = Calendar.from_ical(content).events
    assert (event.start, event["LOCATION"]) == (
        town.now.replace(month=12, day=5),
        "Hội trường phường An Biên",
    )
    await ann.taps("forums.opinion", of="Gần")
    assert "Gần, ngày 05/12/2026" in ann.sees
    await ann.says("Đề nghị lắp đèn.")
    await ann.finishes()
    assert [each["forum"] for each in await town.export_submissions()] == [None, "DD7K2"]
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.hide")
    assert ann.is_told("forums.hidden")
    await ann.taps("forums.back")
    assert [label for label in ann.buttons if "·" in label] == [
        "T7 05/12/2026 · Phường Hải An · Xa"
    ]


async def test_a_resident_subscribes_to_areas_and_unsubscribes(town: Town) -> None:
    """After consent, in their language; the list shows the subscribed areas first."""
    await publish_forum(town, "A", area="11413", title="Một")
    await publish_forum(town, "B", area="11407", title="Hai")
    ann = town.resident("Ann")
    await ann.says("/start forum_B")
    await ann.taps("forums.news")
    await ann.taps("Nhận tin: Phường An Biên")
    await ann.taps("feedback.consent.options.agree")
    assert ann.is_told("subscription.done")
    await ann.says("/settings")
    await ann.taps("settings.forums")
    await ann.taps("Nhận tin: Thành phố Hải Phòng")
    await ann.taps("subscription.add")
    await ann.says("hai an")
    await ann.taps("Phường Hải An")
    async with town.app.database.reading() as connection:
        rows = (await connection.execute(select(table(Subscription)))).all()
    assert {row.subject for row in rows} == {"11407", "31", "11413"}
    await ann.says("/settings")
    await ann.taps("settings.en")
    await ann.taps("settings.forums")
    await ann.taps("No longer: Hải An Ward")
    await ann.says("/forums")
    assert [label for label in ann.buttons if "·" in label] == [
        "Sat 05/12/2026 · An Biên Ward · Hai",
        "Sat 05/12/2026 · Hải An Ward · Một",
    ]
    async with town.app.database.reading() as connection:
        rows = (await connection.execute(select(table(Subscription)))).all()
    assert {(row.subject, row.language) for row in rows} == {("11407", "en"), ("31", "en")}


async def test_registrations_are_in_the_data_copy_and_erased_on_request(town: Town) -> None:
    """An erased place goes to the waiting list; a change of keys encrypts the rest again."""
    await publish_forum(town, capacity=1)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann)
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.news")
    await ann.taps("Nhận tin: Phường An Biên")
    await register_for_forum(ben)
    await ann.says("/mydata")
    await ann.taps("mydata.copy")
    file = ann.messages[-1]["document"]
    copy = orjson.loads(town.read_file(file))
    assert [(each["forum"], each["people"]) for each in copy["forums"]] == [("DD7K2", 1)]
    assert [each["subject"] for each in copy["news_of_forums"]] == ["11407"]
    await ann.says("/mydata")
    await ann.taps("mydata.withdraw")
    await ann.taps("mydata.yes.withdraw")
    (row,) = await list_registrations(town)
    assert town.app.policy.pseudonyms.decrypt_chat_id(row.sealed) == ben.id
    assert ben.is_told("attend.moved_up")
    assert await town.count_rows(Subscription) == 0
    await ben.says("/settings")
    await ben.taps("settings.forums")
    await ben.taps("Nhận tin: Thành phố Hải Phòng")
    key = make_key()
    await key_rotation.rotate_keys(town.app.database, Pseudonyms([key, KEY]))
    pseudonyms = Pseudonyms([key])
    async with town.app.database.reading() as connection:
        subscriptions = (await connection.execute(select(table(Subscription)))).all()
    (row,) = await list_registrations(town)
    for alias, sealed in (
        (row.alias, row.sealed),
        (subscriptions[0].alias, subscriptions[0].sealed),
    ):
        assert (alias,) == pseudonyms.list_pseudonyms(ben.id, named=True)
        assert pseudonyms.decrypt_chat_id(sealed) == ben.id


async def test_attendees_are_anonymised_after_the_retention_period(town: Town) -> None:
    """The number and the category of those who came remain; the rest is deleted."""
    forum = await publish_forum(town)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann, 2)
    await register_for_forum(ben)
    (row, _) = await list_registrations(town)
    town.advance(days=10)
    organiser = await town.officer("Dung", unit="31", role=Role.ORGANISER)
    await organiser.says(f"/start checkin_{row.token}")
    await change_forum(town, forum, state=ForumState.CLOSED)
    town.advance(days=365)
    await jobs.purge_data(town.app.job_context)
    assert len(await list_registrations(town)) == 2
    town.advance(seconds=1)
    await jobs.purge_data(town.app.job_context)
    (left,) = await list_registrations(town)
    assert (left.people, left.state, left.sealed) == (2, ATTENDED, "")
    assert left.alias == -(left.id)
    async with town.app.database.reading() as connection:
        identified = select(table(Outbox).c.dedup_key).where(table(Outbox).c.sealed.is_not(None))
        assert not (await connection.execute(identified)).all()


async def test_attendees_rate_a_reported_forum(town: Town) -> None:
    """Everybody can read its results and commitments."""
    organiser = await town.officer("Dung", unit="31", role=Role.ORGANISER)
    forum = await publish_forum(town)
    ann, ben = town.resident("Ann"), town.resident("Ben")
    await register_for_forum(ann, 2)
    (row,) = await list_registrations(town)
    town.advance(days=10)
    await change_forum(town, forum, state=ForumState.LIVE)
    await organiser.says(f"/start checkin_{row.token}")
    town.advance(hours=3)
    await change_forum(town, forum, state=ForumState.REPORTED, minutes="Đã nghe 12 ý kiến.")
    async with town.app.database.transaction() as connection:
        values = {
            "forum_id": forum,
            "text": "Lắp đèn ngõ 12",
            "owner": "Công an phường",
            "due_on": date(2027, 1, 15),
            "created_at": town.now,
        }
        await connection.execute(insert(table(Commitment)).values(**values))
    await ben.says("/forums")
    await ben.taps("forums.to_past")
    await ben.taps("T7 05/12/2026 · Phường An Biên · Công an lắng nghe ý kiến của nhân dân")
    assert "Đã nghe 12 ý kiến." in ben.sees
    assert "Lắp đèn ngõ 12 – Công an phường, hạn 15/01/2027" in ben.sees
    assert len(ben.buttons) == 1
    assert ben.is_offered("forums.back")
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.rate")
    await ann.taps("rating.score.options.2")
    assert (await list_registrations(town))[0].rating == 2
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.opinion")
    assert ann.is_asked("feedback.details")
