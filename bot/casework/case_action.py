"""The row of the table of actions on cases: one frozen value decides everything about an action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from bot.casework import side_effects
from bot.casework.case_access import CaseAccess
from bot.casework.changes import complete_columns
from bot.casework.side_effects import AlertChange, KeptWords, OfficerNotice, ResidentNotice
from bot.conversation.engine import Flow
from bot.core.transitions import ActionResult, AnyAccess, Attempt, Columns, Effect, Transition
from bot.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class CaseAction(Transition[AnyAccess]):
    """An action on a case.

    - `flow`: the short conversation that asks for its words; None if it needs none.
    - `load_choices`: loads the facts of the conversation: what can be chosen.
    - `keeps`: the words that are stored as a remark.
    - `resident_notice`: what the resident is told. Such an action is `public`.
    - `officer_notice`: what officers are told, and which officers.
    - `alerts`: what earlier alerts of the case say after an officer's action.
    - `has_button`: its button is shown where the case, or the submission, is shown.
    - `is_rare`: its button is on the second page.
    - `button`: the verb of its button; empty means the name.
    """

    prefix: ClassVar[str] = "case"

    flow: Flow | None = None
    load_choices: Callable[[UnitOfWork, AnyAccess], Awaitable[dict[str, Any]]] | None = None
    keeps: KeptWords | None = None
    resident_notice: ResidentNotice | None = None
    officer_notice: OfficerNotice | None = None
    alerts: AlertChange = side_effects.SETTLED
    has_button: bool = True
    is_rare: bool = False
    button: str = ""

    @property
    def asks(self) -> bool:
        """Return True if the action needs words, asked for by its short conversation."""
        return self.flow is not None

    @property
    def verb(self) -> str:
        """Return the verb of the action's button."""
        return self.button or self.name

    def compute_columns(self, attempt: Attempt[AnyAccess]) -> Columns:
        """Return the columns that the action writes, with those that follow for every action."""
        return complete_columns(attempt, super().compute_columns(attempt))

    def list_effects(self) -> Sequence[Effect[AnyAccess]]:
        """Return what follows: stored words, its own effects, notices to residents and officers."""
        keep = [partial(side_effects.keep_words, kept=self.keeps)] if self.keeps else []
        notice = self.resident_notice
        tell = [partial(side_effects.notify_residents, notice=notice)] if notice else []
        return (*keep, *self.effects, *tell, self._notify_officers)

    async def _notify_officers(self, result: ActionResult[Any]) -> None:
        if isinstance(result.access, CaseAccess) and await side_effects.hand_on_case(
            result, self.alerts
        ):
            return
        if self.officer_notice is not None:
            await side_effects.notify_officers(result, self.officer_notice)
