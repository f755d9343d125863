"""The table of actions on cases: each constant is a row that defines one action of officers.

Officers' buttons and short conversations, the timeline of residents, the audit log,
docs/casework.md and several tests are derived from the rows. The rows of bans are in
ban_actions.py, those of residents in resident_actions.py, the automatic ones in clock_actions.py;
`ACTIONS` has them all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.casework import action_effects, changes, choices, flows, guards, recipients, side_effects
from bot.casework.ban_actions import BAN_ACTIONS
from bot.casework.case_access import CaseAccess
from bot.casework.case_action import CaseAction
from bot.casework.clock_actions import CLOCK_ACTIONS
from bot.casework.permissions import CASE_WORKER_ROLES, DISTRIBUTORS, LEADER_ROLES
from bot.casework.resident_actions import RESIDENT_ACTIONS
from bot.casework.side_effects import (
    AlertChange,
    OfficerNotice,
    RemarkFields,
    ResidentNotice,
    get_answer,
)
from bot.casework.submission_rules import ACCEPTED, NEW, OPEN, PROPOSED, WORKED
from bot.core.transitions import Guard, Transition
from storage.models import RemarkKind, Role, State

_PLANNERS = frozenset({Role.ORGANISER, Role.APPROVER, Role.COORDINATOR})
_NOTE = RemarkKind.NOTE

ACCEPT = CaseAction[CaseAccess](
    name="accept",
    actors=CASE_WORKER_ROLES,
    from_states=NEW,
    to_state=State.IN_PROGRESS,
    changes=changes.take_case,
    resident_notice=ResidentNotice(),
    alerts=AlertChange("alert.taken"),
    public=True,
)
ACKNOWLEDGE = CaseAction[CaseAccess](
    name="acknowledge",
    actors=CASE_WORKER_ROLES,
    from_states=NEW,
    to_state=State.ACKNOWLEDGED,
    guard=guards.PRAISE,
    changes=changes.take_case,
    resident_notice=ResidentNotice(),
    officer_notice=OfficerNotice("alert.acknowledge", recipients.list_unit),
    public=True,
)
ASK = CaseAction[CaseAccess](
    name="ask",
    actors=CASE_WORKER_ROLES,
    from_states=WORKED,
    to_state=State.AWAITING_RESIDENT,
    guard=guards.ASSIGNEE_OF_A_RESIDENT,
    flow=flows.ASK_FLOW,
    changes=changes.pause_case,
    remark=RemarkFields(RemarkKind.QUESTION, ("question",)),
    resident_notice=ResidentNotice(buttons=("reply",)),
    public=True,
)
PROPOSE = CaseAction[CaseAccess](
    name="propose",
    actors=CASE_WORKER_ROLES,
    from_states=ACCEPTED,
    to_state=State.ANSWER_PROPOSED,
    guard=guards.ASSIGNEE,
    flow=flows.PROPOSE_FLOW,
    load_choices=choices.offer_templates,
    effects=(action_effects.store_proposal,),
    officer_notice=OfficerNotice("alert.propose", recipients.list_approvers),
)
APPROVE = CaseAction[CaseAccess](
    name="approve",
    actors=LEADER_ROLES,
    from_states=PROPOSED,
    to_state=State.ANSWERED,
    guard=guards.SECOND_PERSON,
    changes=changes.answer_case,
    effects=(action_effects.approve_answer,),
    resident_notice=ResidentNotice(("rating",), reaches_merged=True, get_params=get_answer),
    officer_notice=OfficerNotice("alert.approve", recipients.list_current_assignees),
    public=True,
)
SEND_BACK = CaseAction[CaseAccess](
    name="send_back",
    actors=LEADER_ROLES,
    from_states=PROPOSED,
    to_state=State.IN_PROGRESS,
    guard=guards.SECOND_PERSON,
    flow=flows.SEND_BACK_FLOW,
    remark=RemarkFields(_NOTE, ("reason",)),
    officer_notice=OfficerNotice("alert.send_back", recipients.list_current_assignees),
)
ASSIGN = CaseAction[CaseAccess](
    name="assign",
    actors=DISTRIBUTORS,
    from_states=NEW | ACCEPTED,
    to_state=State.ASSIGNED,
    flow=flows.ASSIGN_FLOW,
    load_choices=choices.offer_workers,
    check=choices.check_worker,
    changes=changes.assign_to_chosen,
    alerts=AlertChange(always=True),
    officer_notice=OfficerNotice("alert.assigned", recipients.list_assignees, is_alert=True),
)
ROUTE = CaseAction[CaseAccess](
    name="route",
    actors=DISTRIBUTORS,
    from_states=NEW,
    to_state=State.RECEIVED,
    guard=guards.MAY_LEAVE_THE_CITY,
    flow=flows.ROUTE_FLOW,
    check=choices.check_unit,
    changes=changes.send_to_unit,
    resident_notice=ResidentNotice(),
    public=True,
)
NOT_OURS = CaseAction[CaseAccess](
    name="not_ours",
    actors=CASE_WORKER_ROLES,
    from_states=NEW,
    to_state=State.RECEIVED,
    guard=guards.OF_A_UNIT,
    flow=flows.NOT_OURS_FLOW,
    changes=changes.send_to_city,
    remark=RemarkFields(_NOTE, ("reason",)),
)
TRANSFER = CaseAction[CaseAccess](
    name="transfer",
    actors=CASE_WORKER_ROLES,
    from_states=NEW | WORKED,
    to_state=State.TRANSFERRED,
    guard=guards.MAY_TRANSFER,
    flow=flows.TRANSFER_FLOW,
    changes=changes.transfer_case,
    remark=RemarkFields(_NOTE, ("body", "contact")),
    resident_notice=ResidentNotice(reaches_merged=True),
    public=True,
)
NOTE = CaseAction[CaseAccess](
    name="note",
    actors=CASE_WORKER_ROLES,
    from_states=frozenset(State),
    to_state=None,
    flow=flows.NOTE_FLOW,
    remark=RemarkFields(_NOTE, ("text",)),
)
MERGE = CaseAction[CaseAccess](
    name="merge",
    actors=CASE_WORKER_ROLES,
    from_states=NEW | ACCEPTED,
    to_state=State.MERGED,
    guard=guards.NOT_ANOTHERS,
    flow=flows.MERGE_FLOW,
    load_choices=choices.offer_similar_cases,
    check=choices.lock_merge_target,
    effects=(action_effects.move_merged_cases, side_effects.announce_merge),
    resident_notice=ResidentNotice(),
    public=True,
    is_rare=True,
)
RECLASSIFY = CaseAction[CaseAccess](
    name="reclassify",
    actors=CASE_WORKER_ROLES,
    from_states=NEW | ACCEPTED,
    to_state=None,
    other_states=frozenset({State.RECEIVED}),
    guard=guards.NOT_ANOTHERS,
    flow=flows.RECLASSIFY_FLOW,
    changes=changes.reclassify_case,
    is_rare=True,
)
EXTEND = CaseAction[CaseAccess](
    name="extend",
    actors=LEADER_ROLES,
    from_states=OPEN,
    to_state=None,
    guard=guards.EXTENSIBLE,
    flow=flows.EXTEND_FLOW,
    changes=changes.extend_deadline,
    remark=RemarkFields(_NOTE, ("reason",)),
    resident_notice=ResidentNotice(reaches_merged=True),
    public=True,
    is_rare=True,
)
DIVERT = CaseAction[CaseAccess](
    name="divert",
    actors=DISTRIBUTORS,
    from_states=NEW | ACCEPTED,
    to_state=State.DIVERTED,
    guard=guards.MAY_DIVERT,
    flow=flows.DIVERT_FLOW,
    remark=RemarkFields(_NOTE, ("place",)),
    effects=(action_effects.free_merged_cases,),
    resident_notice=ResidentNotice(),
    public=True,
    is_rare=True,
)
REJECT = CaseAction[CaseAccess](
    name="reject",
    actors=LEADER_ROLES,
    from_states=NEW | ACCEPTED,
    to_state=State.REJECTED,
    guard=guards.NO_CRIME_REPORT,
    flow=flows.REJECT_FLOW,
    remark=RemarkFields(_NOTE, ("reason",)),
    effects=(action_effects.free_merged_cases,),
    resident_notice=ResidentNotice(),
    public=True,
    is_rare=True,
)
RECUSE = CaseAction[CaseAccess](
    name="recuse",
    actors=CASE_WORKER_ROLES,
    from_states=NEW | ACCEPTED,
    to_state=None,
    other_states=frozenset({State.RECEIVED}),
    flow=flows.RECUSE_FLOW,
    changes=changes.recuse_officer,
    remark=RemarkFields(_NOTE, ("reason",)),
    effects=(action_effects.keep_officer_off,),
    is_rare=True,
)
EXCLUDE = CaseAction[CaseAccess](
    name="exclude",
    actors=DISTRIBUTORS,
    from_states=OPEN,
    to_state=None,
    other_states=frozenset({State.RECEIVED}),
    guard=guards.NOT_ABOVE,
    flow=flows.EXCLUDE_FLOW,
    load_choices=choices.offer_readers,
    check=choices.check_reader,
    changes=changes.exclude_chosen,
    effects=(action_effects.keep_chosen_off,),
    recorded_answers=("officer",),
    is_rare=True,
)
READMIT = CaseAction[CaseAccess](
    name="readmit",
    actors=LEADER_ROLES,
    from_states=frozenset(State),
    to_state=None,
    guard=guards.EXCLUDED,
    flow=flows.READMIT_FLOW,
    load_choices=choices.offer_excluded,
    check=choices.check_excluded,
    effects=(action_effects.readmit_chosen,),
    recorded_answers=("officer",),
    is_rare=True,
)

REVEAL_PHONE = CaseAction[CaseAccess](
    name="reveal_phone",
    actors=LEADER_ROLES,
    from_states=OPEN,
    to_state=None,
    guard=guards.HIDDEN_PHONE,
    public=True,
    is_rare=True,
    reveals_phone=True,
)

# The rows of officers, in the order of their buttons.
OFFICER_ACTIONS: tuple[CaseAction[CaseAccess], ...] = (
    ACCEPT,
    ACKNOWLEDGE,
    ASK,
    PROPOSE,
    APPROVE,
    SEND_BACK,
    ASSIGN,
    ROUTE,
    NOT_OURS,
    TRANSFER,
    NOTE,
    MERGE,
    RECLASSIFY,
    EXTEND,
    DIVERT,
    REJECT,
    RECUSE,
    EXCLUDE,
    READMIT,
    REVEAL_PHONE,
    *BAN_ACTIONS,
)

# The row of an answer given in the session of a forum, by an officer who holds the forum.
PROPOSE_ANSWER_AT_FORUM = replace(
    PROPOSE,
    name="propose_in_hall",
    actors=_PLANNERS,
    from_states=NEW | ACCEPTED,
    guard=Guard[CaseAccess]("an officer who holds the forum"),
    flow=None,
    load_choices=None,
    changes=changes.propose_in_hall,
    recorded_as=PROPOSE.audit_action,
)

# All rows: of officers, residents and the clock.
ACTIONS: tuple[Transition[Any], ...] = (
    *OFFICER_ACTIONS,
    PROPOSE_ANSWER_AT_FORUM,
    *RESIDENT_ACTIONS,
    *CLOCK_ACTIONS,
)
ACTIONS_BY_NAME = {action.name: action for action in OFFICER_ACTIONS}
