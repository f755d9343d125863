"""The access of an officer, a resident or the clock to a case.

Each class is an `Access` of the engine of transitions: an actor together with the submission. The
clock stands for the scheduled jobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.casework.permissions import may_open
from bot.casework.submission_rules import parse_code
from bot.core.screen import Words
from bot.core.transitions import Columns, compare_columns
from bot.core.unit_of_work import UnitOfWork
from storage import audit, bans, casework, correspondence, officers, submissions
from storage.models import Answer, BanState, Officer, ResidentBan, Submission

if TYPE_CHECKING:
    from bot.core.requests import Chat

# The columns whose changes are stored in the audit log; none has text that a person wrote.
LOGGED_COLUMNS = (
    "state",
    "kind",
    "topics",
    "handled_by",
    "assignee_id",
    "due_at",
    "merged_into",
    "rating",
)


_ENDED = frozenset({BanState.REFUSED, BanState.LIFTED})


@dataclass(frozen=True)
class SubmissionAccess:
    """The base class of all access: a submission as it was read."""

    case: Submission

    @property
    def row(self) -> Submission:
        """Return the submission."""
        return self.case

    @property
    def actor_id(self) -> int | None:
        """Return the officer's id; None for a resident and for the clock."""
        return None

    def may_act(self) -> bool:
        """Return True unless the submission was erased."""
        return self.case.erased_at is None

    def explain_not_allowed(self) -> Words:
        """Return the text that says that the action is not allowed now."""
        return Words("case.not_now", {"code": self.case.code})

    def explain_too_late(self) -> Words:
        """Return the text that says that somebody else changed the submission first."""
        return Words("case.too_late", {"code": self.case.code})

    async def write_columns(self, work: UnitOfWork, columns: Columns) -> Submission | None:
        """Write columns; return the new row, or None if it was changed since it was read."""
        return await submissions.update_submission(work.connection, self.case, **columns)

    def describe_change(self, after: Submission) -> tuple[int | None, Mapping[str, Any]]:
        """Return the submission's id, and the old and new values of LOGGED_COLUMNS that changed."""
        return self.case.id, compare_columns(self.case, after, LOGGED_COLUMNS)


@dataclass(frozen=True)
class CaseAccess(SubmissionAccess):
    """The access of an officer to a case.

    `answer` is the newest answer. `stands_for` are the ids of absent officers whose substitute the
    officer is. `recused` are the ids of officers who may not open the case. `ban` is the ban that
    is proposed or in force for the case; bans for other cases of the resident do not count.
    `similar` are the ids of cases with similar texts, the most similar first, as they were found
    before the transaction.
    """

    officer: Officer
    answer: Answer | None = None
    stands_for: frozenset[int] = frozenset()
    recused: frozenset[int] = frozenset()
    ban: ResidentBan | None = None
    similar: tuple[int, ...] = ()

    @property
    def role(self) -> str:
        """Return the officer's role."""
        return self.officer.role

    @property
    def actor_id(self) -> int | None:
        """Return the officer's id."""
        return self.officer.id

    def may_act(self) -> bool:
        """Return True if the officer may open the case and it was not erased."""
        return self.case.erased_at is None and may_open(self.officer, self.case, self.recused)

    async def write_columns(self, work: UnitOfWork, columns: Columns) -> Submission | None:
        """Write columns; return the new row, or None if the case or the officer was changed.

        Of the officer, the role and the unit are compared.
        """
        return await submissions.update_submission(
            work.connection, self.case, by=self.officer, **columns
        )


@dataclass(frozen=True)
class HallAccess(CaseAccess):
    """The access of an officer who holds a forum to a case that is shown in its session.

    The caller has checked that the officer may read the case, and has locked it.
    """

    def may_act(self) -> bool:
        """Return True unless the case was erased."""
        return self.case.erased_at is None


@dataclass(frozen=True)
class ResidentAccess(SubmissionAccess):
    """The access of a resident to their own submission, at the time `now`.

    An answered submission can be reopened within `reopen_within` of the answer. `main` is the case
    into which the submission was merged. `ban` is the ban that is in force for the submission.
    """

    now: datetime
    reopen_within: timedelta
    main: Submission | None = None
    ban: ResidentBan | None = None

    @property
    def role(self) -> str:
        """Return `audit.RESIDENT`."""
        return audit.RESIDENT


@dataclass(frozen=True)
class ClockAccess(SubmissionAccess):
    """The access of the scheduled jobs to a submission; `details` are added to the audit entry."""

    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def role(self) -> str:
        """Return `audit.SYSTEM`."""
        return audit.SYSTEM

    def describe_change(self, after: Submission) -> tuple[int | None, Mapping[str, Any]]:
        """Return the same as the base class, with `details` added."""
        submission_id, changes = super().describe_change(after)
        return submission_id, {**changes, **self.details}


async def find_case_access(
    work: UnitOfWork, chat_id: int, receipt_code: str, similar: Sequence[int] = ()
) -> CaseAccess | None:
    """Load the access of a chat's officer to the case with a code.

    `similar` are the ids of similar cases that were found before.

    Return None if the chat has no officer or the officer may not open the case.
    """
    officer = await officers.find_officer(work.connection, chat_id)
    case = await submissions.find_submission(work.connection, receipt_code)
    if officer is None or case is None:
        return None
    recused = await casework.list_recused(work.connection, case.id)
    if not may_open(officer, case, recused):
        return None
    answer = await correspondence.find_newest_answer(work.connection, case.id)
    stands_for = frozenset(await officers.list_substituted(work.connection, officer.id, work.now))
    ban = await find_present_ban(work, case.id)
    return CaseAccess(case, officer, answer, stands_for, recused, ban, tuple(similar))


async def find_present_ban(work: UnitOfWork, submission_id: int) -> ResidentBan | None:
    """Return the ban of a submission that is proposed or in force; None if it is over."""
    ban = await bans.find_newest_ban(work.connection, submission_id)
    if ban is None or ban.state in _ENDED or (ban.until is not None and ban.until <= work.now):
        return None
    return ban


async def lock_own_access(work: UnitOfWork, chat: Chat, typed: str) -> ResidentAccess | None:
    """Lock a resident's own submission, given its typed receipt code; return the access to it.

    Return None if it is not theirs. An officer's action waits for the lock, so the resident's
    action is never refused as too late.
    """
    submission = await submissions.lock_submission(work.connection, parse_code(typed))
    if submission is None:
        return None
    owner = await submissions.find_owner(work.connection, submission.id)
    if owner is None or owner.alias not in work.policy.pseudonyms.list_pseudonyms(chat.id):
        return None
    main = await casework.find_main_case(work.connection, submission)
    ban = await find_present_ban(work, submission.id)
    return ResidentAccess(submission, work.now, work.policy.reopen_within, main, ban)
