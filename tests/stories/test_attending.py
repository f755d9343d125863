"""Attending a forum: the list, a place or a number in the line, the door, and what is left of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
from icalendar import Calendar

from storage.models import ForumState, Registration, RegistrationState, Role, Subscription
from tests.attending import changed, published, registered, registers

if TYPE_CHECKING:
    from tests.people import Person, Town

REGISTERED, WAITING, CANCELLED, ATTENDED = (
    RegistrationState.REGISTERED,
    RegistrationState.WAITING,
    RegistrationState.CANCELLED,
    RegistrationState.ATTENDED,
)


async def test_somebody_finds_a_forum_registers_and_comes(town: Town) -> None:
    """From the list to the door: consent once, a ticket, a second look at it, the counter."""
    organiser = await town.officer("Dung", unit="11407", role=Role.ORGANISER)
    await published(town, capacity=5)
    ann = town.resident("Ann")
    await ann.says("/diendan")
    await ann.taps("05/12/2026 · Công an lắng nghe ý kiến của nhân dân")
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
    (row,) = await registered(town)
    assert (row.people, row.state) == (3, REGISTERED)
    await ann.says(f"/start checkin_{row.token}")
    assert ann.is_told("forums.ticket_of")
    await organiser.says(f"/start checkin_{row.token}")
    assert organiser.is_told("forums.door.closed")
    town.later(days=9, hours=23)
    await organiser.says(f"/start checkin_{row.token}")
    assert organiser.is_told("forums.door.welcome")
    assert "3 trên 3 người" in organiser.sees
    came = town.now
    town.later(minutes=5)
    await organiser.says(f"/start checkin_{row.token}")
    assert organiser.is_told("forums.door.again")
    (row,) = await registered(town)
    assert (row.state, row.arrived_at) == (ATTENDED, came)
