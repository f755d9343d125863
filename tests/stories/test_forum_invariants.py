"""Sequences of actions on a forum: the invariants hold after every step.

Every notice has two persons. Nobody is told what is no longer true. Nothing is announced twice.
In the hall nobody handles what is about the officers of their own unit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import func, select, update

from bot.areas.units import CITY
from bot.core.requests import Chat
from bot.core.transitions import is_allowed
from bot.forums import announcements, organiser_reminders
from bot.forums.planning import action_service
from bot.forums.planning.actions import ACTIONS, ACTIONS_BY_NAME
from bot.forums.planning.forum_action import ForumAccess
from bot.forums.planning.proposals import DECISIONS
from bot.forums.session import oral_submissions, submission_outcomes
from bot.forums.shared.planning_permissions import DECIDERS
from bot.forums.shared.states import IN_SESSION
from bot.forums.subscriptions import service as subscriptions
from storage import correspondence, forums, officers
from storage.models import (
    Announcement,
    Answer,
    Audit,
    Commitment,
    Forum,
    ForumState,
    Hearing,
    HearingOutcome,
    Outbox,
    OutboxState,
    Role,
    Submission,
)
from storage.statements import fetch_all, table
from tests.policy import POLICY
from tests.stories.machine import CASES, EXPLORING, OTHER, REFUSED, WARD, Machine, run_machine

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork

FORUMS, NEWS, OUTBOX, AUDIT = table(Forum), table(Announcement), table(Outbox), table(Audit)
ANSWERS, HEARINGS, COMMITMENTS = table(Answer), table(Hearing), table(Commitment)

STAFF = (
    (WARD, Role.ORGANISER),
    (WARD, Role.APPROVER),
    (WARD, Role.OFFICER),
    (OTHER, Role.APPROVER),
    (CITY, Role.COORDINATOR),
    (CITY, Role.OBSERVER),
    (CITY, Role.ADMINISTRATOR),
)
ORGANISER, LEADER, COORDINATOR = 0, 1, 4  # indexes in STAFF
OFFICER = st.integers(0, len(STAFF) - 1)
PLAN = {
    "title": "",
    "area": WARD,
    "venue": "Hội trường",
    "place": [],
    "capacity": 0,
    "head": "Trưởng",
    "agenda": "Trật tự\nTrộm cắp",
    "invited": "",
    "until": "1",
    "topic": ["theft"],
}
_NOT_PUBLISHED = {ForumState.DRAFT, ForumState.SUBMITTED}


class Forums(Machine):
    """One forum of a ward, its staff and that of others, and two subscribed residents."""

    STAFF = STAFF
    COUNTED = (AUDIT, OUTBOX, ANSWERS, NEWS, HEARINGS, COMMITMENTS, CASES)
    SUMMED = (FORUMS.c.version, CASES.c.version)

    def __init__(self) -> None:
        super().__init__()
        self.code = ""
        self.reschedulings = 0

    async def _begin(self, planner: int) -> None:
        async with self.work() as work:
            # End what earlier examples left.
            await work.connection.execute(update(NEWS).values(finished_at=self.now))
            await work.connection.execute(update(COMMITMENTS).values(kept_at=self.now))
            await work.connection.execute(update(FORUMS).values(state=ForumState.CLOSED))
            await self.add_people(work)
            for chat_id in self.residents:
                await subscriptions.subscribe(work, Chat(chat_id, "vi"), {"@subject": WARD})
            plan = PLAN | {"starts": (self.now + timedelta(days=10)).isoformat()}
            await action_service.submit_plan(work, Chat(self.staff[planner], "vi"), plan)
            newest = select(FORUMS.c.code).order_by(FORUMS.c.id.desc()).limit(1)
            self.code = str((await work.connection.execute(newest)).scalar_one())
            for resident, topic in enumerate(("officer_attitude", "theft")):
                answers = {"kind": "report", "topic": [topic], "area": WARD, "@forum": self.code}
                await self.submit(work, resident, "Mất trộm", **answers)

    @property
    def forum(self) -> Forum:
        """The forum as it is stored now."""

        async def find(work: UnitOfWork) -> Any:
            return await forums.find_forum(work.connection, self.code)

        found: Forum = self.read(find)
        return found

    # Rules

    @initialize(
        progress=st.integers(0, 4), planner=st.sampled_from([ORGANISER, LEADER, COORDINATOR])
    )
    def begins(self, progress: int, planner: int) -> None:
        """Start at some point of the forum's life; random rules alone rarely come far.

        0: waits for approval, 1: announced, 2: postponed, 3: in the hall, 4: opinions were handled.
        On the way everybody tries to approve, the planner first.
        """
        self.runner.run(self._begin(planner))
        for officer in (planner, *range(len(STAFF))) if progress else ():
            self._perform(officer, "approve")
        if progress:
            self.passes_time(1)
        if progress == 2:
            self._perform(LEADER, "postpone")
        if progress > 2:
            self.passes_time(24 * 10 - 2)
            self._perform(ORGANISER, "begin")
        for number in range(2) if progress > 3 else ():
            self.handles_an_opinion(ORGANISER, number, answers=True)
            self.handles_an_opinion(LEADER, number, answers=False)

    @rule(officer=OFFICER, action=st.sampled_from([each.name for each in ACTIONS]))
    def tries_anything(self, officer: int, action: str) -> None:
        """Any officer tries any action; it is done exactly when the table allows it."""
        self._perform(officer, action)

    def _perform(self, officer: int, action: str) -> None:
        before, chat_id = self.forum, self.staff[officer]
        access = ForumAccess(self.get_officer(officer), before, self.now)
        allowed = is_allowed(ACTIONS_BY_NAME[action], access)
        # A plan that does not change is refused, so each start and each title is a new one.
        starts = (self.now + timedelta(days=8, minutes=self.reschedulings)).isoformat()
        words = {
            "title": before.title.removesuffix(".") + "." * (not before.title.endswith(".")),
            "agenda": "",
            "reason": "weather" if action == "call_off" else "mưa",
            "starts": starts,
            "venue": "",
            "capacity": 0,
            "minutes": "Tốt",
            "text": "Camera",
            "owner": "Phường",
            "due": "2031-01-31",
        }

        async def act(work: UnitOfWork) -> None:
            if action == "edit":
                await action_service.begin_action(work, chat_id, action, self.code)
                plan = PLAN | {"@forum_code": self.code, "starts": starts}
                await action_service.submit_plan(work, Chat(chat_id, "vi"), plan)
            else:
                code = f"{self.code}.{before.version}" if action in DECISIONS else self.code
                await action_service.perform_action(work, chat_id, action, code, words)

        done = self.attempt(act) != REFUSED
        # What was proposed may have become impossible, such as a start in the past.
        assert done is allowed or (action == "confirm" and allowed)
        assert self.forum.version == before.version + done
        self.reschedulings += self.forum.start_version > before.start_version

    @rule(pick=st.integers(0, 99))
    def acts_as_allowed(self, pick: int) -> None:
        """An officer performs one of the actions that the table allows, but no cancellation."""
        staff = [self.get_officer(number) for number in range(len(STAFF))]
        forum = self.forum
        allowed = [
            (number, action.name)
            for action in ACTIONS
            for number, officer in enumerate(staff)
            if action.name not in {"cancel", "call_off"}
            and is_allowed(action, ForumAccess(officer, forum, self.now))
        ]
        if allowed:
            self._perform(*allowed[pick % len(allowed)])
        elif forum.state is ForumState.PUBLISHED:
            self.passes_time(24 * 9)

    @rule(
        officer=st.sampled_from([ORGANISER, LEADER, COORDINATOR]),
        number=st.integers(0, 3),
        answers=st.booleans(),
    )
    def handles_an_opinion(self, officer: int, number: int, answers: bool) -> None:
        """A planner tries to answer an opinion in the hall, or to leave it to its unit."""
        chat_id = self.staff[officer]

        async def act(work: UnitOfWork) -> None:
            own = select(CASES.c.id).where(CASES.c.forum == self.code).order_by(CASES.c.id)
            ids = list((await work.connection.execute(own)).scalars())
            chosen = ids[number % len(ids)]
            if answers:
                answer = {"text": "Đã làm", "measure": "", "deadline": ""}
                words = {"@code": self.code, "@number": chosen, **answer}
                await submission_outcomes.record_answer(work, Chat(chat_id, "vi"), words)
            else:
                await submission_outcomes.leave_to_unit(work, chat_id, self.code, chosen)

        if self.attempt(act) != REFUSED:
            assert self.forum.state in IN_SESSION

    @rule(officer=OFFICER)
    def enters_an_oral_opinion(self, officer: int) -> None:
        """Any officer tries to enter an opinion that was spoken in the hall."""

        async def act(work: UnitOfWork) -> None:
            words = {"@code": self.code, "kind": "question", "text": "Khi nào có camera?"}
            chat = Chat(self.staff[officer], "vi")
            await oral_submissions.enter_oral_submission(work, chat, words)

        if self.attempt(act) != REFUSED:
            assert self.forum.state in IN_SESSION

    @rule(hours=st.sampled_from([1, 30, 24 * 9]))
    def passes_time(self, hours: int) -> None:
        """Time passes and the jobs run."""
        self.now += timedelta(hours=hours)
        self.runner.run(announcements.expand_announcements(self.database, self.now, policy=POLICY))
        assert self.attempt(organiser_reminders.remind_organisers) != REFUSED

    # Invariants

    @invariant()
    def two_persons_stand_for_what_is_published(self) -> None:
        """The approver did not plan the forum, may decide, and is of its unit or of the city."""
        forum = self.forum
        assert (forum.approved_by is None) is (forum.published_at is None)
        if forum.state in _NOT_PUBLISHED:
            assert forum.published_at is None
        if forum.approved_by is not None:
            assert forum.approved_by != forum.created_by

            async def find_approver(work: UnitOfWork) -> Any:
                return await officers.list_by_ids(work.connection, [forum.approved_by or 0])

            (leader,) = self.read(find_approver)
            assert leader.role in DECIDERS
            assert leader.unit_code in {WARD, CITY}

    @invariant()
    def only_a_published_forum_is_announced(self) -> None:
        """One notice and one result at most; one announcement for each rescheduling."""
        forum = self.forum

        async def list_announcements(work: UnitOfWork) -> Any:
            return await forums.list_announcements(work.connection, forum.id)

        kinds = [each.kind for each in self.read(list_announcements)]
        assert not kinds or forum.published_at is not None
        assert forum.start_version == 1 + self.reschedulings
        assert kinds.count("moved") == self.reschedulings
        assert kinds.count("notice") <= 1
        assert ("results" in kinds) is (forum.reported_at is not None)
        assert (forum.minutes is not None) is (forum.reported_at is not None)

    @invariant()
    def no_outdated_invitation_waits(self) -> None:
        """No invitation to a cancelled or postponed forum waits in the outbox."""
        forum = self.forum
        if forum.state not in {ForumState.CANCELLED, ForumState.POSTPONED}:
            return
        outdated = (
            select(func.count())
            .select_from(OUTBOX)
            .join(NEWS, NEWS.c.id == OUTBOX.c.announcement_id)
            .where(
                NEWS.c.forum_id == forum.id,
                NEWS.c.kind.in_(("notice", "moved")),
                OUTBOX.c.state == OutboxState.WAITING,
            )
        )

        async def count_outdated(work: UnitOfWork) -> int:
            return int((await work.connection.execute(outdated)).scalar_one())

        assert self.read(count_outdated) == 0

    @invariant()
    def the_hall_keeps_to_the_rights_of_casework(self) -> None:
        """An opinion was handled by its own unit or the city; its answer waits for approval."""
        forum_id = self.forum.id

        async def check(work: UnitOfWork) -> None:
            own = select(HEARINGS).where(HEARINGS.c.forum_id == forum_id)
            for hearing in await fetch_all(work.connection, Hearing, own):
                if hearing.outcome is None:
                    assert hearing.claim is not None
                    continue
                case = select(CASES).where(CASES.c.id == hearing.submission_id)
                (opinion,) = await fetch_all(work.connection, Submission, case)
                (officer,) = await officers.list_by_ids(work.connection, [hearing.officer_id or 0])
                answer = await correspondence.find_newest_answer(work.connection, opinion.id)
                assert officer.unit_code in {opinion.handled_by, CITY}
                assert (answer is not None) is (hearing.outcome is HearingOutcome.ANSWERED)
                if answer is not None:
                    assert (answer.proposed_by, answer.approved_by) == (officer.id, None)

        self.read(check)


def test_no_sequence_of_actions_breaks_an_invariant(database_url: str) -> None:
    """6 sequences of 20 steps on each database; HYPOTHESIS_PROFILE=explore runs many more."""
    run_machine(Forums, database_url, examples=300 if EXPLORING else 6, steps=20)
