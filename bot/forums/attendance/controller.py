"""Commands and buttons of residents: /forums, "forums:ACTION=CODE.NUMBER", and a ticket's link."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.conversation import chats
from bot.conversation.message_subjects import FORUM_VIEW
from bot.core.requests import (
    Pin,
    Refused,
    Route,
    Show,
    ShowPin,
    StartFlow,
    Upload,
    split_argument,
)
from bot.core.screen import Screen, Words
from bot.core.typed_numbers import parse_number
from bot.feedback import deep_links, qr_codes
from bot.feedback.controller import show_welcome
from bot.forums.attendance import calendar_file, check_in, registration, rules, screens, views
from bot.forums.attendance.flow import CAPACITY
from bot.forums.shared.states import REPORTED
from bot.forums.subscriptions import controller as subscriptions_controller
from bot.forums.subscriptions import service as subscriptions_service
from bot.notifications.summaries import name_forum
from storage import attendance

if TYPE_CHECKING:
    from bot.core.preferences import Preferences
    from bot.core.requests import Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Registration

CHECK_IN_PREFIX = "checkin_"  # of the payload of a ticket's deep link; the ticket's token follows
_FORUM = "forum_"  # before a forum's code in a deep link's payload
_MAX_HIDDEN = 50  # forums that a person hid; older ones are shown again
_SCORES = (0, 1, 2)  # the ratings of a forum: not satisfied, satisfied, very satisfied


async def list_coming_forums(work: UnitOfWork, request: Request) -> Responses:
    """List the coming forums, those of the person's areas and topics first."""
    skip = parse_number(request.argument) or 0
    preferences = request.chat.preferences
    subjects = await subscriptions_service.list_subjects(work, request.chat.id)
    forums = await attendance.list_upcoming_forums(
        work.connection,
        work.now,
        {CITY, *preferences.areas, *subjects},
        preferences.hidden,
        skip=skip,
        max_rows=screens.PAGE_SIZE + 1,
    )
    return Show(screens.show_forums(forums, "coming", skip, work.policy.zone))


async def list_past_forums(work: UnitOfWork, request: Request) -> Responses:
    """List the forums whose results are published, the newest first."""
    skip = parse_number(request.argument) or 0
    forums = await attendance.list_past_forums(
        work.connection, skip=skip, max_rows=screens.PAGE_SIZE + 1
    )
    return Show(screens.show_forums(forums, "past", skip, work.policy.zone))


async def show_forum(work: UnitOfWork, request: Request) -> Responses:
    """Show a forum; in a new message for "forums:open", so that the announcement stays."""
    view = await _load_view(work, request)
    about = (FORUM_VIEW, view.forum.code)
    return Show(screens.show_forum(view, work.now), new=request.action == "open", about=about)


async def show_minutes(work: UnitOfWork, request: Request) -> Responses:
    """Show the whole minutes of a forum in new messages. Raises Refused before they are there."""
    view = await _load_view(work, request)
    if view.forum.state not in REPORTED or not view.forum.minutes:
        raise Refused(Words("forums.no_minutes"))
    return Show(screens.show_minutes(view.forum), new=True, about=(FORUM_VIEW, view.forum.code))


async def open_forum_link(work: UnitOfWork, request: Request) -> Responses:
    """Remember the forum of a deep link for the next submission, and show the forum.

    If there is no such forum, say so, show the welcome, and remember nothing.
    """
    view = await views.load_forum_view(work, request.chat.id, request.argument)
    if view is None:
        return await show_welcome(work, request, Words("forums.unknown"))
    link = deep_links.make_forum_link(view.forum.code, work.now)
    await chats.update_preferences(work, request.chat.id, lambda stored: replace(stored, link=link))
    return Show(screens.show_forum(view, work.now), about=(FORUM_VIEW, view.forum.code))


async def _load_view(work: UnitOfWork, request: Request) -> views.ForumView:
    code, _number = split_argument(request.argument)
    view = await views.load_forum_view(work, request.chat.id, code)
    if view is None:
        raise Refused(Words("forums.unknown"))
    return view


async def start_registration(work: UnitOfWork, request: Request) -> Responses:
    """Start the conversation of a registration. Raises Refused if the person cannot register."""
    view = await _load_view(work, request)
    if not rules.is_registration_open(view.forum, work.now):
        raise Refused(Words("attend.gone"))
    if view.mine is not None:
        raise Refused(Words("attend.already"))
    about = name_forum(view.forum, work.policy.zone)
    most = {} if view.forum.capacity is None else {CAPACITY: view.forum.capacity}
    return StartFlow("attend", {"@code": view.forum.code, **about, **most})


async def start_submission(work: UnitOfWork, request: Request) -> Responses:
    """Start a submission for the forum. Raises Refused after the deadline for submissions."""
    view = await _load_view(work, request)
    if not rules.may_send_opinion(view.forum, work.now, view.mine):
        raise Refused(Words("forums.too_late", {"until": view.forum.opinions_until}))
    link = deep_links.make_forum_link(view.forum.code, work.now)
    await chats.update_preferences(work, request.chat.id, lambda stored: replace(stored, link=link))
    return StartFlow("feedback")


async def show_on_map(work: UnitOfWork, request: Request) -> Responses:
    """Show the venue of the forum on a map. Raises Refused if its position is not known."""
    forum = (await _load_view(work, request)).forum
    if forum.latitude is None or forum.longitude is None:
        raise Refused(Words("forums.no_place"))
    return ShowPin(Pin(forum.latitude, forum.longitude, forum.title, forum.venue))


async def send_calendar_file(work: UnitOfWork, request: Request) -> Responses:
    """Send the forum as a calendar file."""
    forum = (await _load_view(work, request)).forum
    link = f"https://t.me/{request.bot_name}?start={_FORUM}{forum.code}"
    content = calendar_file.make_calendar_file(forum, work.now, link)
    screen = Screen((Words("forums.calendar_file", screens.describe_forum(forum)),))
    day = forum.starts_at.astimezone(work.policy.zone).date().isoformat()
    upload = Upload(content, calendar_file.name_calendar_file(day, forum.venue))
    return Show(screen, upload=upload, about=(FORUM_VIEW, forum.code))


async def show_subscriptions(work: UnitOfWork, request: Request) -> Responses:
    """Show the person's subscriptions, and offer the forum's area."""
    forum = (await _load_view(work, request)).forum
    return await subscriptions_controller.show_subscriptions(work, request.chat, forum.area)


async def hide_forum(work: UnitOfWork, request: Request) -> Responses:
    """Hide a forum in the person's list of forums.

    A subscriber gets no more announcements of it. Attendees still get them.
    """
    view = await _load_view(work, request)
    await _set_hidden(work, request.chat.id, view.forum.code, hidden=True)
    return Show(screens.show_hidden(view.forum))


async def unhide_forum(work: UnitOfWork, request: Request) -> Responses:
    """Show a hidden forum again."""
    view = await _load_view(work, request)
    await _set_hidden(work, request.chat.id, view.forum.code, hidden=False)
    return Show(screens.show_forum(view, work.now))


async def _set_hidden(work: UnitOfWork, chat_id: int, forum_code: str, *, hidden: bool) -> None:
    def change(preferences: Preferences) -> Preferences:
        codes = tuple(other for other in preferences.hidden if other != forum_code)
        return replace(preferences, hidden=(*codes, forum_code)[-_MAX_HIDDEN:] if hidden else codes)

    await chats.update_preferences(work, chat_id, change)


async def rate_forum(work: UnitOfWork, request: Request) -> Responses:
    """Store a rating, or ask for one. Raises Refused for a person who was not checked in."""
    view = await _load_view(work, request)
    if not rules.was_there(view.forum, view.mine):
        raise Refused(Words("forums.no_ticket"))
    _code, score = split_argument(request.argument)
    if score not in _SCORES:
        return Show(screens.ask_rating(view.forum), new=True)
    await registration.rate_forum(work, request.chat.id, view.forum.code, score)
    return Show(Screen((Words("rating.done"),)))


# Tickets


async def _load_ticket(work: UnitOfWork, request: Request) -> tuple[views.ForumView, Registration]:
    """Return the forum and the person's registration. Raises Refused if they have none."""
    view = await _load_view(work, request)
    if view.mine is None:
        raise Refused(Words("forums.no_ticket"))
    return view, view.mine


async def show_ticket(work: UnitOfWork, request: Request) -> Responses:
    """Show the person's registration; as a new message for "forums:mine"."""
    view, _mine = await _load_ticket(work, request)
    about = (FORUM_VIEW, view.forum.code)
    return Show(screens.show_ticket(view), new=request.action == "mine", about=about)


async def send_ticket_code(work: UnitOfWork, request: Request) -> Responses:
    """Send the QR code that is scanned at the door."""
    view, mine = await _load_ticket(work, request)
    picture = qr_codes.draw_link_code_png(request.bot_name, f"{CHECK_IN_PREFIX}{mine.token}")
    upload = Upload(picture, f"{view.forum.code}.png", is_picture=True)
    about = (FORUM_VIEW, view.forum.code)
    return Show(screens.show_qr_caption(view), upload=upload, about=about)


async def change_party_size(work: UnitOfWork, request: Request) -> Responses:
    """Change the number of people of a registration, or ask for it. Raises Refused."""
    view, _mine = await _load_ticket(work, request)
    code, people = split_argument(request.argument)
    if people is None:
        return Show(screens.ask_party_size(view))
    await registration.set_party_size(work, request.chat.id, code, people)
    return await show_ticket(work, request)


async def change_reminders(work: UnitOfWork, request: Request) -> Responses:
    """Add or remove a reminder, and show the times of the person's reminders. Raises Refused."""
    view, _mine = await _load_ticket(work, request)
    code, minutes = split_argument(request.argument)
    if minutes is not None:
        wanted = request.action == "remind"
        await registration.set_reminder_offset(work, request.chat.id, code, minutes, wanted=wanted)
        view = await _load_view(work, request)
    return Show(screens.ask_reminder_offsets(view, work.policy.reminder_minutes))


async def confirm_cancellation(work: UnitOfWork, request: Request) -> Responses:
    """Ask for confirmation before a registration is cancelled."""
    view, _mine = await _load_ticket(work, request)
    return Show(screens.confirm_cancellation(view.forum), new=True)


async def cancel_registration(work: UnitOfWork, request: Request) -> Responses:
    """Cancel the person's registration."""
    view, _mine = await _load_ticket(work, request)
    is_cancelled = await registration.cancel_registration(work, request.chat.id, view.forum.code)
    key = "forums.cancelled_mine" if is_cancelled else "forums.no_ticket"
    return Show(Screen((Words(key, screens.describe_forum(view.forum)),)))


async def scan_ticket(work: UnitOfWork, request: Request) -> Responses:
    """Check a ticket in for an officer at the door, or show it to the person who owns it."""
    scanned = await check_in.scan_ticket(work, request.chat.id, request.argument)
    if scanned is None:
        raise Refused(Words("forums.unknown_ticket"))
    if isinstance(scanned, views.CheckInResult):
        return Show(screens.show_check_in(scanned))
    if scanned.mine is None:
        return Show(screens.show_forum(scanned, work.now))
    return Show(screens.show_ticket(scanned))


ROUTES: Routes = {
    "/forums": Route(list_coming_forums, reads_only=True),
    "forums:coming": Route(list_coming_forums, reads_only=True),
    "forums:past": Route(list_past_forums, reads_only=True),
    "forums:attend": Route(start_registration, reads_only=True),
    "forums:opinion": Route(start_submission),
    "forums:map": Route(show_on_map, reads_only=True),
    "forums:calendar": Route(send_calendar_file, reads_only=True),
    "forums:news": Route(show_subscriptions, reads_only=True),
    "forums:hide": Route(hide_forum),
    "forums:unhide": Route(unhide_forum),
    "forums:rate": Route(rate_forum),
    "forums:minutes": Route(show_minutes, reads_only=True),
    "forums:ticket": Route(show_ticket, reads_only=True),
    "forums:mine": Route(show_ticket, reads_only=True),
    "forums:qr": Route(send_ticket_code, reads_only=True),
    "forums:people": Route(change_party_size),
    "forums:remind": Route(change_reminders),
    "forums:unremind": Route(change_reminders),
    "forums:cancel": Route(confirm_cancellation, reads_only=True),
    "forums:cancelled": Route(cancel_registration),
    "forums:*": Route(show_forum, reads_only=True),
    f"start:{_FORUM}": Route(open_forum_link),
    f"start:{CHECK_IN_PREFIX}": Route(scan_ticket, record_refusal=check_in.record_refusal),
}
