"""Whatever is done with a forum, in whatever order and by whom: what must hold, holds.

Two persons for every notice, nobody told of what is not true, nothing said twice, and in the hall
nothing about officers within their unit.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, update

from bot.areas.units import CITY
from bot.casework import staff as casework
from bot.core.requests import Chat, Refused
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import intake_service as feedback
from bot.feedback.rules import NOTICE_VERSION
from bot.forums import announcements, organiser_reminders
from bot.forums.planning import service
from bot.forums.planning.actions import ACTIONS, BY_NAME, DECIDERS, IN_THE_HALL, is_allowed
from bot.forums.session import oral_submissions
from bot.forums.session import service as session_service
from bot.forums.subscriptions import service as subscriptions
from storage import forums, officers, submissions
from storage.database import Database
from storage.models import (
    Announcement,
    Answer,
    Audit,
    Commitment,
    Forum,
    ForumState,
    HeardAs,
    Hearing,
    Officer,
    Outbox,
    OutboxState,
    Role,
    Submission,
)
from storage.statements import fetch_all, table
from tests.samples import POLICY
from tests.town.settings import START

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

WARD, OTHER = "11407", "11413"
FORUMS, NEWS, OUTBOX, AUDIT = table(Forum), table(Announcement), table(Outbox), table(Audit)
CASES, ANSWERS, ROWS = table(Submission), table(Answer), table(Hearing)
OFFICERS, PROMISES = table(Officer), table(Commitment)

STAFF = (
    (WARD, Role.ORGANISER),
    (WARD, Role.APPROVER),
    (WARD, Role.OFFICER),
    (OTHER, Role.APPROVER),
    (CITY, Role.COORDINATOR),
    (CITY, Role.OBSERVER),
    (CITY, Role.ADMINISTRATOR),
)
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
_NOTHING_SAID = {ForumState.DRAFT, ForumState.SUBMITTED}
fresh = count(900_000)
EXAMPLES = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "explore" else 6


class Forums(RuleBasedStateMachine):
    """A ward, another one and the city; two residents who want news; one forum and its life."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url)
        self.now = START + timedelta(days=next(fresh) % 1000)
        self.staff = [next(fresh) for _ in STAFF]
        self.residents = [next(fresh), next(fresh)]
        self.code, self.moved = "", 0

    async def _begin(self, planner: int) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(update(OFFICERS).values(active=False, on_duty=False))
            # What earlier examples left is over.
            await connection.execute(update(NEWS).values(finished_at=self.now))
            await connection.execute(update(PROMISES).values(kept_at=self.now))
            await connection.execute(update(FORUMS).values(state=ForumState.CLOSED))
            for chat_id, (unit, role) in zip(self.staff, STAFF, strict=True):
                token = await casework.make_invite(
                    UnitOfWork(connection, self.now, POLICY), unit, role, ()
                )
                await casework.accept_invite(
                    UnitOfWork(connection, self.now, POLICY), chat_id, str(chat_id), token
                )
            for chat_id in self.residents:
                chat = Chat(chat_id, "vi")
                await feedback.record_consent(
                    UnitOfWork(connection, self.now, POLICY), chat, NOTICE_VERSION
                )
                wish = {"@subject": WARD}
                await subscriptions.subscribe(UnitOfWork(connection, self.now, POLICY), chat, wish)
            answers = PLAN | {"starts": (self.now + timedelta(days=10)).isoformat()}
            chat = Chat(self.staff[planner], "vi")
            await service.submit_plan(UnitOfWork(connection, self.now, POLICY), chat, answers)
            newest = select(FORUMS.c.code).order_by(FORUMS.c.id.desc()).limit(1)
            self.code = str((await connection.execute(newest)).scalar_one())
            for who, topic in zip(self.residents, ("officer_attitude", "theft"), strict=True):
                given = {
                    "kind": "report",
                    "topic": [topic],
                    "area": WARD,
                    "identity": "channel",
                    "@forum": self.code,
                    "details": [{"id": 1, "text": "Mất trộm", "file": None}],
                }
                chat = Chat(who, "vi")
                await feedback.receive_submission(
                    UnitOfWork(connection, self.now, POLICY), chat, given
                )

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def _do(self, work: Callable[[AsyncConnection], Awaitable[Any]]) -> bool:
        """Whether some work was done; if it was refused nothing at all has changed."""

        async def done() -> bool:
            before = await self._everything()
            try:
                async with self.database.transaction() as connection:
                    await work(connection)
            except Refused:
                assert await self._everything() == before
                return False
            return True

        return self.runner.run(done())

    async def _everything(self) -> list[int]:
        async with self.database.reading() as connection:
            tables = (AUDIT, OUTBOX, ANSWERS, NEWS, ROWS, PROMISES, CASES)
            sums = [select(func.count()).select_from(each) for each in tables]
            sums += [select(func.sum(each.c.version)) for each in (FORUMS, CASES)]
            return [(await connection.execute(each)).scalar_one() for each in sums]

    def _read(self, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
        async def read() -> Any:
            async with self.database.reading() as connection:
                return await work(connection)

        return self.runner.run(read())

    @property
    def forum(self) -> Forum:
        """The forum as it is."""

        async def find(connection: AsyncConnection) -> Any:
            return await forums.find_forum(connection, self.code)

        found: Forum = self._read(find)
        return found

    def _officer(self, who: int) -> Officer:
        async def find(connection: AsyncConnection) -> Any:
            return await officers.find_officer(connection, self.staff[who])

        found: Officer = self._read(find)
        return found

    # What is done

    @initialize(far=st.integers(0, 4), planner=st.sampled_from([0, 1, 4]))
    def has_come(self, far: int, planner: int) -> None:
        """Waiting for approval, announced, put off, or in the hall: by trying alone few get there.

        On the way everybody tries to approve, who planned it first.
        """
        self.runner.run(self._begin(planner))
        for who in (planner, *range(len(STAFF))) if far else ():
            self._moves(who, "approve")
        if far:
            self.passes(1)
        if far == 2:
            self._moves(1, "postpone")
        if far > 2:
            self.passes(24 * 10 - 2)
            self._moves(0, "begin")
        for number in range(2) if far > 3 else ():
            self.hears(0, number, here=True)
            self.hears(1, number, here=False)

    @rule(who=st.integers(0, len(STAFF) - 1), move=st.sampled_from([each.name for each in ACTIONS]))
    def moves(self, who: int, move: str) -> None:
        """Anybody tries anything: exactly what the table allows is done."""
        self._moves(who, move)

    def _moves(self, who: int, move: str) -> None:
        before, chat_id = self.forum, self.staff[who]
        may = is_allowed(BY_NAME[move], self._officer(who), before, self.now)
        starts = (self.now + timedelta(days=8)).isoformat()
        words = {
            "reason": "mưa",
            "starts": starts,
            "venue": "",
            "minutes": "Tốt",
            "text": "Camera",
            "owner": "Phường",
            "due": "2031-01-31",
        }

        async def act(connection: AsyncConnection) -> None:
            if move == "edit":
                await service.begin_action(
                    UnitOfWork(connection, self.now, POLICY), chat_id, move, self.code
                )
                answers = PLAN | {"@forum_code": self.code, "starts": starts}
                chat = Chat(chat_id, "vi")
                await service.submit_plan(UnitOfWork(connection, self.now, POLICY), chat, answers)
            else:
                await service.perform_action(
                    UnitOfWork(connection, self.now, POLICY), chat_id, move, self.code, words
                )

        assert self._do(act) is may
        assert self.forum.version == before.version + may
        self.moved += move == "reschedule" and may

    @rule(pick=st.integers(0, 99))
    def goes_on(self, pick: int) -> None:
        """Somebody does what they may."""
        staff = [self._officer(who) for who in range(len(STAFF))]
        forum = self.forum
        can = [
            (who, each.name)
            for each in ACTIONS
            for who, officer in enumerate(staff)
            if each.name != "cancel" and is_allowed(each, officer, forum, self.now)
        ]
        if can:
            who, move = can[pick % len(can)]
            self._moves(who, move)
        elif forum.state is ForumState.PUBLISHED:
            self.passes(24 * 9)

    @rule(who=st.integers(0, 1) | st.just(4), number=st.integers(0, 3), here=st.booleans())
    def hears(self, who: int, number: int, here: bool) -> None:
        """Who may plan it tries to answer an opinion in the hall, or to leave it."""
        chat_id = self.staff[who]

        async def act(connection: AsyncConnection) -> None:
            ids = await connection.execute(
                select(CASES.c.id).where(CASES.c.forum == self.code).order_by(CASES.c.id)
            )
            given = list(ids.scalars())
            chosen = given[number % len(given)]
            if here:
                words = {
                    "@code": self.code,
                    "@number": chosen,
                    "text": "Đã làm",
                    "measure": "",
                    "deadline": "",
                }
                chat = Chat(chat_id, "vi")
                await session_service.record_answer(
                    UnitOfWork(connection, self.now, POLICY), chat, words
                )
            else:
                await session_service.leave_to_unit(
                    UnitOfWork(connection, self.now, POLICY), chat_id, self.code, chosen
                )

        if self._do(act):
            assert self.forum.state in IN_THE_HALL

    @rule(who=st.integers(0, len(STAFF) - 1))
    def speaks(self, who: int) -> None:
        """Anybody tries to enter what was spoken."""

        async def act(connection: AsyncConnection) -> None:
            words = {"@code": self.code, "kind": "question", "text": "Khi nào có camera?"}
            await oral_submissions.enter_oral_submission(
                UnitOfWork(connection, self.now, POLICY), Chat(self.staff[who], "vi"), words
            )

        if self._do(act):
            assert self.forum.state in IN_THE_HALL

    @rule(hours=st.sampled_from([1, 30, 24 * 9]))
    def passes(self, hours: int) -> None:
        """Time passes, and the clock wakes."""
        self.now += timedelta(hours=hours)
        self.runner.run(announcements.expand_announcements(self.database, self.now, policy=POLICY))

        async def wake(connection: AsyncConnection) -> None:
            await organiser_reminders.remind_organisers(UnitOfWork(connection, self.now, POLICY))

        assert self._do(wake)

    # What must hold

    @invariant()
    def two_persons_stand_for_what_is_published(self) -> None:
        """Who approved did not plan it, leads, and is of the unit or of the city."""
        forum = self.forum
        assert (forum.approved_by is None) is (forum.published_at is None)
        if forum.state in _NOTHING_SAID:
            assert forum.published_at is None
        if forum.approved_by is not None:
            assert forum.approved_by != forum.created_by

            async def approver(connection: AsyncConnection) -> Any:
                return await officers.list_by_ids(connection, [forum.approved_by or 0])

            (leader,) = self._read(approver)
            assert leader.role in DECIDERS
            assert leader.unit_code in {WARD, CITY}

    @invariant()
    def nothing_is_announced_but_what_was_published(self) -> None:
        """Each kind once for its version; of what was moved as often as it was."""
        forum = self.forum

        async def announced(connection: AsyncConnection) -> Any:
            return await forums.list_announcements(connection, forum.id)

        kinds = [each.kind for each in self._read(announced)]
        assert not kinds or forum.published_at is not None
        assert forum.start_version == 1 + self.moved
        assert kinds.count("moved") == self.moved
        assert kinds.count("notice") <= 1
        assert ("results" in kinds) is (forum.reported_at is not None)
        assert (forum.minutes is not None) is (forum.reported_at is not None)

    @invariant()
    def what_is_not_true_any_more_does_not_wait(self) -> None:
        """Of a forum that is cancelled or put off nobody is going to be invited."""
        forum = self.forum
        if forum.state not in {ForumState.CANCELLED, ForumState.POSTPONED}:
            return
        stale = (
            select(func.count())
            .select_from(OUTBOX)
            .join(NEWS, NEWS.c.id == OUTBOX.c.announcement_id)
            .where(
                NEWS.c.forum_id == forum.id,
                NEWS.c.kind.in_(("notice", "moved")),
                OUTBOX.c.state == OutboxState.WAITING,
            )
        )

        async def waiting(connection: AsyncConnection) -> int:
            return int((await connection.execute(stale)).scalar_one())

        assert self._read(waiting) == 0

    @invariant()
    def in_the_hall_everybody_keeps_to_their_own(self) -> None:
        """What the ward's people took up the ward handles; an answer waits for somebody else."""

        async def rows(connection: AsyncConnection) -> Any:
            heard = await fetch_all(
                connection, Hearing, select(ROWS).where(ROWS.c.forum_id == self.forum_id)
            )
            found = []
            for each in heard:
                case = select(CASES).where(CASES.c.id == each.submission_id)
                ((opinion,), (officer,)) = (
                    await fetch_all(connection, Submission, case),
                    await officers.list_by_ids(connection, [each.officer_id or 0]),
                )
                answer = await submissions.find_newest_answer(connection, opinion.id)
                found.append((each, opinion, officer, answer))
            return found

        self.forum_id = self.forum.id
        for row, opinion, officer, answer in self._read(rows):
            if row.outcome is None:
                assert row.claim is not None
                continue
            assert officer.unit_code in {opinion.handled_by, CITY}
            assert (answer is not None) is (row.outcome is HeardAs.ANSWERED)
            if answer is not None:
                assert (answer.proposed_by, answer.approved_by) == (officer.id, None)


def test_whatever_is_done_with_a_forum_holds(database_url: str) -> None:
    """Sequences of moves, of the hall and of time, tried on both databases."""
    Forums.url = database_url
    run_state_machine_as_test(
        Forums,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
