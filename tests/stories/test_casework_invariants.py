"""Sequences of actions on cases: the invariants hold after every step.

Nothing is half done. Every answer has two persons. A unit never reads what is about its own
officers. No case is forgotten. The reporter of every merged case is told of the answer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy import func, select, update

from bot.areas.units import CITY
from bot.casework import action_service, assignment, case_access, escalation, staff
from bot.casework.actions import ACTIONS_BY_NAME, OFFICER_ACTIONS
from bot.casework.submission_rules import NEW
from bot.core.requests import Chat
from bot.core.transitions import is_allowed
from bot.feedback import followup_service
from storage import casework, officers, submissions
from storage.models import Answer, Audit, Kind, Outbox, Role, State, Submission
from storage.statements import fetch_all, table
from tests.policy import POLICY
from tests.stories.machine import CASES, EXPLORING, OTHER, REFUSED, WARD, Machine, run_machine
from tests.town.casework import DEADLINES

if TYPE_CHECKING:
    from bot.core.unit_of_work import UnitOfWork

AUDIT, OUTBOX, ANSWERS = table(Audit), table(Outbox), table(Answer)

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
CASE, OFFICER, RESIDENT = st.integers(0, 20), st.integers(0, len(STAFF) - 1), st.integers(0, 1)


class Casework(Machine):
    """Officers of a ward, another ward and the city; two residents; all that they can do."""

    STAFF = STAFF
    COUNTED = (AUDIT, OUTBOX, ANSWERS)
    SUMMED = (CASES.c.version,)

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str] = []
        self.about_officers: set[str] = set()  # the codes of cases about a unit's own officers
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        async with self.work() as work:
            await work.connection.execute(update(CASES).values(closed_at=self.now))
            await self.add_people(work)
            for resident, kind in enumerate((Kind.REPORT, Kind.CRIME_REPORT)):
                self.codes.append(await self._submit(work, resident, kind, "theft", WARD))

    async def _submit(
        self, work: UnitOfWork, resident: int, kind: Kind, topic: str, area: str
    ) -> str:
        text = "Đèn đường ngõ 5 hỏng"
        return await self.submit(work, resident, text, kind=kind, topic=[topic], area=area)

    def _choose_code(self, number: int) -> str:
        return self.codes[number % len(self.codes)]

    async def _list_cases(self, work: UnitOfWork) -> list[Submission]:
        own = select(CASES).where(CASES.c.code.in_(self.codes))
        return list(await fetch_all(work.connection, Submission, own))

    # Rules

    @rule(
        resident=RESIDENT,
        kind=st.sampled_from([Kind.REPORT, Kind.CRIME_REPORT, Kind.DENUNCIATION, Kind.PRAISE]),
        topic=st.sampled_from(["theft", "officer_attitude"]),
        area=st.sampled_from([WARD, CITY]),
    )
    def gives_an_opinion(self, resident: int, kind: Kind, topic: str, area: str) -> None:
        """A resident submits an opinion; if it is about officers, that is remembered."""

        async def act(work: UnitOfWork) -> str:
            return await self._submit(work, resident, kind, topic, area)

        code = self.attempt(act)
        assert code != REFUSED
        self.codes.append(code)
        if (topic == "officer_attitude" and kind is not Kind.PRAISE) or kind is Kind.DENUNCIATION:
            self.about_officers.add(code)

    @rule(number=CASE, officer=OFFICER, pick=st.integers(0, 40), other=CASE)
    def acts_as_allowed(self, number: int, officer: int, pick: int, other: int) -> None:
        """An officer performs one of the actions that they may perform."""
        code = self._choose_code(number)

        async def list_allowed(work: UnitOfWork) -> list[str]:
            access = await case_access.find_case_access(work, self.staff[officer], code)
            if access is None:
                return []
            return [each.name for each in OFFICER_ACTIONS if is_allowed(each, access)]

        if actions := self.read(list_allowed):
            self._perform(officer, actions[pick % len(actions)], code, other)

    @rule(number=CASE, officer=OFFICER, action=st.sampled_from(sorted(ACTIONS_BY_NAME)), other=CASE)
    def tries_anything(self, number: int, officer: int, action: str, other: int) -> None:
        """Any officer tries any action on any case."""
        self._perform(officer, action, self._choose_code(number), other)

    @rule(number=CASE, officer=st.integers(0, 6), approver=st.integers(0, 6))
    def answers(self, number: int, officer: int, approver: int) -> None:
        """The usual order: accept, propose, approve, each tried by any officer."""
        for who, action in ((officer, "accept"), (officer, "propose"), (approver, "approve")):
            self._perform(who, action, self._choose_code(number), 0)

    def _perform(self, officer: int, action: str, code: str, other: int) -> None:
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
            "into": self._choose_code(other),
        }

        async def act(work: UnitOfWork) -> Submission:
            named = await officers.find_officer(work.connection, self.staff[other % len(STAFF)])
            words["officer"] = str(named.id if named else 0)
            return await action_service.perform_action(
                work, self.staff[officer], action, code, words
            )

        changed = self.attempt(act)
        if changed == REFUSED:
            return
        self._check_records(changed, action)
        if changed.kind is not Kind.PRAISE and "officer_attitude" in changed.topics:
            self.about_officers.add(code)

    def _check_records(self, changed: Submission, action: str) -> None:
        """Check the audit entry, and the notice to the reporter of every merged case."""

        async def check(work: UnitOfWork) -> None:
            entries = select(func.count()).where(
                AUDIT.c.submission_id == changed.id, AUDIT.c.action == f"case.{action}"
            )
            assert (await work.connection.execute(entries)).scalar_one() >= 1
            if action == "approve":
                for merged in await casework.list_merged(work.connection, changed.id):
                    notices = select(func.count()).where(
                        OUTBOX.c.dedup_key == f"approve:{changed.version}:{merged.code}"
                    )
                    assert (await work.connection.execute(notices)).scalar_one() == 1

        self.read(check)

    @rule(
        number=CASE,
        resident=RESIDENT,
        action=st.sampled_from(["withdraw", "reply", "reopen", "rate"]),
    )
    def follows_up(self, number: int, resident: int, action: str) -> None:
        """A resident withdraws, replies, reopens or rates; a reopened case has a new due date."""
        code, chat = self._choose_code(number), Chat(self.residents[resident], "vi")
        answers = {
            "@code": code,
            "reason": "Chưa xong",
            "score": "0",
            "again": "yes",
            "details": [{"id": None, "text": "Ở ngõ 5", "file": None}],
        }

        async def act(work: UnitOfWork) -> None:
            before = await submissions.find_submission(work.connection, code)
            if action == "withdraw":
                await followup_service.withdraw_submission(work, chat, code)
            else:
                flow = {"reply": "reply", "reopen": "reopening", "rate": "rating"}[action]
                await action_service.finish_own_action(work, chat, answers, flow=flow)
            after = await submissions.find_submission(work.connection, code)
            assert before
            assert after
            if before.answered_at is not None and after.answered_at is None:
                assert after.due_at == POLICY.compute_due(after.kind, self.now)
                assert (after.closed_at, after.warned_at) == (None, None)

        self.attempt(act)

    @rule(hours=st.sampled_from([1, 9, 30, 400]))
    def passes_time(self, hours: int) -> None:
        """Time passes and the jobs run: then no new case waits longer than it may."""
        self.now += timedelta(hours=hours)

        async def run_jobs() -> None:
            async with self.work() as work:
                await assignment.assign_waiting_submissions(work, 0)
            await escalation.check_deadlines(self.database, DEADLINES, self.now, policy=POLICY)

        self.runner.run(run_jobs())
        for case in self.read(self._list_cases):
            if case.state in NEW and case.acknowledge_by is not None:
                assert case.acknowledge_by > self.now
            if case.state is State.RECEIVED and case.alerted_at is None:
                assert case.acknowledge_by is not None or case.escalation > 0

    @rule(officer=OFFICER, duty=st.sampled_from(["off", "on", "away"]))
    def changes_duty(self, officer: int, duty: str) -> None:
        """An officer goes on duty, off duty, or away for two days."""

        async def act(work: UnitOfWork) -> None:
            chat_id = self.staff[officer]
            if duty == "away":
                found = await officers.find_officer(work.connection, chat_id)
                if found is not None:
                    until = self.now + timedelta(days=2)
                    await officers.update_officer(work.connection, found.id, away_until=until)
            else:
                await staff.set_duty(work, chat_id, on_duty=duty == "on")

        self.attempt(act)

    @rule(officer=st.integers(0, 2))
    def leaves_the_service(self, officer: int) -> None:
        """An officer of the ward is deactivated."""

        async def act(work: UnitOfWork) -> None:
            found = await officers.find_officer(work.connection, self.staff[officer])
            if found is not None:
                await staff.deactivate_officer(work, found.id, role="operator")

        self.attempt(act)

    # Invariants

    @invariant()
    def every_invariant_holds(self) -> None:
        """Check every case of the example, and that nobody approved their own answer."""

        async def check(work: UnitOfWork) -> None:
            for case in await self._list_cases(work):
                _check_state_and_times(case)
                if case.code in self.about_officers and case.kind is not Kind.PRAISE:
                    await self._check_kept_from_its_unit(work, case)
                if case.assignee_id and not (case.closed_at or case.answered_at):
                    await self._check_assignee_has_access(work, case)
            own = ANSWERS.c.approved_by == ANSWERS.c.proposed_by
            alone = select(func.count()).select_from(ANSWERS).where(own)
            assert (await work.connection.execute(alone)).scalar_one() == 0

        self.read(check)

    async def _check_kept_from_its_unit(self, work: UnitOfWork, case: Submission) -> None:
        assert case.handled_by == CITY
        for chat_id, (unit, _role) in zip(self.staff, STAFF, strict=True):
            if unit != CITY:
                assert await case_access.find_case_access(work, chat_id, case.code) is None

    async def _check_assignee_has_access(self, work: UnitOfWork, case: Submission) -> None:
        (owner,) = await officers.list_by_ids(work.connection, [case.assignee_id or 0])
        access = await case_access.find_case_access(work, owner.chat_id, case.code)
        assert access is not None, (case.state, owner.unit_code, case.handled_by)


def _check_state_and_times(case: Submission) -> None:
    assert (case.closed_at is not None) is (case.state in OVER), case.state
    assert (case.paused_at is not None) is (case.state is State.AWAITING_RESIDENT), case.state
    assert (case.merged_into is not None) is (case.state is State.MERGED)
    assert case.answered_at is None or case.state in {State.ANSWERED, State.CLOSED}
    assert case.state is not State.TRANSFERRED or case.transferred_to
    if case.kind is Kind.CRIME_REPORT:
        assert case.state not in {State.REJECTED, State.DIVERTED}


def test_no_sequence_of_actions_breaks_an_invariant(database_url: str) -> None:
    """12 sequences of 30 steps on SQLite, 4 on PostgreSQL; HYPOTHESIS_PROFILE=explore runs more."""
    examples = 400 if EXPLORING else 12
    if not database_url.startswith("sqlite"):
        examples //= 3
    run_machine(Casework, database_url, examples=examples, steps=30)
