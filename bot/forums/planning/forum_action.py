"""A planner's action on a forum: the class of the rows of the table, and what follows a change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from bot.core.screen import Words
from bot.core.transitions import ActionResult, Attempt, Transition
from bot.core.unit_of_work import UnitOfWork
from bot.forums import announcements
from bot.forums.attendance import forum_changes
from bot.forums.shared.planning_permissions import may_plan
from bot.notifications.to_officers import notify_planners
from storage import forums
from storage.models import Forum, Officer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.conversation.flow import Flow
    from bot.core.transitions import Columns, Effect


@dataclass(frozen=True, slots=True)
class ForumAccess:
    """The access of an officer to a forum at the time `now`; a `bot.core.transitions.Access`."""

    officer: Officer
    forum: Forum
    now: datetime

    @property
    def row(self) -> Forum:
        """Return the forum, as it was read."""
        return self.forum

    @property
    def role(self) -> str:
        """Return the officer's role."""
        return self.officer.role

    @property
    def actor_id(self) -> int | None:
        """Return the officer's id."""
        return self.officer.id

    def may_act(self) -> bool:
        """Return True if the officer is a planner of this forum."""
        return may_plan(self.officer, self.forum)

    def explain_not_allowed(self) -> Words:
        """Return the text that says that the action is not allowed now."""
        return Words("forum.not_now")

    def explain_too_late(self) -> Words:
        """Return the text that says that another officer changed the forum first."""
        return Words("forum.too_late")

    async def write_columns(self, work: UnitOfWork, columns: Columns) -> Forum | None:
        """Write columns; return the new row, or None if the forum or the officer was changed."""
        return await forums.update_forum(work.connection, self.forum, self.officer, **columns)

    def describe_change(self, after: Forum) -> tuple[int | None, Mapping[str, Any]]:
        """Return what the audit log stores: no submission's id, and details of the forum.

        The details are the forum's code, state and version.
        """
        details = {"forum": after.code, "state": after.state.value, "version": after.version}
        return None, details


# A performed action on a forum, with the row before and after it. Effects get it.
Result: TypeAlias = ActionResult[ForumAccess]
# Returns the officers to notify of a change of a forum.
ListRecipients: TypeAlias = Callable[[UnitOfWork, Forum], Awaitable[Sequence[Officer]]]


@dataclass(frozen=True, kw_only=True)
class ForumAction(Transition[ForumAccess]):
    """A row of the table of a forum's actions. `Transition` describes the other fields.

    - `prefix`: what comes before the action's name in the audit log, such as "forum.approve".
    - `flow`: asks for the values that the action needs. `facts` returns the facts for it.
    - `announcement`: the kind of the announcement to everybody concerned.
    - `is_confirmed`: a page with the plan's start asks "forum.sure.NAME" before it is performed.
    - `recipients`: lists the officers who get the text "forum.alert.NAME". NAME is the action's
      name in the audit log without "forum.".
    - `is_proposed`: once the forum is published, a second person has to confirm the action, with
      the text that will be sent.
    """

    prefix: ClassVar[str] = "forum"

    flow: Flow | None = None
    facts: Callable[[Forum, ZoneInfo], Mapping[str, Any]] | None = None
    announcement: str | None = None
    is_confirmed: bool = False
    recipients: ListRecipients | None = None
    is_proposed: bool = False

    def compute_columns(self, attempt: Attempt[ForumAccess]) -> Columns:
        """Return the columns that the action writes; a change makes a proposal outdated."""
        columns = super().compute_columns(attempt)
        is_change = self.is_proposed or self.to_state is not None
        return {"proposal": None} | columns if is_change else columns

    def list_effects(self) -> Sequence[Effect[ForumAccess]]:
        """Return the row's own effects, then those on announcements, registrations, officers."""
        change = partial(_announce_change, kind=self.announcement)
        effects: list[Effect[ForumAccess]] = [*self.effects, change]
        if self.recipients is not None:
            key = self.audit_action.replace("forum.", "forum.alert.", 1)
            effects.append(partial(_notify, key=key, recipients=self.recipients))
        return effects


async def _announce_change(result: Result, *, kind: str | None) -> None:
    """Announce the change of a published forum, if `kind` is given, and update its attendance."""
    work, forum = result.work, result.after
    if forum.published_at is None:
        return
    number = None
    if kind is not None:
        number = await announcements.announce_forum(work, forum, kind, before=result.before)
    await forum_changes.handle_forum_change(work, forum, announcement_id=number)


async def _notify(result: Result, *, key: str, recipients: ListRecipients) -> None:
    officers = await recipients(result.work, result.after)
    await notify_planners(result.work, result.after, officers, key)
