"""The actions of residents on their own submissions: each is a row of the table of actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.casework import action_effects, changes, recipients, resident_flows, resident_identity
from bot.casework.case_access import ResidentAccess
from bot.casework.case_action import CaseAction
from bot.casework.side_effects import OfficerNotice, RemarkFields
from bot.casework.submission_rules import (
    ADDABLE,
    ANSWERED,
    NOT_SATISFIED,
    WITHDRAWABLE,
    get_answered_at,
    may_be_rated,
    may_be_reopened,
)
from bot.core.transitions import Guard, is_allowed, perform_transition
from storage import audit, bans
from storage.models import BanState, Identity, RemarkKind, State

if TYPE_CHECKING:
    from bot.core.transitions import ActionResult

_RESIDENT = frozenset({audit.RESIDENT})

MAY_RATE = Guard[ResidentAccess](
    "it is answered and not rated", lambda access: may_be_rated(access.case, access.main)
)
MAY_REOPEN = Guard[ResidentAccess](
    "once, within `deadlines.reopen_days` of the answer",
    lambda access: may_be_reopened(access.case, access.main, access.now, access.reopen_within),
)
NOT_ANSWERED = Guard[ResidentAccess](
    "it is not answered yet, itself or with its main case",
    lambda access: get_answered_at(access.case, access.main) is None,
)
URGENT_NOT_ANSWERED = Guard[ResidentAccess](
    "it is urgent, and not answered yet, itself or with its main case",
    lambda access: access.case.urgent and NOT_ANSWERED.is_met(access),
)
# The states of a submission that may have an answer: of its own or of the case it was merged with.
_ANSWERABLE = ANSWERED | {State.MERGED}
MAY_HIDE_NAME = Guard[ResidentAccess](
    "it is not unnamed, and not answered yet, itself or with its main case",
    lambda access: access.case.identity is not Identity.UNNAMED and NOT_ANSWERED.is_met(access),
)
MAY_HIDE_PHONE = Guard[ResidentAccess](
    "it has a phone number, and is not answered yet, itself or with its main case",
    lambda access: access.case.phone is not None and NOT_ANSWERED.is_met(access),
)

REOPEN = CaseAction[ResidentAccess](
    name="reopen",
    button="reopening",
    recorded_as="submission.reopened",
    actors=_RESIDENT,
    from_states=_ANSWERABLE,
    to_state=State.ASSIGNED,
    other_states=frozenset({State.RECEIVED}),
    guard=MAY_REOPEN,
    flow=resident_flows.REOPENING_FLOW,
    changes=changes.reopen_case,
    remark=RemarkFields(RemarkKind.ADDITION, ("reason",)),
    officer_notice=OfficerNotice("alert.reopened", recipients.list_responsible_officers),
    public=True,
    needs_consent=True,
    is_limited=True,
)


async def _reopen_if_asked(result: ActionResult[ResidentAccess]) -> None:
    """Reopen the case if the resident asked for it with the rating, and still may."""
    again = replace(result.access, case=result.after)
    if result.answers.get("again") == "yes" and is_allowed(REOPEN, again):
        await perform_transition(
            result.work, REOPEN, again, {"reason": result.answers.get("reason")}
        )


RATE = CaseAction[ResidentAccess](
    name="rate",
    button="rating",
    recorded_as="submission.rated",
    actors=_RESIDENT,
    from_states=_ANSWERABLE,
    to_state=None,
    guard=MAY_RATE,
    flow=resident_flows.RATING_FLOW,
    changes=changes.rate_answer,
    effects=(_reopen_if_asked,),
    public=True,
    needs_consent=True,
)
# The score is stored when it is pressed. What a dissatisfied resident says more is added to it.
EXPLAIN_RATING = CaseAction[ResidentAccess](
    name="explain_rating",
    button="rating",
    recorded_as="submission.rating_explained",
    actors=_RESIDENT,
    from_states=_ANSWERABLE,
    to_state=None,
    guard=Guard[ResidentAccess](
        "the answer was rated as not satisfying",
        lambda access: access.case.rating == NOT_SATISFIED,
    ),
    has_button=False,
    flow=resident_flows.RATING_FLOW,
    changes=changes.explain_rating,
    effects=(_reopen_if_asked,),
    needs_consent=True,
)
ADD = CaseAction[ResidentAccess](
    name="add",
    button="addition",
    recorded_as="submission.added_to",
    actors=_RESIDENT,
    from_states=ADDABLE,
    to_state=None,
    guard=NOT_ANSWERED,
    flow=resident_flows.ADDITION_FLOW,
    changes=changes.add_searched_text,
    effects=(action_effects.store_addition,),
    officer_notice=OfficerNotice("alert.added", recipients.list_responsible_officers),
    public=True,
    needs_consent=True,
    is_limited=True,
)
REPLY = CaseAction[ResidentAccess](
    name="reply",
    button="reply",
    recorded_as="submission.replied",
    actors=_RESIDENT,
    from_states=frozenset({State.AWAITING_RESIDENT}),
    to_state=State.IN_PROGRESS,
    other_states=frozenset({State.RECEIVED}),
    flow=resident_flows.REPLY_FLOW,
    has_button=False,
    changes=changes.reply_to_question,
    effects=(action_effects.store_reply,),
    officer_notice=OfficerNotice("alert.replied", recipients.list_responsible_officers),
    public=True,
    needs_consent=True,
    is_limited=True,
)
# The row of a reply that comes when the case does not wait for it any more.
REPLY_LATE = replace(
    REPLY,
    name="reply_late",
    guard=NOT_ANSWERED,
    from_states=ADDABLE - REPLY.from_states,
    to_state=None,
    other_states=frozenset(),
    changes=changes.add_searched_text,
)
# A message that was submitted already is edited: both versions are kept.
CORRECT = CaseAction[ResidentAccess](
    name="correct",
    recorded_as="submission.corrected",
    actors=_RESIDENT,
    from_states=ADDABLE,
    to_state=None,
    has_button=False,
    changes=changes.add_correction,
    effects=(action_effects.store_correction,),
    officer_notice=OfficerNotice("alert.corrected", recipients.list_responsible_officers),
    public=True,
    needs_consent=True,
    is_limited=True,
)
# A file of an album whose other files are part of the submission, or of what was added to it.
ADD_FILE = replace(
    ADD,
    name="add_file",
    has_button=False,
    flow=None,
    changes=None,
    effects=(action_effects.store_late_file,),
)
# What follows an urgent report: its resident may not have consented to anything yet, and it must
# not wait.
ADD_TO_URGENT = replace(
    ADD,
    name="add_to_urgent",
    has_button=False,
    flow=None,
    guard=URGENT_NOT_ANSWERED,
    needs_consent=False,
    is_limited=False,
)
WITHDRAW = CaseAction[ResidentAccess](
    name="withdraw",
    recorded_as="submission.withdrawn",
    actors=_RESIDENT,
    from_states=WITHDRAWABLE,
    to_state=State.WITHDRAWN,
    guard=NOT_ANSWERED,
    changes=changes.leave_main_case,
    effects=(action_effects.free_merged_cases,),
    officer_notice=OfficerNotice("alert.withdrawn", recipients.list_responsible_officers),
    public=True,
    is_rare=True,
)

HIDE_NAME = CaseAction[ResidentAccess](
    name="hide_name",
    recorded_as="submission.unnamed",
    actors=_RESIDENT,
    from_states=WITHDRAWABLE,
    to_state=None,
    guard=MAY_HIDE_NAME,
    check=resident_identity.hide_resident,
    effects=(resident_identity.readdress_messages,),
    officer_notice=OfficerNotice("alert.unnamed", recipients.list_responsible_officers),
    public=True,
    is_rare=True,
)
HIDE_PHONE = CaseAction[ResidentAccess](
    name="hide_phone",
    recorded_as="submission.phone_removed",
    actors=_RESIDENT,
    from_states=WITHDRAWABLE,
    to_state=None,
    guard=MAY_HIDE_PHONE,
    changes=resident_identity.remove_phone,
    officer_notice=OfficerNotice("alert.phone_removed", recipients.list_responsible_officers),
    public=True,
    is_rare=True,
)

MAY_APPEAL = Guard[ResidentAccess](
    "a ban is in force for it, and was not appealed",
    lambda access: (
        access.ban is not None
        and access.ban.state is BanState.IN_FORCE
        and access.ban.appealed_at is None
    ),
)


async def _store_appeal(result: ActionResult[ResidentAccess]) -> None:
    assert result.access.ban is not None
    await bans.update_ban(
        result.work.connection,
        result.access.ban.id,
        appeal=result.answers["reason"],
        appealed_at=result.work.now,
    )


APPEAL_BAN = CaseAction[ResidentAccess](
    name="appeal_ban",
    button="ban_appeal",
    recorded_as="submission.ban_appealed",
    actors=_RESIDENT,
    from_states=frozenset(State),
    to_state=None,
    guard=MAY_APPEAL,
    flow=resident_flows.BAN_APPEAL_FLOW,
    effects=(_store_appeal,),
    officer_notice=OfficerNotice("alert.ban_appealed", recipients.list_city_leaders),
    public=True,
)

# The flow that answers a notice to the resident, by the kind of the notice.
ASKED_FLOW = {"ask": resident_flows.REPLY_FLOW.name}

RESIDENT_ACTIONS: tuple[CaseAction[ResidentAccess], ...] = (
    RATE,
    EXPLAIN_RATING,
    REOPEN,
    ADD,
    REPLY,
    REPLY_LATE,
    CORRECT,
    HIDE_PHONE,
    HIDE_NAME,
    ADD_FILE,
    ADD_TO_URGENT,
    WITHDRAW,
    APPEAL_BAN,
)

# The conversations in which residents write what officers read.
CONVERSATIONS = frozenset({"feedback", *(each.flow.name for each in RESIDENT_ACTIONS if each.flow)})
