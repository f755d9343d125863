"""The actions of officers on a ban: rows of the table of actions on cases.

A ban belongs to the case for which it was proposed. So what an officer sees of it, and may do with
it, depends on this case alone. The intake applies it to the person, under every pseudonym.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.casework import flows, recipients
from bot.casework.case_access import CaseAccess
from bot.casework.case_action import CaseAction
from bot.casework.permissions import CASE_WORKER_ROLES, LEADER_ROLES, is_city_leader
from bot.casework.side_effects import OfficerNotice, ResidentNotice
from bot.casework.submission_rules import is_always_taken
from bot.core.transitions import ActionResult, Guard
from bot.notifications.summaries import describe_ban_scope
from storage import bans
from storage.models import BanState, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Param
    from storage.models import ResidentBan

_ANY_STATE = frozenset(State)


# Guards


def _may_be_grounds(access: CaseAccess) -> bool:
    """Return True unless the case is, or may have been, one that must be taken in any case.

    A reclassified case has a former lane: its resident gave it as something else.
    """
    case = access.case
    return case.former_lane is None and not is_always_taken(
        case.kind, case.topics, case.identity, urgent=case.urgent
    )


def _may_propose(access: CaseAccess) -> bool:
    return access.ban is None and access.case.resident_id is not None and _may_be_grounds(access)


def _is_proposed(access: CaseAccess) -> bool:
    return access.ban is not None and access.ban.state is BanState.PROPOSED


def _is_in_force(access: CaseAccess) -> bool:
    return access.ban is not None and access.ban.state is BanState.IN_FORCE


def _did_not_propose(access: CaseAccess) -> bool:
    return access.ban is not None and access.ban.proposed_by != access.officer.id


def _may_lift(access: CaseAccess) -> bool:
    is_everywhere = access.ban is not None and access.ban.unit_code is None
    return _is_in_force(access) and (not is_everywhere or is_city_leader(access.officer))


def _may_keep(access: CaseAccess) -> bool:
    ban, officer = access.ban, access.officer
    return (
        ban is not None
        and _is_in_force(access)
        and _may_be_grounds(access)
        and is_city_leader(officer)
        and ban.appealed_at is not None
        and ban.kept_at is None
        and officer.id not in (ban.proposed_by, ban.decided_by)
    )


PROPOSABLE = Guard(
    "the resident is known and has no ban for it; never for a complaint, a denunciation, a crime"
    " report, the conduct of officers, danger, or a reclassified case",
    _may_propose,
)
SECOND_PERSON = Guard[CaseAccess](
    "a ban is proposed, by another officer, for a case that may be its reason",
    lambda access: _is_proposed(access) and _did_not_propose(access) and _may_be_grounds(access),
)
SECOND_PERSON_OF_CITY = Guard[CaseAccess](
    "a ban is proposed, by another officer; only in the city's unit",
    lambda access: SECOND_PERSON.is_met(access) and is_city_leader(access.officer),
)
PROPOSED = Guard("a ban is proposed", _is_proposed)
LIFTABLE = Guard("a ban is in force; of a ban by all units only the city", _may_lift)
APPEALED = Guard(
    "the resident appealed; an officer of the city who neither proposed nor confirmed it", _may_keep
)


# Effects


def _get_ban(result: ActionResult[CaseAccess]) -> ResidentBan:
    assert result.access.ban is not None
    return result.access.ban


async def store_proposal(result: ActionResult[CaseAccess]) -> None:
    """Store a proposed ban."""
    values = {
        "submission_id": result.after.id,
        "days": int(result.answers["days"]),
        "reason": result.answers["reason"],
        "proposed_by": result.access.officer.id,
        "proposed_at": result.work.now,
    }
    await bans.add_ban(result.work.connection, values)


async def confirm_for_unit(result: ActionResult[CaseAccess]) -> None:
    """Put a ban into force for the unit that handles the case."""
    await _decide(result, BanState.IN_FORCE, unit_code=result.after.handled_by)


async def confirm_everywhere(result: ActionResult[CaseAccess]) -> None:
    """Put a ban into force for all units."""
    await _decide(result, BanState.IN_FORCE, unit_code=None)


async def refuse_proposal(result: ActionResult[CaseAccess]) -> None:
    """Refuse a proposed ban."""
    await _decide(result, BanState.REFUSED)


async def _decide(result: ActionResult[CaseAccess], state: BanState, **values: Any) -> None:
    ban, work = _get_ban(result), result.work
    until = work.now + timedelta(days=ban.days) if state is BanState.IN_FORCE else None
    by = {"decided_by": result.access.officer.id, "decided_at": work.now}
    await bans.update_ban(work.connection, ban.id, state=state, until=until, **by, **values)


async def lift_ban(result: ActionResult[CaseAccess]) -> None:
    """End a ban before its time."""
    by = {"ended_by": result.access.officer.id, "ended_at": result.work.now}
    await bans.update_ban(result.work.connection, _get_ban(result).id, state=BanState.LIFTED, **by)


async def keep_after_appeal(result: ActionResult[CaseAccess]) -> None:
    """Store that the city keeps a ban after the resident's appeal."""
    by = {"kept_by": result.access.officer.id, "kept_at": result.work.now}
    await bans.update_ban(result.work.connection, _get_ban(result).id, **by)


# Notices


def _describe_for_unit(result: ActionResult[CaseAccess]) -> Mapping[str, Param]:
    return _describe_decision(result, result.after.handled_by)


def _describe_everywhere(result: ActionResult[CaseAccess]) -> Mapping[str, Param]:
    return _describe_decision(result, None)


def _describe_decision(
    result: ActionResult[CaseAccess], unit_code: str | None
) -> Mapping[str, Param]:
    ban = _get_ban(result)
    until = result.work.now + timedelta(days=ban.days)
    return {"scope": describe_ban_scope(unit_code), "until": until, "reason": ban.reason}


def _describe_present(result: ActionResult[CaseAccess]) -> Mapping[str, Param]:
    ban = _get_ban(result)
    return {
        "scope": describe_ban_scope(ban.unit_code),
        "until": ban.until or "–",
        "reason": ban.reason,
    }


# Rows

BAN = CaseAction[CaseAccess](
    name="ban",
    actors=CASE_WORKER_ROLES,
    from_states=_ANY_STATE,
    to_state=None,
    guard=PROPOSABLE,
    flow=flows.BAN_FLOW,
    effects=(store_proposal,),
    recorded_answers=("days",),
    officer_notice=OfficerNotice("alert.ban", recipients.list_approvers),
    is_rare=True,
)
CONFIRM_BAN = CaseAction[CaseAccess](
    name="confirm_ban",
    actors=LEADER_ROLES,
    from_states=_ANY_STATE,
    to_state=None,
    guard=SECOND_PERSON,
    effects=(confirm_for_unit,),
    resident_notice=ResidentNotice(("ban_appeal",), get_params=_describe_for_unit),
    public=True,
    is_rare=True,
)
CONFIRM_BAN_EVERYWHERE = CaseAction[CaseAccess](
    name="confirm_ban_everywhere",
    actors=LEADER_ROLES,
    from_states=_ANY_STATE,
    to_state=None,
    guard=SECOND_PERSON_OF_CITY,
    effects=(confirm_everywhere,),
    resident_notice=ResidentNotice(("ban_appeal",), get_params=_describe_everywhere),
    public=True,
    is_rare=True,
)
REFUSE_BAN = CaseAction[CaseAccess](
    name="refuse_ban",
    actors=LEADER_ROLES,
    from_states=_ANY_STATE,
    to_state=None,
    guard=PROPOSED,
    effects=(refuse_proposal,),
    is_rare=True,
)
UNBAN = CaseAction[CaseAccess](
    name="unban",
    actors=LEADER_ROLES,
    from_states=_ANY_STATE,
    to_state=None,
    guard=LIFTABLE,
    effects=(lift_ban,),
    resident_notice=ResidentNotice(get_params=_describe_present),
    public=True,
    is_rare=True,
)
KEEP_BAN = CaseAction[CaseAccess](
    name="keep_ban",
    actors=LEADER_ROLES,
    from_states=_ANY_STATE,
    to_state=None,
    guard=APPEALED,
    effects=(keep_after_appeal,),
    resident_notice=ResidentNotice(get_params=_describe_present),
    public=True,
    is_rare=True,
)

BAN_ACTIONS = (BAN, CONFIRM_BAN, CONFIRM_BAN_EVERYWHERE, REFUSE_BAN, UNBAN, KEEP_BAN)
