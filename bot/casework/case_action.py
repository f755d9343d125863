"""The class of the rows in the table of actions on cases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from bot.casework import side_effects
from bot.casework.case_access import CaseAccess
from bot.casework.changes import complete_columns
from bot.casework.side_effects import AlertChange, OfficerNotice, RemarkFields, ResidentNotice
from bot.conversation.flow import Flow
from bot.core.transitions import ActionResult, AnyAccess, Attempt, Columns, Effect, Transition
from bot.core.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class CaseAction(Transition[AnyAccess]):
    """An action on a case; see Transition for the other fields.

    - `flow`: the short conversation that asks for its values; None if it needs none.
    - `load_choices`: returns facts for that conversation, such as the officers to choose from.
    - `remark`: the answers that are stored as a remark.
    - `resident_notice`: the notice to the resident. An action that has one is `public`, so it is
      in the timeline that residents read.
    - `officer_notice`: the notice to officers, and the function that lists these officers.
    - `alerts`: after an officer's action, how the earlier alerts of the case are replaced.
    - `has_button`: True if the screen of the case, or of the submission, has its button.
    - `is_rare`: True if its button is on the second page.
    - `reveals_phone`: True if the case is shown after it with a phone number that was hidden.
    - `needs_consent`: True if it stores what a resident writes: the consent must be in force.
    - `is_limited`: True if it counts against the limit of additions, and against bans.
    - `button`: the verb of its button; empty means the action's name.
    """

    prefix: ClassVar[str] = "case"  # of the action's name in the audit log, as in "case.accept"

    flow: Flow | None = None
    load_choices: Callable[[UnitOfWork, AnyAccess], Awaitable[dict[str, Any]]] | None = None
    remark: RemarkFields | None = None
    resident_notice: ResidentNotice | None = None
    officer_notice: OfficerNotice | None = None
    alerts: AlertChange = side_effects.SETTLED_ALERTS
    has_button: bool = True
    is_rare: bool = False
    reveals_phone: bool = False
    needs_consent: bool = False
    is_limited: bool = False
    button: str = ""

    @property
    def asks(self) -> bool:
        """Return True if the action has a short conversation that asks for its values."""
        return self.flow is not None

    @property
    def verb(self) -> str:
        """Return the verb of the action's button, such as "accept"."""
        return self.button or self.name

    def compute_columns(self, attempt: Attempt[AnyAccess]) -> Columns:
        """Return the columns that the action writes, with those that follow from the state."""
        return complete_columns(attempt, super().compute_columns(attempt))

    def list_effects(self) -> Sequence[Effect[AnyAccess]]:
        """Return the effects: the remark, the row's own, notices to residents, to officers."""
        keep = [partial(side_effects.store_remark, kept=self.remark)] if self.remark else []
        notice = self.resident_notice
        tell = [partial(side_effects.notify_residents, notice=notice)] if notice else []
        return (
            *keep,
            *self.effects,
            *tell,
            side_effects.withhold_from_groups,
            self._notify_officers,
        )

    async def _notify_officers(self, result: ActionResult[Any]) -> None:
        if isinstance(result.access, CaseAccess) and await side_effects.replace_alerts(
            result, self.alerts
        ):
            return
        if self.officer_notice is not None:
            await side_effects.notify_officers(result, self.officer_notice)
