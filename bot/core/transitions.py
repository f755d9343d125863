"""The engine of transitions: one row of a table defines one action on a case or a forum.

The row (`Transition`) has the states and roles that allow the action, the columns that it changes
and its effects. `Access` is an actor together with the stored case or forum that the actor works
on. The engine itself knows neither cases nor forums.
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

Columns: TypeAlias = dict[str, Any]  # values to write, by the name of the column


class StoredRow(Protocol):
    """A case or a forum as it was read from the database: it has a state."""

    @property
    def state(self) -> StrEnum:
        """Return the state of the case or the forum."""


Row = TypeVar("Row", bound=StoredRow)


class Access(Protocol[Row]):
    """An actor, and the stored row (a case or a forum) on which the actor performs an action.

    The actor is an officer, a resident or the clock: the scheduled jobs.
    """

    @property
    def row(self) -> Row:
        """Return the case or the forum, as it was read."""

    @property
    def role(self) -> str:
        """Return an officer's role, `audit.RESIDENT`, or `audit.SYSTEM` for the clock."""

    @property
    def actor_id(self) -> int | None:
        """Return the officer's id; None for residents and the clock."""

    def may_act(self) -> bool:
        """Return False if the actor may perform no action on this row at all."""

    def explain_not_allowed(self) -> Words:
        """Return the text that tells the actor that an action is not allowed now."""

    def explain_too_late(self) -> Words:
        """Return the text that tells the actor that somebody else changed the row first."""

    async def write_columns(self, work: UnitOfWork, columns: Columns) -> Row | None:
        """Write columns; return the new row, or None if the row was changed since it was read.

        The same statement checks that the officer still has the role.
        """

    def describe_change(self, after: Row) -> tuple[int | None, Mapping[str, Any]]:
        """Return the submission's id, if there is one, and the details of the audit entry.

        `after` is the row after the action. The details never have a text that a person wrote.
        """


AnyAccess = TypeVar("AnyAccess", bound=Access[Any])


def _is_always_met(_access: Any) -> bool:
    return True


@dataclass(frozen=True)
class Guard(Generic[AnyAccess]):
    """A further condition of an action, besides state and role.

    `description` is printed in the documentation. Without `is_met` the guard only documents a
    condition that the caller has checked.
    """

    description: str
    is_met: Callable[[AnyAccess], bool] = _is_always_met


@dataclass(frozen=True, slots=True)
class Attempt(Generic[AnyAccess]):
    """An action that is about to be performed.

    `answers` are the answers of the short conversation that asked for its values, by step.
    """

    work: UnitOfWork
    access: AnyAccess
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActionResult(Generic[AnyAccess]):
    """An action that was performed: `action` by `access`, and the row `before` and `after` it."""

    work: UnitOfWork
    action: Transition[AnyAccess]
    access: AnyAccess
    answers: Mapping[str, Any]
    before: Any
    after: Any


# The functions of an action; the docstring of Transition describes them.
Changes: TypeAlias = Callable[[Attempt[AnyAccess]], Columns]
Check: TypeAlias = Callable[[Attempt[AnyAccess]], Awaitable[Columns]]
Effect: TypeAlias = Callable[[ActionResult[AnyAccess]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Transition(Generic[AnyAccess]):
    """A row of a table of actions: an action that leads from `from_states` to `to_state`.

    `to_state` None leaves the state as it is. `other_states` are those that `changes` may write
    instead. `actors` are the roles that may perform it. `check` raises Refused for an answer that
    is not valid any more, and returns the columns that depend on other stored rows. `changes`
    returns the other columns. `effects` run after the write, in the same transaction; they may
    raise Refused too. `recorded_as` is the action's name in the audit log; empty means the prefix
    and the name. `recorded_answers` are the names of answers that are in the audit entry, such as
    an officer's id; never words that a person wrote. `public` actions are in the timeline that
    residents read.
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
    recorded_answers: tuple[str, ...] = ()
    public: bool = False

    @property
    def audit_action(self) -> str:
        """Return the name of the action in the audit log."""
        return self.recorded_as or f"{self.prefix}.{self.name}"

    def compute_columns(self, attempt: Attempt[AnyAccess]) -> Columns:
        """Return the columns that the action writes, with the state, without those of `check`."""
        columns: Columns = {"state": self.to_state or attempt.access.row.state}
        return columns | (self.changes(attempt) if self.changes else {})

    def list_effects(self) -> Sequence[Effect[AnyAccess]]:
        """Return the functions to call after the write, in order."""
        return self.effects


def is_allowed(action: Transition[AnyAccess], access: AnyAccess) -> bool:
    """Return True if the actor may perform the action on the row as it was read."""
    return (
        access.role in action.actors
        and access.row.state in action.from_states
        and access.may_act()
        and (action.guard is None or action.guard.is_met(access))
    )


async def perform_transition(
    work: UnitOfWork,
    action: Transition[AnyAccess],
    access: AnyAccess,
    answers: Mapping[str, Any],
) -> Any:
    """Perform an action in the caller's transaction; return the row after it.

    The order is: check that it is allowed, check the choices, compute the columns, write them if
    nobody changed the row meanwhile, append the audit entry, run the effects.

    Raises Refused if the action is not allowed, if an answer is not valid any more or if somebody
    else changed the row first. The caller then rolls back, so nothing has changed.
    """
    if not is_allowed(action, access):
        raise Refused(access.explain_not_allowed())
    before, attempt = access.row, Attempt(work, access, answers)
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
        details={**details, **{name: answers[name] for name in action.recorded_answers}},
    )
    result = ActionResult(work, action, access, answers, before, after)
    for effect in action.list_effects():
        await effect(result)
    return after


def compare_columns(before: Any, after: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return {"from": …, "to": …}: the old and new JSON values of the named columns that differ."""
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
    """Return a table of actions in Markdown.

    `columns` has the header of each column, and the function that returns an action's cell in it.
    """
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [
        f"| {' | '.join(describe(action) for describe in columns.values())} |" for action in actions
    ]
    return "\n".join(lines)
