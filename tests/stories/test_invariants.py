"""Whatever is done with cases, in whatever order and by whom: what must hold, holds.

The invariants are those of the domain: nothing half done, two persons for an answer, nothing about
officers within their unit, nothing forgotten, every reporter told.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, update

from bot.areas.units import CITY
from bot.casework import action_service, assignment, case_access, escalation, staff
from bot.casework.actions import BY_NAME, OFFICER_ACTIONS
from bot.casework.submission_rules import NEW
from bot.core.requests import Chat, Refused
from bot.core.transitions import is_allowed
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import followup_service
from bot.feedback import intake_service as feedback
from bot.feedback.rules import NOTICE_VERSION
from bot.runtime.builders import make_case_deadlines
from bot.runtime.settings import DeadlineSettings
from storage import casework, officers, submissions
from storage.database import Database
from storage.models import Answer, Audit, Kind, Officer, Outbox, Role, State, Submission
from storage.statements import fetch_all, table
from tests.samples import POLICY
from tests.town.settings import START

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection

WARD, OTHER = "11407", "11413"
TIMES = make_case_deadlines(DeadlineSettings())
CASES, OFFICERS, AUDIT = table(Submission), table(Officer), table(Audit)
OUTBOX, ANSWERS = table(Outbox), table(Answer)

OVER = {
    State.CLOSED,
    State.WITHDRAWN,
    State.MERGED,
    State.DIVERTED,
    State.REJECTED,
    State.ACKNOWLEDGED,
}
STAFF = (
    (WARD, Role.OFFICER),
    (WARD, Role.OFFICER),
    (WARD, Role.APPROVER),
    (OTHER, Role.OFFICER),
    (CITY, Role.OFFICER),
    (CITY, Role.TRIAGE),
    (CITY, Role.COORDINATOR),
    (CITY, Role.OBSERVER),
)
CASE, PERSON = st.integers(0, 20), st.integers(0, len(STAFF) - 1)
fresh = count(50_000)
EXAMPLES = 400 if os.environ.get("HYPOTHESIS_PROFILE") == "explore" else 12


class Casework(RuleBasedStateMachine):
    """A ward, another one and the city; two residents; all that they can do."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url)
        self.now = START + timedelta(days=next(fresh) % 1000)
        self.residents = [next(fresh), next(fresh)]
        self.codes: list[str] = []
        self.staff = [next(fresh) for _ in STAFF]
        self.conduct: set[str] = set()
        self.reopened: dict[str, Any] = {}
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(update(OFFICERS).values(active=False, on_duty=False))
            await connection.execute(update(CASES).values(closed_at=self.now))
            for chat_id, (unit, role) in zip(self.staff, STAFF, strict=True):
                token = await staff.make_invite(
                    UnitOfWork(connection, self.now, POLICY), unit, role, ()
                )
                await staff.accept_invite(
                    UnitOfWork(connection, self.now, POLICY), chat_id, str(chat_id), token
                )
            for chat_id in self.residents:
                chat = Chat(chat_id, "vi")
                await feedback.record_consent(
                    UnitOfWork(connection, self.now, POLICY), chat, NOTICE_VERSION
                )
        for who, kind in enumerate((Kind.REPORT, Kind.CRIME_REPORT)):
            self.codes.append(await self._given(who, kind, "theft", WARD))

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def _do(self, work: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
        """What some work gives; "refused" when it was, and then nothing at all has changed."""

        async def done() -> Any:
            before = await self._everything()
            try:
                async with self.database.transaction() as connection:
                    return await work(connection)
            except Refused:
                assert await self._everything() == before
                return "refused"

        return self.runner.run(done())

    async def _everything(self) -> list[int]:
        async with self.database.reading() as connection:
            sums = [select(func.count()).select_from(each) for each in (AUDIT, OUTBOX, ANSWERS)]
            sums.append(select(func.sum(CASES.c.version)))
            return [(await connection.execute(each)).scalar_one() for each in sums]

    def _case(self, number: int) -> str:
        return self.codes[number % len(self.codes)]

    async def _rows(self) -> list[Submission]:
        async with self.database.reading() as connection:
            statement = select(CASES).where(CASES.c.code.in_(self.codes))
            return list(await fetch_all(connection, Submission, statement))

    # What people do

    @rule(
        who=st.integers(0, 1),
        kind=st.sampled_from([Kind.REPORT, Kind.CRIME_REPORT, Kind.DENUNCIATION, Kind.PRAISE]),
        topic=st.sampled_from(["theft", "officer_attitude"]),
        area=st.sampled_from([WARD, CITY]),
    )
    def gives(self, who: int, kind: Kind, topic: str, area: str) -> None:
        """Somebody gives an opinion; about officers, it is in the conduct lane from then on."""
        code = self.runner.run(self._given(who, kind, topic, area))
        self.codes.append(code)
        if (topic == "officer_attitude" and kind is not Kind.PRAISE) or kind is Kind.DENUNCIATION:
            self.conduct.add(code)

    async def _given(self, who: int, kind: Kind, topic: str, area: str) -> str:
        answers = {
            "kind": kind,
            "topic": [topic],
            "area": area,
            "identity": "channel",
            "details": [{"id": None, "text": "Đèn đường ngõ 5 hỏng", "file": None}],
        }
        chat = Chat(self.residents[who], "vi")

        async with self.database.transaction() as connection:
            await feedback.receive_submission(
                UnitOfWork(connection, self.now, POLICY), chat, answers
            )
            newest = select(CASES.c.code).order_by(CASES.c.id.desc()).limit(1)
            return str((await connection.execute(newest)).scalar_one())

    @rule(which=CASE, by=PERSON, pick=st.integers(0, 40), other=CASE)
    def acts(self, which: int, by: int, pick: int, other: int) -> None:
        """An officer does something that they may do."""
        code = self._case(which)

        async def allowed() -> list[str]:
            async with self.database.reading() as connection:
                at = await case_access.find_case_access(
                    UnitOfWork(connection, self.now, POLICY), self.staff[by], code
                )
            return [
                each.name for each in OFFICER_ACTIONS if at is not None and is_allowed(each, at)
            ]

        if actions := self.runner.run(allowed()):
            self._act(by, actions[pick % len(actions)], code, other)

    @rule(which=CASE, by=PERSON, action=st.sampled_from(sorted(BY_NAME)), other=CASE)
    def tries(self, which: int, by: int, action: str, other: int) -> None:
        """Any officer tries anything with any case."""
        self._act(by, action, self._case(which), other)

    @rule(which=CASE, accepts=st.integers(0, 6), approves=st.integers(0, 6))
    def handles(self, which: int, accepts: int, approves: int) -> None:
        """The usual way: taken on, proposed, approved, each by whoever."""
        for by, action in ((accepts, "accept"), (accepts, "propose"), (approves, "approve")):
            self._act(by, action, self._case(which), 0)

    def _act(self, by: int, action: str, code: str, other: int) -> None:
        words = {
            "question": "Ở đâu?",
            "text": "Đã sửa.",
            "measure": "Thay bóng",
            "deadline": "Xong",
            "reason": "vì mưa",
            "body": "Sở Xây dựng",
            "contact": "0225",
            "place": "Phường",
            "days": "5",
            "kind": "question",
            "topic": ["theft", "officer_attitude"][other % 2],
            "area": [WARD, OTHER][other % 2],
            "into": self._case(other),
        }

        async def act(connection: AsyncConnection) -> Any:
            found = await officers.find_officer(connection, self.staff[other % len(STAFF)])
            words["officer"] = str(found.id if found else 0)
            chat_id = self.staff[by]
            return await action_service.perform_action(
                UnitOfWork(connection, self.now, POLICY), chat_id, action, code, words
            )

        changed = self._do(act)
        if changed != "refused":
            self.runner.run(self._is_logged(changed, action))
            topics = set(changed.topics)
            if changed.kind is not Kind.PRAISE and "officer_attitude" in topics:
                self.conduct.add(code)

    async def _is_logged(self, changed: Submission, action: str) -> None:
        async with self.database.reading() as connection:
            logged = select(func.count()).where(
                AUDIT.c.submission_id == changed.id, AUDIT.c.action == f"case.{action}"
            )
            assert (await connection.execute(logged)).scalar_one() >= 1
            if action == "approve":
                for merged in await casework.list_merged(connection, changed.id):
                    told = select(func.count()).where(
                        OUTBOX.c.dedup_key == f"approve:{changed.version}:{merged.code}"
                    )
                    assert (await connection.execute(told)).scalar_one() == 1

    @rule(
        which=CASE,
        who=st.integers(0, 1),
        what=st.sampled_from(["withdraw", "reply", "reopen", "rate"]),
    )
    def answers_back(self, which: int, who: int, what: str) -> None:
        code, chat = self._case(which), Chat(self.residents[who], "vi")
        answers = {
            "@code": code,
            "reason": "Chưa xong",
            "score": "0",
            "again": "yes",
            "details": [{"id": None, "text": "Ở ngõ 5", "file": None}],
        }

        async def act(connection: AsyncConnection) -> None:
            before = await submissions.find_submission(connection, code)
            if what == "withdraw":
                await followup_service.withdraw_submission(
                    UnitOfWork(connection, self.now, POLICY), chat, code
                )
            else:
                flow = {"reply": "reply", "reopen": "reopening", "rate": "rating"}[what]
                await action_service.finish_own_action(
                    UnitOfWork(connection, self.now, POLICY), chat, answers, flow=flow
                )
            after = await submissions.find_submission(connection, code)
            assert before
            assert after
            if before.answered_at is not None and after.answered_at is None:
                assert after.due_at == POLICY.due(after.kind, self.now)
                assert (after.closed_at, after.warned_at) == (None, None)

        self._do(act)

    @rule(hours=st.sampled_from([1, 9, 30, 400]))
    def time_passes(self, hours: int) -> None:
        """The clock wakes: then nothing new has waited for too long without going up."""
        self.now += timedelta(hours=hours)

        async def wake() -> None:
            async with self.database.transaction() as connection:
                await assignment.alert_waiting(UnitOfWork(connection, self.now, POLICY), 0)
            await escalation.check_deadlines(self.database, TIMES, self.now, policy=POLICY)
            for case in await self._rows():
                waits = case.state in NEW and case.acknowledge_by is not None
                assert not (waits and case.acknowledge_by <= self.now)  # type: ignore[operator]
                has_nobody = case.state is State.RECEIVED and case.alerted_at is None
                assert not (has_nobody and case.acknowledge_by is None and case.escalation == 0)

        self.runner.run(wake())

    @rule(who=st.integers(0, len(STAFF) - 1), how=st.sampled_from(["off", "on", "away"]))
    def comes_and_goes(self, who: int, how: str) -> None:
        async def change(connection: AsyncConnection) -> None:
            chat_id = self.staff[who]
            if how == "away":
                found = await officers.find_officer(connection, chat_id)
                if found is not None:
                    until = self.now + timedelta(days=2)
                    await officers.update_officer(connection, found.id, away_until=until)
            else:
                await staff.set_duty(
                    UnitOfWork(connection, self.now, POLICY), chat_id, on_duty=how == "on"
                )

        self._do(change)

    @rule(who=st.integers(0, 2))
    def leaves(self, who: int) -> None:
        async def go(connection: AsyncConnection) -> None:
            found = await officers.find_officer(connection, self.staff[who])
            if found is not None:
                await staff.deactivate_officer(
                    UnitOfWork(connection, self.now, POLICY), found.id, role="operator"
                )

        self._do(go)

    # What must hold

    @invariant()
    def everything_holds(self) -> None:
        async def look() -> None:
            async with self.database.reading() as connection:
                rows = select(CASES).where(CASES.c.code.in_(self.codes))
                for case in await fetch_all(connection, Submission, rows):
                    _state_and_times_agree(case)
                    if case.code in self.conduct and case.kind is not Kind.PRAISE:
                        await self._is_kept_from_its_unit(connection, case)
                    if case.assignee_id and not (case.closed_at or case.answered_at):
                        await self._owner_may_have_it(connection, case)
                both = ANSWERS.c.approved_by == ANSWERS.c.proposed_by
                alone = select(func.count()).select_from(ANSWERS).where(both)
                assert (await connection.execute(alone)).scalar_one() == 0

        self.runner.run(look())

    async def _is_kept_from_its_unit(self, connection: AsyncConnection, case: Submission) -> None:
        assert case.handled_by == CITY
        for chat_id, (unit, _role) in zip(self.staff, STAFF, strict=True):
            if unit != CITY:
                assert (
                    await case_access.find_case_access(
                        UnitOfWork(connection, self.now, POLICY), chat_id, case.code
                    )
                    is None
                )

    async def _owner_may_have_it(self, connection: AsyncConnection, case: Submission) -> None:
        (owner,) = await officers.list_by_ids(connection, [case.assignee_id or 0])
        at = await case_access.find_case_access(
            UnitOfWork(connection, self.now, POLICY), owner.chat_id, case.code
        )
        assert at is not None, (case.state, owner.unit_code, case.handled_by)


def _state_and_times_agree(case: Submission) -> None:
    assert (case.closed_at is not None) is (case.state in OVER), case.state
    assert (case.paused_at is not None) is (case.state is State.AWAITING_RESIDENT), case.state
    assert (case.merged_into is not None) is (case.state is State.MERGED)
    assert case.answered_at is None or case.state in {State.ANSWERED, State.CLOSED}
    assert case.state is not State.TRANSFERRED or case.transferred_to
    if case.kind is Kind.CRIME_REPORT:
        assert case.state not in {State.REJECTED, State.DIVERTED}


def test_no_sequence_of_actions_breaks_an_invariant(database_url: str) -> None:
    """On each kind of database; HYPOTHESIS_PROFILE=explore tries many more."""
    machine = type("OnThis", (Casework,), {"url": database_url})
    # On the second kind the same sequences would be played again: a few show that it is the same.
    tried = EXAMPLES if database_url.startswith("sqlite") else EXAMPLES // 3
    few = settings(
        max_examples=tried,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=few)
