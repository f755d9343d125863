"""What organisers are shown of forums; and what is announced of them to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import name_police, name_unit
from bot.core.screen import Button, Lines, Screen, Words
from bot.feedback.text_questions import name_topics
from bot.forums.planning.actions import IN_THE_HALL
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from bot.core.screen import Param
    from bot.forums.planning.service import ForumPlan
    from bot.forums.session.service import SubmissionPage
    from storage.models import Commitment, Forum

_EXCERPT = 200  # characters of an opinion in a list
_HELD = IN_THE_HALL | {ForumState.REPORTED, ForumState.CLOSED}
_RESULTS = 2500  # characters of the minutes in a message


def show_announcement(kind: str, forum: Forum, *, buttons: bool = True) -> Screen:
    """What everybody concerned hears: the notice, a change, or the results."""
    params: dict[str, Param] = {
        "title": forum.title,
        "area": name_unit(forum.area),
        "at": forum.starts_at,
        "venue": forum.venue,
        "head": forum.head,
        "host": name_police(forum.host_unit),
        "invited": "; ".join(forum.invited) or "–",
        "agenda": "; ".join(forum.agenda),
        "until": forum.opinions_until,
        "reason": forum.reason or "",
        "minutes": (forum.minutes or "")[:_RESULTS],
    }
    words = Words(f"announcement.{kind}", params)
    if not buttons:
        return Screen((words,))
    ways = {
        "notice": ("attend", "opinion", "map", "hide"),
        "moved": ("map",),
        "results": (),
    }.get(kind, ())
    shown = [way for way in ways if way != "map" or forum.latitude is not None]
    opens = Button(Words("announcement.open"), f"forums:open={forum.code}")
    pressed = tuple(Button(Words(f"forums.{way}"), f"forums:{way}={forum.code}") for way in shown)
    return Screen((words,), (*pressed, opens))


def show_plans(found: Sequence[Forum], skip: int, page: int, zone: ZoneInfo) -> Screen:
    """The forums that somebody plans; give one more than a page to have a button to the next."""
    buttons = [
        Button(
            Words(
                "forum.item",
                {
                    "on": each.starts_at.astimezone(zone).date(),
                    "area": name_unit(each.area),
                    "state": Words(f"forum.state.{each.state}"),
                },
            ),
            f"forum:open={each.code}",
        )
        for each in found[:page]
    ]
    if len(found) > page:
        buttons.append(Button(Words("forums.more"), f"forum:list={skip + page}"))
    buttons.append(Button(Words("forum.new"), "forum:new="))
    return Screen((Words("forum.list" if found else "forum.none"),), tuple(buttons))


def show_plan(shown: ForumPlan) -> Screen:
    """A forum for its organisers: the plan, how far it has come, what may be done now."""
    forum, progress = shown.forum, shown.progress
    paragraphs = [
        Words(
            "forum.one",
            {
                "title": forum.title,
                "state": Words(f"forum.state.{forum.state}"),
                "at": forum.starts_at,
                "venue": forum.venue,
                "area": name_unit(forum.area),
                "host": name_police(forum.host_unit),
                "head": forum.head,
                "agenda": "; ".join(forum.agenda),
                "topics": name_topics(forum.topics) or "–",
                "invited": "; ".join(forum.invited) or "–",
                "until": forum.opinions_until,
                "seats": shown.seats,
                "capacity": forum.capacity or Words("newforum.capacity.options.0"),
                "opinions": shown.opinions.given,
            },
        )
    ]
    if forum.reason:
        paragraphs.append(Words("forum.reason", {"reason": forum.reason}))
    if shown.news:
        left_out = sum(each.left_out for each in shown.news)
        expanding = any(
            each.finished_at is None and each.cancelled_at is None for each in shown.news
        )
        key = "forum.announcing" if expanding else "forum.announced"
        paragraphs.append(
            Words(
                key,
                {
                    "sent": progress.sent,
                    "waiting": progress.waiting,
                    "blocked": progress.blocked,
                    "failed": progress.failed + progress.maybe,
                    "closed": progress.closed,
                    "left_out": left_out,
                },
            )
        )
    if forum.state in _HELD:
        paragraphs.append(
            Words(
                "forum.heard",
                {
                    "given": shown.opinions.given,
                    "answered": shown.opinions.answered,
                    "left": shown.opinions.left,
                    "transferred": shown.opinions.transferred,
                },
            )
        )
    paragraphs += _promises("forum.before", shown.before) + _promises(
        "forum.promises", shown.promises
    )
    return Screen(tuple(paragraphs), tuple(_buttons(shown)))


def _buttons(shown: ForumPlan) -> list[Button]:
    forum = shown.forum
    buttons = [
        Button(Words(f"forum.do.{each.name}"), f"forum:{each.name}={forum.code}")
        for each in shown.moves
    ]
    if forum.state in IN_THE_HALL:
        buttons.append(Button(Words("hall.begin"), f"hall:next={forum.code}.0"))
        buttons.append(Button(Words("hall.spoken"), f"hall:spoken={forum.code}"))
    if shown.opinions.given:
        buttons.append(Button(Words("forum.opinions"), f"forum:opinions={forum.code}"))
    if forum.published_at is not None:
        buttons.append(Button(Words("forum.poster"), f"forum:poster={forum.code}"))
        if shown.progress.waiting:
            buttons.append(Button(Words("forum.stop"), f"forum:stop={forum.code}"))
        buttons.append(Button(Words("forum.refresh"), f"forum:refresh={forum.code}"))
    return buttons


def _promises(key: str, promises: Sequence[Commitment]) -> list[Words]:
    """What was promised and what became of it, a line each."""
    lines = tuple(
        Words(
            f"forums.promise.{'kept' if each.kept_at else 'open'}",
            {"text": each.text, "owner": each.owner, "due": each.due_on},
        )
        for each in promises
    )
    return [Words(key, {"points": Lines(lines)})] if promises else []


def show_submissions(shown: SubmissionPage) -> Screen:
    """Opinions sent for a forum, under the points of its agenda that they seem to be about."""
    paragraphs = [Words("forum.opinions_of", {"title": shown.forum.title})]
    for point, found in shown.groups:
        heading = Words("forum.other_opinions") if point is None else point
        lines = tuple(
            Words("forum.opinion", {"code": each.code, "text": _excerpt(each.text)})
            for each in found
        )
        paragraphs.append(Words("forum.group", {"point": heading, "lines": Lines(lines)}))
    if shown.kept:
        paragraphs.append(Words("forum.kept_opinions", {"count": shown.kept}))
    buttons = [
        Button(Words("forum.see", {"code": each.code}), f"case:open={each.code}")
        for _point, found in shown.groups
        for each in found
        if shown.opens
    ]
    if shown.more:
        data = f"forum:opinions={shown.forum.code}.{shown.more}"
        buttons.append(Button(Words("forums.more"), data))
    return Screen(tuple(paragraphs), tuple(buttons))


def _excerpt(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _EXCERPT else f"{plain[:_EXCERPT].rstrip()}…"
