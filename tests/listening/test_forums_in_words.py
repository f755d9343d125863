"""Forums as residents read of them: days of the week, full halls, large parties, files."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.forums.announcement_screens import show_announcement
from bot.forums.attendance.calendar_file import name_calendar_file
from bot.texts import Catalogue, load_texts
from storage.models import Announcement, Forum, RegistrationState
from storage.statements import fetch_all, table
from tests.town.forums import change_forum, list_registrations, publish_forum, register_for_forum

if TYPE_CHECKING:
    from tests.town.town import Town


@pytest.mark.parametrize(("language", "day"), [("vi", "(thứ Bảy)"), ("en", "(Saturday)")])
async def test_every_date_of_a_forum_has_its_weekday(town: Town, language: str, day: str) -> None:
    """On its page, at the registration, on the ticket, in the reminder, and in the list."""
    await publish_forum(town)
    ann = town.resident("Ann", language=language)
    await ann.says("/forums")
    short = {"vi": "T7 05/12/2026", "en": "Sat 05/12/2026"}[language]
    assert any(label.startswith(short) for label in ann.buttons), ann.buttons
    await register_for_forum(ann)
    assert ann.was_told("forums.one")
    assert ann.is_told("attend.registered")
    assert day in ann.sees
    assert all(day in text for text in ann.heard if "05/12/2026" in text), ann.heard
    await ann.taps("forums.ticket")
    assert day in ann.sees


async def test_the_conversation_names_the_day_of_its_forum(town: Town) -> None:
    """Most forums have the same title: the day tells which one it is."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.attend")
    assert "ngày 05/12/2026 (thứ Bảy)" in ann.sees


async def test_a_full_hall_says_so_on_its_button(town: Town) -> None:
    """Whoever presses knows that it is the waiting list, which is never called a ticket."""
    await publish_forum(town, capacity=2)
    first, ann = town.resident("First"), town.resident("Ann")
    await register_for_forum(first, people=2)
    await ann.says("/start forum_DD7K2")
    assert ann.is_offered("forums.attend_waiting")
    assert not ann.is_offered("forums.attend")
    await ann.taps("forums.attend_waiting")
    await ann.taps("feedback.consent.options.agree")
    await ann.taps("attend.people.options.1")
    await ann.taps("attend.category.options.resident")
    assert ann.is_told("attend.waiting")
    await ann.taps("forums.ticket_waiting")
    assert ann.is_told("forums.waiting_of")
    own = [*ann.heard, *(_list_all_labels(ann.messages))]
    assert not [text for text in own if "vé" in text.lower().split()], own


def _list_all_labels(messages: list[dict[str, object]]) -> list[str]:
    labels = []
    for message in messages:
        markup = message.get("reply_markup") or {}
        assert isinstance(markup, dict)
        labels += [key["text"] for row in markup.get("inline_keyboard", []) for key in row]
    return labels


@pytest.mark.parametrize("typed", ["8", "attend.people.options.8"])
async def test_a_party_larger_than_the_hall_is_refused(town: Town, typed: str) -> None:
    """It would wait for ever."""
    await publish_forum(town, capacity=5)
    ann = town.resident("Ann")
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.attend")
    await ann.taps("feedback.consent.options.agree")
    if typed.isdigit():
        await ann.says(typed)
        assert ann.is_told("attend.people.rejected.too-large")
        assert "5 người" in ann.sees
    assert "8" not in ann.buttons
    await ann.taps("attend.people.options.5")
    await ann.taps("attend.category.options.resident")
    (row,) = await list_registrations(town)
    assert (row.people, row.state) == (5, RegistrationState.REGISTERED)


async def test_a_hall_that_shrinks_refuses_a_larger_party(town: Town) -> None:
    """The hall became smaller while the question was open; nobody is put into the waiting list."""
    forum_id = await publish_forum(town, capacity=9)
    ann = town.resident("Ann")
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.attend")
    await ann.taps("feedback.consent.options.agree")
    await ann.taps("attend.people.options.8")
    await change_forum(town, forum_id, capacity=4)
    await ann.taps("attend.category.options.resident")
    assert ann.is_told("attend.larger_than_hall")
    assert not await list_registrations(town)


async def test_a_waiting_party_does_not_grow_beyond_the_hall(town: Town) -> None:
    """The same rule as for a new registration."""
    await publish_forum(town, capacity=4)
    first, ann = town.resident("First"), town.resident("Ann")
    await register_for_forum(first, people=4)
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.attend_waiting")
    await ann.taps("feedback.consent.options.agree")
    await ann.taps("attend.people.options.2")
    await ann.taps("attend.category.options.resident")
    await ann.presses_data("forums:people=DD7K2.8")
    assert [row.people for row in await list_registrations(town)] == [4, 2]


async def test_the_calendar_file_has_a_name_that_a_person_recognises(town: Town) -> None:
    """The day and the place, in letters that every phone and printer takes."""
    await publish_forum(town)
    ann = town.resident("Ann")
    await ann.says("/start forum_DD7K2")
    await ann.taps("forums.calendar")
    name = ann.messages[-1]["document"]["file_name"]
    assert name == "dien-dan-2026-12-05-hoi-truong-phuong-an-bien.ics"


@pytest.mark.parametrize("venue", ["", "???", "会场", "Hội trường " + "rất dài " * 30])
def test_every_venue_gives_a_plain_file_name(venue: str) -> None:
    """It has letters, digits and hyphens only, and a length that file systems take."""
    name = name_calendar_file("2026-12-05", venue)
    assert name.startswith("dien-dan-2026-12-05")
    assert name.endswith(".ics")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert len(name) <= 80
    assert "-." not in name


@pytest.mark.parametrize("kind", ["notice", "moved", "postponed", "cancelled", "results"])
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_announcement_names_the_area_and_no_empty_line(
    town: Town, kind: str, language: str
) -> None:
    """Who takes news of several areas reads which one it is; nobody invited is not "–"."""
    forum_id = await publish_forum(town, reason="mưa bão", minutes="Nhận 12 ý kiến.")
    async with town.app.database.reading() as connection:
        (forum,) = await fetch_all(connection, Forum, table(Forum).select())
    announcement = Announcement(forum_id=forum_id, kind=kind, version=1, created_at=town.now)
    for former in (None, town.now + timedelta(days=3)):
        announcement.former_start = former
        screen = show_announcement(announcement, forum)
        catalogue = Catalogue(town.app.policy.zone)
        text = "\n".join(catalogue.render_html(words, language) for words in screen.paragraphs)
        assert "An Biên" in text.replace(forum.venue, "")
        assert "–" not in text


def test_the_texts_of_the_waiting_list_do_not_speak_of_a_ticket() -> None:
    """A ticket lets its owner in."""
    texts = load_texts("vi")
    of_waiting = [text for key, text in texts.items() if "waiting" in key.split(".")]
    assert of_waiting
    assert not [text for text in of_waiting if "vé" in text.lower()]
