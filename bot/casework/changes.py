"""What each action changes in a case: pure functions of what is there and of what was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework import submission_rules
from bot.casework.actions import NEW
from bot.feedback.followup_service import compute_resumption
from storage.models import Kind, State, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.casework.actions import CaseAccess, Transition
    from bot.core.policy import Policy

Columns = dict[str, Any]
FREE: Columns = {"state": State.RECEIVED, "assignee_id": None, "alerted_at": None}
_OVER = frozenset({State.ACKNOWLEDGED, State.REJECTED, State.DIVERTED, State.MERGED})


@dataclass(frozen=True, slots=True)
class _Given:
    """What an effect depends on."""

    at: CaseAccess
    now: datetime
    words: Mapping[str, Any]
    policy: Policy


def compute_changes(
    transition: Transition, at: CaseAccess, now: datetime, words: Mapping[str, Any], policy: Policy
) -> Columns:
    """The columns that an action writes."""
    case = at.case
    effect = _EFFECTS.get(transition.name)
    changed: Columns = {"state": transition.to or case.state}
    if effect is not None:
        changed |= effect(_Given(at, now, words, policy))
    if case.paused_at is not None and changed["state"] is not State.AWAITING_RESIDENT:
        changed = compute_resumption(case, now, policy) | changed
    if changed["state"] in _OVER:
        changed["closed_at"] = now
    if changed["state"] not in NEW:
        changed["acknowledge_by"] = None
    elif changed.get("assignee_id", case.assignee_id) != case.assignee_id:
        changed["acknowledge_by"] = policy.acknowledge_by(now, urgent=case.urgent)
        changed["escalation"] = 0
    return changed


def _taken_by_officer(given: _Given) -> Columns:
    return {"assignee_id": given.at.officer.id}


def _given_to_the_chosen(given: _Given) -> Columns:
    return {"assignee_id": int(given.words["officer"])}


def _sent_up(_given: _Given) -> Columns:
    return {**FREE, "handled_by": CITY}


def _sent_down(given: _Given) -> Columns:
    return {**FREE, "handled_by": given.words["area"], "unit_code": given.words["area"]}


def _paused(given: _Given) -> Columns:
    return {"paused_at": given.now}


def _answered(given: _Given) -> Columns:
    """An answer after a second look is rated anew; the audit keeps the first rating."""
    return {"answered_at": given.now, "rating": None, "rating_reason": None}


def _transferred(given: _Given) -> Columns:
    return {"transferred_to": given.words["body"], **_taken_by_officer(given)}


def _reclassified(given: _Given) -> Columns:
    """Another kind and topic: who handles it, until when, and who may read it follow from them.

    What was sent to the city for another reason stays there.
    """
    case = given.at.case
    kind, topics = Kind(given.words["kind"]), [Topic(given.words["topic"])]
    stays = submission_rules.stays_with_city(kind, topics)
    changed: Columns = {
        "kind": kind,
        "topics": [topic.value for topic in topics],
        "confidential": case.confidential or submission_rules.is_confidential(kind, case.identity),
    }
    if kind is not case.kind:
        changed["due_at"] = given.policy.due(kind, case.created_at)
    if stays and case.handled_by != CITY:
        changed |= {**FREE, "handled_by": CITY}
    return changed


def _extended(given: _Given) -> Columns:
    case = given.at.case
    due = given.policy.workdays.after(case.due_at, int(given.words["days"]))
    return {"due_at": due, "extensions": case.extensions + 1}


def _released_from_officer(given: _Given) -> Columns:
    return _released(given, given.at.officer.id)


def _released_from_the_chosen(given: _Given) -> Columns:
    return _released(given, int(given.words["officer"]))


def _released(given: _Given, kept_off: int | None) -> Columns:
    """Whoever is kept off a case has it no more; an answer that they proposed falls with it."""
    case, answer = given.at.case, given.at.answer
    is_theirs = case.assignee_id == kept_off
    proposed = case.state is State.ANSWER_PROPOSED and answer and answer.proposed_by == kept_off
    return dict(FREE) if is_theirs or proposed else {}


_EFFECTS: Mapping[str, Callable[[_Given], Columns]] = {
    "accept": _taken_by_officer,
    "acknowledge": _taken_by_officer,
    "assign": _given_to_the_chosen,
    "not_ours": _sent_up,
    "route": _sent_down,
    "ask": _paused,
    "approve": _answered,
    "transfer": _transferred,
    "reclassify": _reclassified,
    "extend": _extended,
    "recuse": _released_from_officer,
    "exclude": _released_from_the_chosen,
}
