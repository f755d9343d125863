"""What residents are shown of forums, and of their own tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_police, name_unit
from bot.casework.submission_rules import NOT_SATISFIED, SATISFIED, VERY_SATISFIED
from bot.core.screen import Button, Lines, Screen, Words
from bot.forums.attendance import rules
from storage.models import ForumState, RegistrationState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.core.screen import Param
    from bot.forums.attendance.service import CheckInResult, ForumView
    from storage.models import Commitment, Forum, Registration

PAGE = 6  # forums on one page of a list
_EXCERPT = 1500  # characters of the minutes
_TITLE = 60  # characters of a title on a button
_DAY, _HOUR = 1440, 60
_UNCERTAIN = frozenset({ForumState.POSTPONED, ForumState.CANCELLED})


def forum_button(verb: str, forum: Forum) -> Button:
    """A button of a forum."""
    return Button(Words(f"forums.{verb}"), f"forums:{verb}={forum.code}")


def show_forums(found: Sequence[Forum], which: str, skip: int, zone: ZoneInfo) -> Screen:
    """Forums to come, or past ones; give one more than a page to have a button to the next."""
    buttons = [
        Button(
            Words(
                "forums.item",
                {
                    "on": each.starts_at.astimezone(zone).date(),
                    "area": name_unit(each.area),
                    "title": each.title[:_TITLE],
                },
            ),
            f"forums:show={each.code}",
        )
        for each in found[:PAGE]
    ]
    if len(found) > PAGE:
        buttons.append(Button(Words("forums.more"), f"forums:{which}={skip + PAGE}"))
    other = "past" if which == "coming" else "coming"
    buttons.append(Button(Words(f"forums.to_{other}"), f"forums:{other}=0"))
    buttons.append(Button(Words("forums.news"), "subscription:list="))
    return Screen((Words(f"forums.{which if found else f'no_{which}'}"),), tuple(buttons))


def describe_forum(forum: Forum) -> dict[str, Param]:
    """What, when and where."""
    return {"title": forum.title, "at": forum.starts_at, "venue": forum.venue, "code": forum.code}


def show_forum(view: ForumView, now: datetime) -> Screen:
    """A forum with what one may do about it."""
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
        points = tuple(Words("forums.point", {"text": each}) for each in forum.agenda)
        paragraphs.append(Words("forums.agenda", {"points": Lines(points)}))
    if forum.state in _UNCERTAIN:
        paragraphs.append(Words(f"forums.is.{forum.state}"))
    elif rules.is_open(forum, now):
        paragraphs.append(_room(view))
    if mine is not None and forum.state is not ForumState.CANCELLED:
        paragraphs.append(_standing(mine, view.number))
    if view.came is not None:
        paragraphs.append(Words("forums.counter", {"came": view.came, "taken": view.taken}))
    paragraphs += _results(forum, view.promises)
    ways = _ways(view, now)
    relays = rules.may_relay(forum, mine)
    relay = (Button(Words("hall.relay"), f"hall:spoken={forum.code}"),) if relays else ()
    back = Button(Words("forums.back"), "forums:coming=0")
    return Screen(tuple(paragraphs), (*relay, *(forum_button(way, forum) for way in ways), back))


def _room(view: ForumView) -> Words:
    free = rules.count_free_places(view.forum.capacity, view.taken)
    if free is None:
        return Words("forums.no_limit")
    return Words("forums.left", {"left": free}) if free else Words("forums.full")


def _standing(mine: Registration, number: int) -> Words:
    params: Mapping[str, Param] = {
        "people": mine.people,
        "category": Words(f"attend.category.options.{mine.category}"),
        "number": number,
    }
    return Words(f"forums.mine.{mine.state}", params)


def _results(forum: Forum, promises: Sequence[Commitment]) -> list[Words]:
    """What was said and promised, once it is reported."""
    if forum.state not in {ForumState.REPORTED, ForumState.CLOSED}:
        return []
    text = forum.minutes or ""
    short = text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rstrip()}…"
    found = [Words("forums.results", {"text": short})] if text else []
    if promises:
        lines = tuple(
            Words(
                f"forums.promise.{'kept' if each.kept_at else 'open'}",
                {"text": each.text, "owner": each.owner, "due": each.due_on},
            )
            for each in promises
        )
        found.append(Words("forums.promises", {"points": Lines(lines)}))
    return found


def _ways(view: ForumView, now: datetime) -> list[str]:
    forum, mine = view.forum, view.mine
    ways = []
    if mine is None and rules.is_open(forum, now):
        ways.append("attend")
    if mine is not None and rules.keeps_tickets(forum, now):
        ways.append("ticket")
    if rules.takes_opinions(forum, now, mine):
        ways.append("opinion")
    if rules.was_there(forum, mine):
        ways.append("rate")
    if rules.is_open(forum, now):
        ways += ["map"] if forum.latitude is not None else []
        ways += ["calendar", "news"]
        ways += ["hide"] if mine is None else []
    return ways


def show_confirmation(forum: Forum, row: Registration, number: int) -> Screen:
    """What somebody who registered keeps."""
    key = "attend.registered" if row.state is RegistrationState.REGISTERED else "attend.waiting"
    words = Words(key, {**describe_forum(forum), "people": row.people, "number": number})
    ways = ["qr"] if row.state is RegistrationState.REGISTERED else []
    ways += ["calendar", *(["map"] if forum.latitude is not None else [])]
    return Screen((words,), (*(forum_button(way, forum) for way in ways), *_later(forum)))


def show_moved_up(forum: Forum, row: Registration) -> Screen:
    """A place became free for somebody who waited."""
    words = Words("attend.moved_up", {**describe_forum(forum), "people": row.people})
    return Screen((words,), (forum_button("qr", forum), *_later(forum)))


def _later(forum: Forum) -> tuple[Button, ...]:
    """The buttons of a message that stays: what they open comes below it."""
    ticket = Button(Words("forums.ticket"), f"forums:mine={forum.code}")
    return ticket, forum_button("cancel", forum)


def show_ticket(view: ForumView) -> Screen:
    """One's own registration, and what may be changed of it."""
    forum, mine = view.forum, view.mine
    assert mine is not None
    words = (Words("forums.ticket_of", describe_forum(forum)), _standing(mine, view.number))
    back = Button(Words("forums.back_to"), f"forums:show={forum.code}")
    ways = ["qr"] if mine.state is RegistrationState.REGISTERED else []
    ways += ["people", "remind", "calendar", "cancel"]
    return Screen(words, (*(forum_button(way, forum) for way in ways), back))


def show_qr_caption(view: ForumView) -> Screen:
    """What stands under the ticket's picture."""
    assert view.mine is not None
    params = {**describe_forum(view.forum), "people": view.mine.people}
    return Screen((Words("forums.qr_caption", params),))


def show_hidden(forum: Forum) -> Screen:
    """A forum that somebody is not interested in, with the way back."""
    back = Button(Words("forums.back"), "forums:coming=0")
    return Screen(
        (Words("forums.hidden", describe_forum(forum)),), (forum_button("unhide", forum), back)
    )


def ask_party_size(view: ForumView) -> Screen:
    """With how many people to come instead."""
    code = view.forum.code
    numbers = tuple(
        Button(Words(f"attend.people.options.{n}"), f"forums:people={code}.{n}")
        for n in range(1, rules.MAX_PEOPLE + 1)
    )
    keep = Button(Words("forums.keep"), f"forums:ticket={code}")
    return Screen((Words("forums.how_many"),), (*numbers, keep))


def ask_reminder_offsets(view: ForumView, usual: Collection[int]) -> Screen:
    """At which moments before the start one is reminded; a press changes one of them."""
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
        for offset in sorted({*rules.OFFSETS, *usual}, reverse=True)
    )
    back = Button(Words("forums.keep"), f"forums:ticket={code}")
    return Screen((Words("forums.when_to_remind"),), (*buttons, back))


def describe_offset(offset: int) -> Words:
    """A span of minutes in the largest unit that is whole."""
    for key, unit in (("days", _DAY), ("hours", _HOUR), ("minutes", 1)):
        if offset % unit == 0:
            return Words(f"reminder.before.{key}", {"n": offset // unit})
    raise AssertionError("every number of minutes is whole")


def confirm_cancellation(forum: Forum) -> Screen:
    """Once more before a place is given up."""
    return Screen(
        (Words("forums.sure", describe_forum(forum)),),
        (
            forum_button("cancelled", forum),
            Button(Words("forums.keep"), f"forums:ticket={forum.code}"),
        ),
    )


def ask_rating(forum: Forum) -> Screen:
    """How satisfied somebody is who was there."""
    scores = (VERY_SATISFIED, SATISFIED, NOT_SATISFIED)
    return Screen(
        (Words("forums.how_was_it", describe_forum(forum)),),
        tuple(
            Button(Words(f"rating.score.options.{score}"), f"forums:rate={forum.code}.{score}")
            for score in scores
        ),
    )


def show_check_in(found: CheckInResult) -> Screen:
    """What who lets people in is told of a ticket, with the counter."""
    row = found.row
    params: dict[str, Param] = {
        "people": row.people,
        "category": Words(f"attend.category.options.{row.category}"),
        "at": row.arrived_at or found.forum.starts_at,
        "title": found.forum.title,
    }
    counter = Words("forums.counter", {"came": found.came, "taken": found.taken})
    return Screen((Words(f"forums.door.{found.outcome}", params), counter))


def show_reminder(forum: Forum, row: Registration) -> Screen:
    """What, when and where, so that nothing else has to be looked up."""
    words = Words("reminder.text", {**describe_forum(forum), "people": row.people})
    return Screen((words,), (forum_button("qr", forum), *_later(forum)))
