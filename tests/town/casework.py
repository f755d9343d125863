"""Steps of officers on a case in their chat, and the check of deadlines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from bot.casework import escalation
from bot.runtime.builders import make_case_deadlines
from bot.runtime.settings import DeadlineSettings
from storage.models import State, Submission
from storage.statements import table

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

WARD, WARD_NAME = "11407", "Phường An Biên"
DEADLINES = make_case_deadlines(DeadlineSettings())
ANSWER = ("Đã sửa.", "Thay bóng", "Đã xong")  # its text, measure and date

# These actions are on the second page of a case's buttons.
_SECOND_PAGE = {
    *("merge", "reclassify", "extend", "divert", "reject", "reveal_phone"),
    *("exclude", "readmit", "recuse"),
    *("ban", "confirm_ban", "confirm_ban_everywhere", "refuse_ban", "unban", "keep_ban"),
}


async def open_case(officer: Person, code: str) -> None:
    """Show a case by its code."""
    await officer.says(f"/case {code}")


async def accept_case(officer: Person, code: str) -> None:
    """Show a case and take it on."""
    await open_case(officer, code)
    await officer.taps("case.do.accept")


async def choose_action(officer: Person, code: str, action: str) -> None:
    """Show a case and press the button of an action, on the first or the second page."""
    await open_case(officer, code)
    if action in _SECOND_PAGE:
        await officer.taps("case.more")
    await officer.taps(f"case.do.{action}")


async def propose_answer(officer: Person, answer: tuple[str, str, str] = ANSWER) -> None:
    """Propose an answer to the case that the newest message shows."""
    await officer.taps("case.do.propose")
    text, measure, deadline = answer
    await officer.writes(text)
    await officer.says(measure)
    await officer.says(deadline)
    await officer.taps("propose.review.options.submit")


async def answer_case(officer: Person, leader: Person, code: str) -> None:
    """Propose an answer to a case as the officer, and approve it as the leader."""
    await open_case(officer, code)
    await propose_answer(officer)
    await choose_action(leader, code, "approve")


async def check_deadlines(town: Town, times: int = 1) -> None:
    """Check the deadlines of all cases, `times` times at once, as several replicas would."""
    database, policy = town.app.database, town.app.policy
    await asyncio.gather(
        *(
            escalation.check_deadlines(database, DEADLINES, town.now, policy=policy)
            for _ in range(times)
        )
    )
    await town.settle()


async def set_state(town: Town, state: State, **values: Any) -> None:
    """Set the state and other columns of all submissions, as if officers had worked on them."""
    async with town.app.database.transaction() as connection:
        await connection.execute(update(table(Submission)).values(state=state, **values))


async def propose_ban(officer: Person, code: str, days: str = "7") -> None:
    """Propose that no opinions are taken from the resident of a case."""
    await choose_action(officer, code, "ban")
    await officer.taps(f"ban.days.options.{days}")
    await officer.says("Gửi quảng cáo")
    assert officer.is_told("ban.done")


async def ban(
    officer: Person, leader: Person, code: str, *, days: str = "7", everywhere: bool = False
) -> None:
    """Propose a ban as the officer, and confirm it as the leader."""
    await propose_ban(officer, code, days)
    await choose_action(leader, code, "confirm_ban_everywhere" if everywhere else "confirm_ban")
