"""The engine of transitions: one row of a table decides everything about one action.

A table lists what may be done with a case or a forum, by whom and when, what it changes and what
follows from it. The engine knows neither cases nor forums. It knows the row of the table
(`Transition`) and the actor in front of the stored row that is acted upon (`Access`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from storage import audit

Columns: TypeAlias = dict[str, Any]


class StoredRow(Protocol):
    """A stored row with a state."""

    @property
    def state(self) -> StrEnum:
        """Return the state, as it was read."""


Row = TypeVar("Row", bound=StoredRow)


class Access(Protocol[Row]):
    """An actor in front of the stored row that is acted upon, as it was read.

    `role` is the role of an officer, or `audit.RESIDENT`, or `audit.SYSTEM` for the clock.
    `actor_id` is the officer's id; None for residents and the clock.
    """

    @property
    def row(self) -> Row:
        """Return the row that is acted upon."""

    @property
    def role(self) -> str:
        """Return the role of the actor."""

    @property
    def actor_id(self) -> int | None:
        """Return the id of the officer who acts."""

    def may_act(self) -> bool:
        """Return True if the actor may do anything at all with this row."""

    def explain_not_allowed(self) -> Words:
        """Return the text that tells the actor that an action is not allowed now."""

    def explain_too_late(self) -> Words:
        """Return the text that tells the actor that somebody else changed the row meanwhile."""

    async def write_columns(self, work: UnitOfWork, columns: Columns) -> Row | None:
        """Write columns if the row has the version that was read; return None if it has not.

        The role of an officer is checked in the same statement.
        """

    def describe_change(self, after: Row) -> tuple[int | None, Mapping[str, Any]]:
        """Return the submission's id and the details of an audit entry: nothing that anybody wrote.

        `after` is the row after the action.
        """


AnyAccess = TypeVar("AnyAccess", bound=Access[Any])


def _is_always_met(_access: Any) -> bool:
    return True


@dataclass(frozen=True)
class Guard(Generic[AnyAccess]):
    """A condition of an action beside state and role; `description` stands in the documentation.

    Without `is_met` it only documents what the caller has checked, such as a query of due rows.
    """

    description: str
    is_met: Callable[[AnyAccess], bool] = _is_always_met


@dataclass(frozen=True, slots=True)
class Attempt(Generic[AnyAccess]):
    """An action that an actor asks for; `words` are the answers of its short conversation."""

    work: UnitOfWork
    access: AnyAccess
    words: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActionResult(Generic[AnyAccess]):
    """An action that was done: `action` by `access`, with the row `before` and `after` it."""

    work: UnitOfWork
    action: Transition[AnyAccess]
    access: AnyAccess
    words: Mapping[str, Any]
    before: Any
    after: Any


Changes: TypeAlias = Callable[[Attempt[AnyAccess]], Columns]
Check: TypeAlias = Callable[[Attempt[AnyAccess]], Awaitable[Columns]]
Effect: TypeAlias = Callable[[ActionResult[AnyAccess]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Transition(Generic[AnyAccess]):
    """A row of a table of actions.

    `to_state` None leaves the state as it is. `other_states` are those that `changes` may write
    instead. `actors` are the roles that may do it. `check` raises Refused for a choice that cannot
    be made, and returns the columns that depend on other stored rows. `changes` returns the other
    columns. `effects` run after the write, in the same transaction; they may raise Refused too.
    `recorded_as` is the action's name in the audit; empty means the prefix and the name. `public`
    actions are in the timeline that residents read.
    """

    prefix: ClassVar[str] = ""

    name: str
    from_states: frozenset[Any]
    to_state: StrEnum | None
    actors: frozenset[str]
    guard: Guard[AnyAccess] | None = None
    other_states: frozenset[Any] = frozenset()
    check: Check[AnyAccess] | None = None
    changes: Changes[AnyAccess] | None = None
    effects: Sequence[Effect[AnyAccess]] = field(default=())
    recorded_as: str = ""
    public: bool = False

    @property
    def audit_action(self) -> str:
        """Return the name of the action in the audit."""
        return self.recorded_as or f"{self.prefix}.{self.name}"

    def compute_columns(self, attempt: Attempt[AnyAccess]) -> Columns:
        """Return the columns that the action writes, the state among them."""
        columns: Columns = {"state": self.to_state or attempt.access.row.state}
        return columns | (self.changes(attempt) if self.changes else {})

    def list_effects(self) -> Sequence[Effect[AnyAccess]]:
        """Return what follows from the action, in order."""
        return self.effects


def is_allowed(action: Transition[AnyAccess], access: AnyAccess) -> bool:
    """Return True if the actor may do this with the row as it was read."""
    return (
        access.role in action.actors
        and access.row.state in action.from_states
        and access.may_act()
        and (action.guard is None or action.guard.is_met(access))
    )


async def perform(
    work: UnitOfWork,
    action: Transition[AnyAccess],
    access: AnyAccess,
    words: Mapping[str, Any],
) -> Any:
    """Do an action in the caller's transaction; return the row after it.

    The order is: check that it is allowed, check the choices, compute the columns, write them if
    nobody changed the row meanwhile, append the audit entry, run the effects.

    Raises Refused if the action is not allowed, if a choice cannot be made or if somebody else was
    first. The caller then rolls back, so nothing has changed.
    """
    if not is_allowed(action, access):
        raise Refused(access.explain_not_allowed())
    before, attempt = access.row, Attempt(work, access, words)
    checked = await action.check(attempt) if action.check else {}
    columns = action.compute_columns(attempt) | checked
    assert columns["state"] in {action.to_state or before.state, *action.other_states}, action.name
    after = await access.write_columns(work, columns)
    if after is None:
        raise Refused(access.explain_too_late())
    submission_id, details = access.describe_change(after)
    await audit.append_entry(
        work.connection,
        action.audit_action,
        work.now,
        role=access.role,
        actor_id=access.actor_id,
        submission_id=submission_id,
        details=details,
    )
    result = ActionResult(work, action, access, words, before, after)
    for effect in action.list_effects():
        await effect(result)
    return after


def compare_columns(before: Any, after: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return {"from": …, "to": …} with those of the named columns that differ, as JSON values."""
    old = {name: _to_json(getattr(before, name)) for name in names}
    new = {name: _to_json(getattr(after, name)) for name in names}
    changed = [name for name in names if old[name] != new[name]]
    return {
        "from": {name: old[name] for name in changed},
        "to": {name: new[name] for name in changed},
    }


def _to_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def draw_states(actions: Iterable[Transition[Any]], *beginnings: str) -> str:
    """Return a table of actions as a Mermaid diagram of states.

    `beginnings` are lines for what is not in the table, such as "[*] --> submitted: /newforum".
    """
    lines = ["stateDiagram-v2", *(f"    {line}" for line in beginnings)]
    for action in actions:
        targets = [] if action.to_state is None else [action.to_state]
        targets += sorted(action.other_states - {action.to_state})
        lines += [
            f"    {state} --> {target}: {action.name}"
            for state in sorted(action.from_states)
            for target in targets
        ]
    return "\n".join(lines)


def draw_table(
    actions: Iterable[Transition[Any]], columns: Mapping[str, Callable[[Any], str]]
) -> str:
    """Return a table of actions in Markdown: a header and the text of a cell for each column."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [
        f"| {' | '.join(describe(action) for describe in columns.values())} |" for action in actions
    ]
    return "\n".join(lines)
