"""The table of planners' actions on a forum: one row defines one action.

Buttons, conversations, the audit log, and the diagram and the table in docs/forums.md are derived
from the rows.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core import transitions
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.transitions import Attempt, Guard
from bot.forums import commitments, planning_recipients
from bot.forums.planning import flow, plan
from bot.forums.planning.forum_action import ForumAccess, ForumAction, Result
from bot.forums.planning.typos import fold_spaces, is_typo
from bot.forums.shared.planning_permissions import DECIDERS, PLANNERS
from bot.notifications.to_officers import notify_planners
from bot.texts import load_texts
from storage import attendance, officers
from storage.models import Forum, ForumState, Officer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.transitions import Columns

_LAST_DAY = timedelta(hours=24)
_EARLIEST_BEGIN = timedelta(hours=6)  # before the start, so that none is begun by mistake


# Guards


def _is_another_and_in_time(access: ForumAccess) -> bool:
    return _is_another(access) and access.forum.starts_at > access.now


def _is_another(access: ForumAccess) -> bool:
    return access.forum.created_by != access.officer.id


def _is_about_to_begin(access: ForumAccess) -> bool:
    return access.now >= access.forum.starts_at - _EARLIEST_BEGIN


def _starts_within_a_day(access: ForumAccess) -> bool:
    forum = access.forum
    return forum.starts_at - _LAST_DAY <= access.now < forum.starts_at


def _has_proposal(access: ForumAccess) -> bool:
    return access.forum.proposal is not None


def _is_proposed_by_another(access: ForumAccess) -> bool:
    proposal = access.forum.proposal
    return proposal is not None and proposal["by"] != access.officer.id


_ANOTHER = Guard("not who last submitted the plan", _is_another)
_ANOTHER_IN_TIME = Guard(
    "not who last submitted the plan; before the start", _is_another_and_in_time
)
_ABOUT_TO_START = Guard("in the 24 hours before the start", _starts_within_a_day)
_IS_PROPOSED = Guard("a change waits for a second person", _has_proposal)
_PROPOSED_BY_ANOTHER = Guard("a change of another officer waits", _is_proposed_by_another)
_ABOUT_TO_BEGIN = Guard("from 6 hours before the start", _is_about_to_begin)


# Changes


def _publish(attempt: Attempt[ForumAccess]) -> Columns:
    now = attempt.work.now
    return {
        "approved_by": attempt.access.officer.id,
        "published_at": now,
        "start_known_since": now,
        "reason": None,
    }


def _give_reason(attempt: Attempt[ForumAccess]) -> Columns:
    return {"reason": attempt.answers["reason"]}


def _give_fixed_reason(attempt: Attempt[ForumAccess]) -> Columns:
    texts = load_texts(attempt.work.policy.default_language)
    return {"reason": texts[f"forum_call_off.reason.options.{attempt.answers['reason']}"]}


def _drop_proposal(_attempt: Attempt[ForumAccess]) -> Columns:
    return {"proposal": None}


async def _replace_plan(attempt: Attempt[ForumAccess]) -> Columns:
    """Return the columns of another plan. Its author cannot approve it. Raises Refused."""
    columns = plan.make_columns(attempt.work, attempt.answers)
    return columns | {"created_by": attempt.access.officer.id}


async def _move_start(attempt: Attempt[ForumAccess]) -> Columns:
    """Return another start and venue, or those of before.

    Raises Refused for a start in the past, and if nothing would change.

    The last moment for submissions moves by as much as the start.
    """
    forum, answers, now = attempt.access.forum, attempt.answers, attempt.work.now
    starts_at = datetime.fromisoformat(answers["starts"]) if answers["starts"] else forum.starts_at
    if starts_at <= now:
        raise Refused(Words("forum.past"))
    venue = answers["venue"] or forum.venue
    pin = _choose_pin(forum, venue, answers.get("place"))
    is_same_venue = fold_spaces(venue) == fold_spaces(forum.venue)
    is_same = is_same_venue and pin == (forum.latitude, forum.longitude)
    if is_same and starts_at == forum.starts_at and forum.state is ForumState.PUBLISHED:
        raise Refused(Words("forum.unchanged"))
    latitude, longitude = pin
    return {
        "starts_at": starts_at,
        "opinions_until": forum.opinions_until + (starts_at - forum.starts_at),
        "venue": venue,
        "latitude": latitude,
        "longitude": longitude,
        "start_version": forum.start_version + 1,
        "start_known_since": now,
        "reason": answers["reason"],
    }


def _choose_pin(
    forum: Forum, venue: str, place: Sequence[float] | None
) -> tuple[float | None, float | None]:
    """Return the latitude and longitude for a venue, in degrees.

    Those of the forum hold for its own venue only: another venue without a `place` has none.
    """
    if place:
        latitude, longitude = place
        return latitude, longitude
    if fold_spaces(venue) == fold_spaces(forum.venue):
        return forum.latitude, forum.longitude
    return None, None


async def _correct_typos(attempt: Attempt[ForumAccess]) -> Columns:
    """Return the title and the agenda without typos. Raises Refused for any other change."""
    forum, answers = attempt.access.forum, attempt.answers
    title = answers["title"] or forum.title
    agenda = flow.split_lines(answers["agenda"]) if answers["agenda"] else forum.agenda
    if (title, agenda) == (forum.title, forum.agenda):
        raise Refused(Words("forum.unchanged"))
    if not (is_typo(forum.title, title) and is_typo("\n".join(forum.agenda), "\n".join(agenda))):
        raise Refused(Words("forum.no_typo"))
    return {"title": title, "agenda": agenda}


def _change_capacity(attempt: Attempt[ForumAccess]) -> Columns:
    return {"capacity": attempt.answers["capacity"] or None}


def _ask_for_report(attempt: Attempt[ForumAccess]) -> Columns:
    policy = attempt.work.policy
    return {"report_due_at": policy.calendar.add_working_days(attempt.work.now, policy.report_days)}


def _store_report(attempt: Attempt[ForumAccess]) -> Columns:
    return {"minutes": attempt.answers["minutes"], "reported_at": attempt.work.now}


# Effects


async def _add_commitment(result: Result) -> None:
    officer = result.access.officer
    await commitments.add_commitment(result.work, result.after, officer, result.answers)


async def _tell_overbooked(result: Result) -> None:
    """Tell the officer how many more people have places than the new capacity allows."""
    work, forum = result.work, result.after
    seats = await attendance.count_places_taken(work.connection, forum.id)
    if forum.capacity is not None and seats > forum.capacity:
        await notify_planners(
            work,
            forum,
            [result.access.officer],
            "forum.alert.over",
            seats=seats,
            capacity=forum.capacity,
            over=seats - forum.capacity,
        )


async def _tell_proposer(result: Result) -> None:
    """Tell the officer who proposed a change that it is not sent, unless they dropped it."""
    by = result.before.proposal["by"]
    if by != result.access.officer.id:
        proposers = await officers.list_by_ids(result.work.connection, [by])
        await notify_planners(result.work, result.after, proposers, "forum.alert.decline")


# The table

_DRAFT, _SUBMITTED = frozenset({ForumState.DRAFT}), frozenset({ForumState.SUBMITTED})
_PUBLISHED = frozenset({ForumState.PUBLISHED})
_COMING = _PUBLISHED | {ForumState.POSTPONED}
_LIVE, _ENDED = frozenset({ForumState.LIVE}), frozenset({ForumState.REPORT_DUE})
_REPORTED = frozenset({ForumState.REPORTED})

# The rows of the table, in the order of their buttons.
ACTIONS = (
    ForumAction(
        name="approve",
        from_states=_SUBMITTED,
        to_state=ForumState.PUBLISHED,
        actors=DECIDERS,
        guard=_ANOTHER_IN_TIME,
        changes=_publish,
        announcement="notice",
        recipients=planning_recipients.list_authors,
    ),
    ForumAction(
        name="send_back",
        from_states=_SUBMITTED,
        to_state=ForumState.DRAFT,
        actors=DECIDERS,
        guard=_ANOTHER,
        flow=flow.SEND_BACK_FLOW,
        changes=_give_reason,
        recipients=planning_recipients.list_authors,
    ),
    ForumAction(
        name="edit",
        from_states=_DRAFT,
        to_state=ForumState.SUBMITTED,
        actors=PLANNERS,
        flow=flow.NEWFORUM_FLOW,
        facts=plan.make_facts,
        check=_replace_plan,
        recipients=planning_recipients.list_deciders,
        recorded_as="forum.submit",
    ),
    ForumAction(
        name="reschedule",
        from_states=_COMING,
        to_state=ForumState.PUBLISHED,
        actors=PLANNERS,
        flow=flow.RESCHEDULE_FLOW,
        check=_move_start,
        announcement="moved",
        is_proposed=True,
    ),
    ForumAction(
        name="capacity",
        from_states=_COMING,
        to_state=None,
        actors=PLANNERS,
        flow=flow.CAPACITY_FLOW,
        changes=_change_capacity,
        effects=(_tell_overbooked,),
    ),
    ForumAction(
        name="correct",
        from_states=_COMING,
        to_state=None,
        actors=PLANNERS,
        flow=flow.CORRECT_FLOW,
        check=_correct_typos,
        is_proposed=True,
    ),
    ForumAction(
        name="postpone",
        from_states=_PUBLISHED,
        to_state=ForumState.POSTPONED,
        actors=PLANNERS,
        flow=flow.POSTPONE_FLOW,
        changes=_give_reason,
        announcement="postponed",
        is_proposed=True,
    ),
    ForumAction(
        name="cancel",
        from_states=_DRAFT | _SUBMITTED | _COMING,
        to_state=ForumState.CANCELLED,
        actors=PLANNERS,
        flow=flow.CANCEL_FLOW,
        changes=_give_reason,
        announcement="cancelled",
        is_proposed=True,
    ),
    # On the day there may be nobody to ask: its text has no free words.
    ForumAction(
        name="call_off",
        from_states=_COMING,
        to_state=ForumState.CANCELLED,
        actors=PLANNERS,
        guard=_ABOUT_TO_START,
        flow=flow.CALL_OFF_FLOW,
        changes=_give_fixed_reason,
        announcement="cancelled",
    ),
    ForumAction(
        name="confirm",
        from_states=_COMING | _ENDED,
        to_state=None,
        actors=DECIDERS,
        guard=_PROPOSED_BY_ANOTHER,
    ),
    ForumAction(
        name="decline",
        from_states=_COMING | _ENDED,
        to_state=None,
        actors=PLANNERS,
        guard=_IS_PROPOSED,
        changes=_drop_proposal,
        effects=(_tell_proposer,),
    ),
    ForumAction(
        name="begin",
        from_states=_PUBLISHED,
        to_state=ForumState.LIVE,
        actors=PLANNERS,
        guard=_ABOUT_TO_BEGIN,
        is_confirmed=True,
    ),
    ForumAction(
        name="end",
        from_states=_LIVE,
        to_state=ForumState.REPORT_DUE,
        actors=PLANNERS,
        changes=_ask_for_report,
        is_confirmed=True,
    ),
    ForumAction(
        name="promise",
        from_states=_LIVE | _ENDED | _REPORTED,
        to_state=None,
        actors=PLANNERS,
        flow=flow.PROMISE_FLOW,
        effects=(_add_commitment,),
    ),
    ForumAction(
        name="report",
        from_states=_ENDED,
        to_state=ForumState.REPORTED,
        actors=PLANNERS,
        flow=flow.REPORT_FLOW,
        changes=_store_report,
        announcement="results",
        is_proposed=True,
    ),
    ForumAction(
        name="close",
        from_states=_REPORTED,
        to_state=ForumState.CLOSED,
        actors=PLANNERS,
    ),
)
ACTIONS_BY_NAME = {action.name: action for action in ACTIONS}


# Derived from the table


def list_allowed(officer: Officer, forum: Forum, now: datetime) -> list[ForumAction]:
    """Return the actions that an officer may perform on a forum now, in the table's order."""
    access = ForumAccess(officer, forum, now)
    return [action for action in ACTIONS if transitions.is_allowed(action, access)]


def draw_states() -> str:
    """Return the table as a Mermaid diagram of states."""
    return transitions.draw_states(ACTIONS, "[*] --> submitted: /newforum")


def draw_table() -> str:
    """Return the table in Markdown."""
    return transitions.draw_table(
        ACTIONS,
        {
            "Action": lambda action: f"`{action.name}`",
            "From": lambda action: ", ".join(sorted(action.from_states)),
            "To": lambda action: action.to_state or "unchanged",
            "Roles": lambda action: ", ".join(sorted(action.actors)),
            "Condition": lambda action: action.guard.description if action.guard else "",
            "Asks with": lambda action: f"`{action.flow.name}`" if action.flow else "",
            "Announcement": lambda action: action.announcement or "",
            "Confirmed by another": lambda action: "if published" if action.is_proposed else "",
            "Audit": lambda action: f"`{action.audit_action}`",
        },
    )
