"""Screens of planners: the list of forums, and one forum with its buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import name_police, name_unit
from bot.core.screen import Button, Screen, Words
from bot.forums.planning.flow import show_invited
from bot.forums.planning.proposals import DECISIONS, list_buttons
from bot.forums.shared.commitment_screens import list_commitments
from bot.forums.shared.states import BEGUN, IN_SESSION
from bot.notifications.summaries import list_topics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.core.screen import Param
    from bot.forums.planning.views import ForumPlan
    from storage.models import Forum

_HOURS_OF_DAY = 24


def show_plans(forums: Sequence[Forum], skip: int, page: int, zone: ZoneInfo) -> Screen:
    """Return a list of forums, with days in `zone`.

    `skip` forums are on the pages before. If `forums` has more than `page`, the last button leads
    to the next page.
    """
    buttons = [
        Button(
            Words(
                "forum.item",
                {
                    "on": forum.starts_at.astimezone(zone).date(),
                    "area": name_unit(forum.area),
                    "state": Words(f"forum.state.{forum.state}"),
                },
            ),
            f"forum:open={forum.code}",
        )
        for forum in forums[:page]
    ]
    if len(forums) > page:
        buttons.append(Button(Words("forums.more"), f"forum:list={skip + page}"))
    buttons.append(Button(Words("forum.new"), "forum:new="))
    return Screen((Words("forum.list" if forums else "forum.none"),), tuple(buttons))


def show_plan(plan: ForumPlan) -> Screen:
    """Return a forum for its planners, with buttons for the actions that are allowed now."""
    paragraphs = [
        _describe_plan(plan),
        *_describe_overbooking(plan),
        *_describe_reason(plan.forum),
        *plan.proposal,
        *_describe_announcements(plan),
        *_describe_session(plan),
        *list_commitments("forum.before", plan.previous_commitments),
        *list_commitments("forum.promises", plan.commitments),
    ]
    return Screen(tuple(paragraphs), tuple(_list_buttons(plan)))


def confirm_action(forum: Forum, action: str, button: str, now: datetime, zone: ZoneInfo) -> Screen:
    """Return the question before an action: the forum, its planned start, and how far it is away.

    `button` is the data of the button that confirms.
    """
    start = forum.starts_at.astimezone(zone)
    difference = start - now
    minutes = abs(round(difference.total_seconds() / 60))
    side = "on_time" if minutes == 0 else "early" if difference > timedelta() else "late"
    params: dict[str, Param] = {
        "title": forum.title,
        "at": start,
        "now": now,
        "difference": Words(f"forum.sure.{side}", {"span": _describe_span(minutes)}),
    }
    return Screen(
        (Words(f"forum.sure.{action}", params),),
        (
            Button(Words(f"forum.yes.{action}"), button),
            Button(Words("forum.no"), f"forum:refresh={forum.code}"),
        ),
    )


def _describe_span(minutes: int) -> Words:
    """Return a span of time in days and hours, hours and minutes, or minutes."""
    hours, rest = divmod(minutes, 60)
    if hours >= _HOURS_OF_DAY:
        days, rest = divmod(hours, _HOURS_OF_DAY)
        return Words("forum.span.days", {"days": days, "hours": rest})
    if hours:
        return Words("forum.span.hours", {"hours": hours, "rest": rest})
    return Words("forum.span.minutes", {"rest": rest})


def _describe_plan(plan: ForumPlan) -> Words:
    forum = plan.forum
    return Words(
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
            "topics": list_topics(forum.topics) if forum.topics else "–",
            "invited": show_invited(forum.invited),
            "until": forum.opinions_until,
            "seats": plan.seats,
            "capacity": forum.capacity or Words("newforum.capacity.options.0"),
            "opinions": plan.submissions.given,
        },
    )


def _describe_overbooking(plan: ForumPlan) -> list[Words]:
    capacity = plan.forum.capacity
    if capacity is None or plan.seats <= capacity:
        return []
    return [Words("forum.over", {"over": plan.seats - capacity})]


def _describe_reason(forum: Forum) -> list[Words]:
    return [Words("forum.reason", {"reason": forum.reason})] if forum.reason else []


def _describe_announcements(plan: ForumPlan) -> list[Words]:
    if not plan.announcements:
        return []
    progress = plan.progress
    is_expanding = any(
        announcement.finished_at is None and announcement.cancelled_at is None
        for announcement in plan.announcements
    )
    return [
        Words(
            "forum.announcing" if is_expanding else "forum.announced",
            {
                "sent": progress.sent,
                "waiting": progress.waiting,
                "blocked": progress.blocked,
                "failed": progress.failed + progress.maybe,
                "closed": progress.closed,
                "left_out": sum(announcement.left_out for announcement in plan.announcements),
            },
        )
    ]


def _describe_session(plan: ForumPlan) -> list[Words]:
    if plan.forum.state not in BEGUN:
        return []
    counts = plan.submissions
    return [
        Words(
            "forum.heard",
            {
                "given": counts.given,
                "answered": counts.answered,
                "left": counts.left,
                "transferred": counts.transferred,
            },
        )
    ]


def _list_buttons(plan: ForumPlan) -> list[Button]:
    forum = plan.forum
    buttons = [
        Button(Words(f"forum.do.{action.name}"), f"forum:{action.name}={forum.code}")
        for action in plan.actions
        if action.name not in DECISIONS
    ]
    names = {action.name for action in plan.actions}
    decisions = zip(DECISIONS, list_buttons(forum), strict=True)
    buttons = [button for name, button in decisions if name in names] + buttons
    if forum.state in IN_SESSION:
        buttons.append(Button(Words("hall.begin"), f"hall:next={forum.code}.0"))
        buttons.append(Button(Words("hall.spoken"), f"hall:spoken={forum.code}"))
    if plan.submissions.given:
        buttons.append(Button(Words("forum.opinions"), f"forum:opinions={forum.code}"))
    if forum.published_at is not None:
        buttons.append(Button(Words("forum.poster"), f"forum:poster={forum.code}"))
        if plan.progress.waiting:
            buttons.append(Button(Words("forum.stop"), f"forum:stop={forum.code}"))
        buttons.append(Button(Words("forum.refresh"), f"forum:refresh={forum.code}"))
    return buttons
