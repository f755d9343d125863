"""Proposals: a change that will be announced waits until a second person has confirmed its text.

One proposal is stored in the row of its forum: the action, its answers, the officer and the time.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from bot.core import transitions
from bot.core.requests import Refused
from bot.core.screen import Button, Words
from bot.core.transitions import Attempt
from bot.forums import announcements, planning_recipients
from bot.forums.announcement_screens import show_announcement
from bot.forums.shared.forum_audit import append_forum_entry
from bot.forums.shared.public_texts import refuse_links
from bot.notifications.to_officers import notify_planners
from storage.models import Forum
from storage.statements import list_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.unit_of_work import UnitOfWork
    from bot.forums.planning.forum_action import ForumAccess, ForumAction
    from storage.models import Announcement

_COLUMNS = list_columns(Forum, without=())
DECISIONS = ("confirm", "decline")  # the actions on a proposal


def waits_for_second(action: ForumAction, forum: Forum) -> bool:
    """Return True if a second person must confirm an action on a forum: others will read of it."""
    return action.is_proposed and forum.published_at is not None


async def propose_change(
    work: UnitOfWork, action: ForumAction, access: ForumAccess, answers: Mapping[str, Any]
) -> Forum:
    """Store an action as the proposal of a forum, and send its text to those who may confirm it.

    It replaces an earlier proposal. Raises Refused if the action is not possible, if nobody else
    can confirm it, or for one announcement too many.
    """
    if not transitions.is_allowed(action, access):
        raise Refused(access.explain_not_allowed())
    columns = await _compute_columns(work, action, access, answers)
    recipients = await planning_recipients.list_confirmers(work, access.forum, access.officer)
    if not recipients:
        raise Refused(Words("forum.nobody"))
    kept = {key: value for key, value in answers.items() if not key.startswith("@")}
    proposal = {"action": action.name, "answers": kept, "by": access.officer.id}
    after = await access.write_columns(work, {"proposal": proposal})
    if after is None:
        raise Refused(access.explain_too_late())
    await append_forum_entry(
        work, "forum.propose", after, access.officer, change=action.name, version=after.version
    )
    await notify_planners(
        work,
        after,
        recipients,
        "forum.alert.propose",
        _show_text(action, access.forum, columns),
        list_buttons(after),
        officer=access.officer.name,
        action=Words(f"forum.do.{action.name}"),
    )
    return after


async def _compute_columns(
    work: UnitOfWork, action: ForumAction, access: ForumAccess, answers: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what the action would write. Raises Refused if it is not possible."""
    if action.announcement is not None:
        await announcements.check_number(work, access.forum, action.announcement)
    attempt = Attempt(work, access, answers)
    checked = await action.check(attempt) if action.check else {}
    columns = action.compute_columns(attempt) | checked
    refuse_links(work, columns)
    return columns


def list_buttons(forum: Forum) -> tuple[Button, ...]:
    """Return the buttons that decide about the proposal of this version of a forum."""
    argument = f"{forum.code}.{forum.version}"
    return tuple(
        Button(Words(f"forum.do.{name}"), f"forum:{name}={argument}") for name in DECISIONS
    )


async def show_proposal(
    work: UnitOfWork, access: ForumAccess, action: ForumAction
) -> tuple[Words, ...]:
    """Return what the proposal of a forum would announce; only that it waits if it is outdated."""
    answers = (access.forum.proposal or {}).get("answers", {})
    try:
        columns = await _compute_columns(work, action, access, answers)
    except Refused as refused:
        return (refused.words,)
    return _show_text(action, access.forum, columns)


def _show_text(action: ForumAction, forum: Forum, columns: Mapping[str, Any]) -> tuple[Words, ...]:
    """Return the announcement of a change as residents will read it, or its new texts."""
    before = {name: getattr(forum, name) for name in _COLUMNS}
    after = cast("Forum", SimpleNamespace(**before | dict(columns)))
    if action.announcement is None:
        agenda = "; ".join(after.agenda)
        return (Words("forum.proposed_texts", {"title": after.title, "agenda": agenda}),)
    announcement = SimpleNamespace(
        kind=action.announcement, former_start=forum.starts_at, former_venue=forum.venue
    )
    return show_announcement(cast("Announcement", announcement), after, buttons=False).paragraphs
