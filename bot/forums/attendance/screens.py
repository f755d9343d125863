"""Screens of residents: forums, and their own tickets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.areas.units import name_police, name_unit
from bot.casework.submission_rules import NOT_SATISFIED, SATISFIED, VERY_SATISFIED
from bot.core.screen import Button, Lines, Screen, Words
from bot.forums.attendance import rules
from bot.forums.shared.commitment_screens import list_commitments
from bot.forums.shared.minutes import shorten_minutes
from bot.forums.shared.states import REPORTED
from storage.models import ForumState, RegistrationState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.core.screen import Param
    from bot.forums.attendance.views import CheckInResult, ForumView
    from storage.models import Forum, Registration

PAGE_SIZE = 6  # forums on one page of a list
_EXCERPT = 1500  # characters of the minutes
_TITLE = 60  # characters of a title on a button
_DAY, _HOUR = 1440, 60  # in minutes, like the offsets of reminders
_UNCERTAIN = frozenset({ForumState.POSTPONED, ForumState.CANCELLED})


def forum_button(action: str, forum: Forum) -> Button:
    """Return the button of an action on a forum."""
    return Button(Words(f"forums.{action}"), f"forums:{action}={forum.code}")


def show_forums(forums: Sequence[Forum], which: str, skip: int, zone: ZoneInfo) -> Screen:
    """Return a list of forums, with days in `zone`; `which` is "coming" or "past".

    `skip` forums are on the pages before. If `forums` has more than PAGE_SIZE, a button leads to
    the next page.
    """
    buttons = [
        Button(
            Words(
                "forums.item",
                {
                    "on": forum.starts_at.astimezone(zone).date(),
                    "area": name_unit(forum.area),
                    "title": forum.title[:_TITLE],
                },
            ),
            f"forums:show={forum.code}",
        )
        for forum in forums[:PAGE_SIZE]
    ]
    if len(forums) > PAGE_SIZE:
        buttons.append(Button(Words("forums.more"), f"forums:{which}={skip + PAGE_SIZE}"))
    other = "past" if which == "coming" else "coming"
    buttons.append(Button(Words(f"forums.to_{other}"), f"forums:{other}=0"))
    buttons.append(Button(Words("forums.news"), "subscription:list="))
    return Screen((Words(f"forums.{which if forums else f'no_{which}'}"),), tuple(buttons))


def describe_forum(forum: Forum) -> dict[str, Param]:
    """Return the parameters of a forum in texts: title, at, venue and code.

    `at` is the start; the renderer of texts shows it in the city's time zone.
    """
    return {"title": forum.title, "at": forum.starts_at, "venue": forum.venue, "code": forum.code}


def show_forum(view: ForumView, now: datetime) -> Screen:
    """Return a forum, with buttons for the actions that are possible for the person now."""
    forum, mine = view.forum, view.mine
    paragraphs = [
        Words(
            "forums.one",
            {
                **describe_forum(forum),
                "area": name_unit(forum.area),
                "host": name_police(forum.host_unit),
                "head": forum.head,
            },
        )
    ]
    if forum.agenda:
        points = tuple(Words("forums.point", {"text": point}) for point in forum.agenda)
        paragraphs.append(Words("forums.agenda", {"points": Lines(points)}))
    if forum.state in _UNCERTAIN:
        paragraphs.append(Words(f"forums.is.{forum.state}"))
    elif rules.is_registration_open(forum, now):
        paragraphs.append(_describe_places(view))
    if mine is not None and forum.state is not ForumState.CANCELLED:
        paragraphs.append(_describe_registration(mine, view.queue_position))
    if view.came is not None:
        paragraphs.append(Words("forums.counter", {"came": view.came, "taken": view.taken}))
    if forum.state in REPORTED:
        paragraphs += [
            *_describe_minutes(forum),
            *list_commitments("forums.promises", view.commitments),
        ]
    buttons = [_name_action(action, view) for action in _list_actions(view, now)]
    if rules.may_enter_oral_submissions(forum, mine):
        buttons.insert(0, Button(Words("hall.relay"), f"hall:spoken={forum.code}"))
    buttons.append(Button(Words("forums.back"), "forums:coming=0"))
    return Screen(tuple(paragraphs), tuple(buttons))


def _name_action(action: str, view: ForumView) -> Button:
    """Return the button of an action: its label tells what it does in a full hall."""
    button, mine = forum_button(action, view.forum), view.mine
    is_full = rules.count_free_places(view.forum.capacity, view.taken) == 0
    if action == "attend" and is_full:
        return replace(button, label=Words("forums.attend_waiting"))
    if action == "ticket" and mine is not None and mine.state is RegistrationState.WAITING:
        return replace(button, label=Words("forums.ticket_waiting"))
    return button


def _describe_places(view: ForumView) -> Words:
    free = rules.count_free_places(view.forum.capacity, view.taken)
    if free is None:
        return Words("forums.no_limit")
    return Words("forums.left", {"left": free}) if free else Words("forums.full")


def _describe_registration(mine: Registration, queue_position: int) -> Words:
    params: Mapping[str, Param] = {
        "people": mine.people,
        "category": Words(f"attend.category.options.{mine.category}"),
        "number": queue_position,
    }
    return Words(f"forums.mine.{mine.state}", params)


def _describe_minutes(forum: Forum) -> list[Words]:
    text = shorten_minutes(forum.minutes or "", _EXCERPT)
    return [Words("forums.results", {"text": text})] if text else []


def show_minutes(forum: Forum) -> Screen:
    """Return the whole minutes of a forum; a channel may need several messages for them."""
    words = Words("forums.all_minutes", {"title": forum.title, "text": forum.minutes or ""})
    return Screen((words,), (Button(Words("forums.back_to"), f"forums:open={forum.code}"),))


def _list_actions(view: ForumView, now: datetime) -> list[str]:
    forum, mine = view.forum, view.mine
    actions = []
    if mine is None and rules.is_registration_open(forum, now):
        actions.append("attend")
    if mine is not None and rules.are_tickets_valid(forum, now):
        actions.append("ticket")
    if rules.may_send_opinion(forum, now, mine):
        actions.append("opinion")
    if forum.state in REPORTED and len(forum.minutes or "") > _EXCERPT:
        actions.append("minutes")
    if rules.was_there(forum, mine):
        actions.append("rate")
    if rules.is_registration_open(forum, now):
        actions += ["map"] if forum.latitude is not None else []
        actions += ["calendar", "news"]
        actions += ["hide"] if mine is None else []
    return actions


def show_confirmation(forum: Forum, registration: Registration, queue_position: int) -> Screen:
    """Return the message that a person keeps after the registration.

    `queue_position` is the place in the waiting list, from 1. It is shown only without a place.
    """
    has_place = registration.state is RegistrationState.REGISTERED
    words = Words(
        "attend.registered" if has_place else "attend.waiting",
        {**describe_forum(forum), "people": registration.people, "number": queue_position},
    )
    actions = ["qr"] if has_place else []
    actions += ["calendar", *(["map"] if forum.latitude is not None else [])]
    buttons = (forum_button(action, forum) for action in actions)
    kept = _list_ticket_buttons(forum, has_place=has_place)
    return Screen((words,), (*buttons, *kept))


def show_moved_up(forum: Forum, registration: Registration) -> Screen:
    """Return the message for a person of the waiting list who got a place."""
    words = Words("attend.moved_up", {**describe_forum(forum), "people": registration.people})
    return Screen((words,), (forum_button("qr", forum), *_list_ticket_buttons(forum)))


def _list_ticket_buttons(forum: Forum, *, has_place: bool = True) -> tuple[Button, ...]:
    """Return the buttons of a message that stays: they open new messages below it."""
    label = Words("forums.ticket" if has_place else "forums.ticket_waiting")
    ticket = Button(label, f"forums:mine={forum.code}")
    return ticket, forum_button("cancel", forum)


def show_ticket(view: ForumView) -> Screen:
    """Return the person's registration with the buttons to change it."""
    forum, mine = view.forum, view.mine
    assert mine is not None
    is_waiting = mine.state is RegistrationState.WAITING
    paragraphs = (
        Words("forums.waiting_of" if is_waiting else "forums.ticket_of", describe_forum(forum)),
        _describe_registration(mine, view.queue_position),
    )
    actions = ["qr"] if mine.state is RegistrationState.REGISTERED else []
    actions += ["people", "remind", "calendar", "cancel"]
    back = Button(Words("forums.back_to"), f"forums:show={forum.code}")
    return Screen(paragraphs, (*(forum_button(action, forum) for action in actions), back))


def show_qr_caption(view: ForumView) -> Screen:
    """Return the caption of the ticket's QR code."""
    assert view.mine is not None
    params = {**describe_forum(view.forum), "people": view.mine.people}
    return Screen((Words("forums.qr_caption", params),))


def show_hidden(forum: Forum) -> Screen:
    """Return the confirmation that a forum is hidden from its person, with a button to undo it."""
    back = Button(Words("forums.back"), "forums:coming=0")
    return Screen(
        (Words("forums.hidden", describe_forum(forum)),), (forum_button("unhide", forum), back)
    )


def ask_party_size(view: ForumView) -> Screen:
    """Return the question for the number of people who come."""
    code, most = view.forum.code, view.forum.capacity or rules.MAX_PEOPLE
    numbers = tuple(
        Button(Words(f"attend.people.options.{n}"), f"forums:people={code}.{n}")
        for n in range(1, min(most, rules.MAX_PEOPLE) + 1)
    )
    keep = Button(Words("forums.keep"), f"forums:ticket={code}")
    return Screen((Words("forums.how_many"),), (*numbers, keep))


def ask_reminder_offsets(view: ForumView, usual: Collection[int]) -> Screen:
    """Return the offsets at which the person is reminded; pressing one adds or removes it.

    `usual` are the offsets of a person who chose nothing.
    """
    assert view.mine is not None
    chosen = set(usual if view.mine.offsets is None else view.mine.offsets)
    code = view.forum.code
    buttons = tuple(
        Button(
            Words("settings.chosen", {"what": describe_offset(offset)})
            if offset in chosen
            else describe_offset(offset),
            f"forums:{'unremind' if offset in chosen else 'remind'}={code}.{offset}",
        )
        for offset in sorted({*rules.REMINDER_OFFSETS, *usual}, reverse=True)
    )
    back = Button(Words("forums.keep"), f"forums:ticket={code}")
    return Screen((Words("forums.when_to_remind"),), (*buttons, back))


def describe_offset(offset: int) -> Words:
    """Return the text of an offset: its minutes as whole days, hours or minutes."""
    for key, unit in (("days", _DAY), ("hours", _HOUR), ("minutes", 1)):
        if offset % unit == 0:
            return Words(f"reminder.before.{key}", {"n": offset // unit})
    raise AssertionError("every number is a whole number of minutes")


def confirm_cancellation(forum: Forum) -> Screen:
    """Return the question that comes before a registration is cancelled."""
    return Screen(
        (Words("forums.sure", describe_forum(forum)),),
        (
            forum_button("cancelled", forum),
            Button(Words("forums.keep"), f"forums:ticket={forum.code}"),
        ),
    )


def ask_rating(forum: Forum) -> Screen:
    """Return the question for the rating of a forum."""
    scores = (VERY_SATISFIED, SATISFIED, NOT_SATISFIED)
    return Screen(
        (Words("forums.how_was_it", describe_forum(forum)),),
        tuple(
            Button(Words(f"rating.score.options.{score}"), f"forums:rate={forum.code}.{score}")
            for score in scores
        ),
    )


def show_check_in(result: CheckInResult) -> Screen:
    """Return the result of a check-in.

    It also shows the numbers of all people checked in at the forum and of the places taken.
    """
    registration = result.registration
    params: dict[str, Param] = {
        "people": registration.people,
        "category": Words(f"attend.category.options.{registration.category}"),
        "at": registration.arrived_at or result.forum.starts_at,
        "title": result.forum.title,
    }
    counter = Words("forums.counter", {"came": result.came, "taken": result.taken})
    return Screen((Words(f"forums.door.{result.outcome}", params), counter))


def show_reminder(forum: Forum, registration: Registration) -> Screen:
    """Return a reminder with title, time and venue of the forum."""
    words = Words("reminder.text", {**describe_forum(forum), "people": registration.people})
    return Screen((words,), (forum_button("qr", forum), *_list_ticket_buttons(forum)))
