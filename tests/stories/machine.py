"""Common base of the two state machines: a database, staff, and residents with consent."""

from __future__ import annotations

import asyncio
import contextlib
import os
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import func, select, update

from bot.casework import staff
from bot.conversation.consent import NOTICE_VERSION
from bot.core.requests import Chat, Refused
from bot.core.unit_of_work import UnitOfWork
from bot.feedback import intake_service
from storage import officers
from storage.database import Database
from storage.models import Officer, Submission
from storage.statements import table
from tests.policy import POLICY
from tests.town.settings import START

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy import ColumnElement, Table

    from storage.models import Role

    Act = Callable[[UnitOfWork], Awaitable[Any]]

WARD, OTHER = "11407", "11413"
CASES, OFFICERS = table(Submission), table(Officer)
REFUSED = "refused"  # the result of an act that raised Refused
EXPLORING = os.environ.get("HYPOTHESIS_PROFILE") == "explore"

_new_chat_ids = count(50_000)


class Machine(RuleBasedStateMachine):
    """Runs an example on one database; each example has staff and residents of its own."""

    url: ClassVar[str]
    STAFF: ClassVar[tuple[tuple[str, Role], ...]]  # unit and role of each officer
    # Row counts of these tables and sums of these columns must not change by a refused act.
    COUNTED: ClassVar[tuple[Table, ...]]
    SUMMED: ClassVar[tuple[ColumnElement[Any], ...]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url)
        self.now = START + timedelta(days=next(_new_chat_ids) % 1000)
        self.staff = [next(_new_chat_ids) for _ in self.STAFF]
        self.residents = [next(_new_chat_ids), next(_new_chat_ids)]

    def teardown(self) -> None:
        """Close the database and the event loop of this example."""
        self.runner.run(self.database.close())
        self.runner.close()

    @contextlib.asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        """Open a transaction at the time of this example."""
        async with self.database.transaction() as connection:
            yield UnitOfWork(connection, self.now, POLICY)

    async def add_people(self, work: UnitOfWork) -> None:
        """Retire the officers of earlier examples; register the staff and the residents."""
        await work.connection.execute(update(OFFICERS).values(active=False, on_duty=False))
        for chat_id, (unit, role) in zip(self.staff, self.STAFF, strict=True):
            token = await staff.make_invite(work, unit, role, ())
            await staff.accept_invite(work, chat_id, str(chat_id), token)
        for chat_id in self.residents:
            await intake_service.record_consent(
                work, Chat(chat_id, "vi"), {"consent": NOTICE_VERSION}
            )

    async def submit(self, work: UnitOfWork, resident: int, text: str, **answers: Any) -> str:
        """Store a submission of a resident, given by index; return its code."""
        complete = {
            "identity": "channel",
            "details": [{"id": None, "text": text, "file": None}],
            **answers,
        }
        chat = Chat(self.residents[resident], "vi")
        await intake_service.receive_submission(work, chat, complete)
        newest = select(CASES.c.code).order_by(CASES.c.id.desc()).limit(1)
        return str((await work.connection.execute(newest)).scalar_one())

    def attempt(self, act: Act) -> Any:
        """Run an act in one transaction; return its result, or REFUSED if it was refused.

        Checks that a refused act has changed nothing.
        """

        async def run() -> Any:
            before = await self._measure()
            try:
                async with self.work() as work:
                    return await act(work)
            except Refused:
                assert await self._measure() == before
                return REFUSED

        return self.runner.run(run())

    def read(self, query: Act) -> Any:
        """Return the result of a query; nothing is committed."""

        async def run() -> Any:
            async with self.database.reading() as connection:
                return await query(UnitOfWork(connection, self.now, POLICY))

        return self.runner.run(run())

    def get_officer(self, number: int) -> Officer:
        """Return an officer, given by index in `STAFF`."""

        async def find(work: UnitOfWork) -> Officer:
            officer = await officers.find_officer(work.connection, self.staff[number])
            assert officer is not None
            return officer

        officer: Officer = self.read(find)
        return officer

    async def _measure(self) -> list[int]:
        async with self.database.reading() as connection:
            measures = [select(func.count()).select_from(each) for each in self.COUNTED]
            measures += [select(func.sum(column)) for column in self.SUMMED]
            return [(await connection.execute(each)).scalar_one() for each in measures]


def run_machine(machine: type[Machine], url: str, *, examples: int, steps: int) -> None:
    """Run a state machine on the database at a URL."""
    on_database = type(f"{machine.__name__}OnDatabase", (machine,), {"url": url})
    run_state_machine_as_test(
        on_database,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
