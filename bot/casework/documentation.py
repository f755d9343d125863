"""Generate the diagram and the table of docs/casework.md from the table of actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.casework.actions import ACTIONS
from bot.casework.case_action import CaseAction
from bot.core.transitions import Transition, draw_states, draw_table
from storage import audit

_ACTORS = {audit.RESIDENT: "the resident", audit.SYSTEM: "the clock"}


def draw_cases(actions: Iterable[Transition[Any]] = ACTIONS) -> str:
    """Return the states of a case and the actions between them, in Mermaid."""
    return draw_states(actions, "[*] --> received: given")


def list_actions(actions: Iterable[Transition[Any]] = ACTIONS) -> str:
    """Return the table of the actions, in Markdown."""
    columns = {
        "Action": lambda action: action.name,
        "By": lambda action: ", ".join(
            sorted(_ACTORS.get(actor, str(actor)) for actor in action.actors)
        ),
        "If": lambda action: action.guard.description if action.guard else "",
        "Words are asked": lambda action: _yes(_get_field(action, "flow")),
        "The resident is told": _describe_resident_notice,
        "Officers are told": lambda action: _yes(_get_field(action, "officer_notice")),
        "In the timeline": lambda action: _yes(action.public),
        "In the audit": lambda action: f"`{action.audit_action}`",
    }
    return draw_table(actions, columns)


def _get_field(action: Transition[Any], name: str) -> Any:
    return getattr(action, name) if isinstance(action, CaseAction) else None


def _yes(value: object) -> str:
    return "yes" if value else ""


def _describe_resident_notice(action: Transition[Any]) -> str:
    notice = _get_field(action, "resident_notice")
    if notice is None:
        return ""
    return "yes, of merged cases too" if notice.reaches_merged else "yes"
