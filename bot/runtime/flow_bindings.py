"""The table of flows (guided conversations), with the functions that begin and finish each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.casework import absences, action_service, templates
from bot.casework.actions import OFFICER_ACTIONS
from bot.casework.addition_limits import begin_follow_up
from bot.casework.flows import AWAY_FLOW, TEMPLATE_FLOW
from bot.casework.resident_actions import RESIDENT_ACTIONS
from bot.casework.resident_flows import describe_cancelled
from bot.conversation.bindings import FinishFlow, FlowBinding
from bot.feedback import intake_service, urgent_service
from bot.feedback.intake_flow import FEEDBACK_FLOW
from bot.feedback.urgent_flow import REPORT, URGENT_FLOW
from bot.forums.attendance import registration as attendance
from bot.forums.attendance.flow import REGISTRATION_FLOW
from bot.forums.planning import action_service as planning
from bot.forums.planning.actions import ACTIONS as FORUM_ACTIONS
from bot.forums.planning.flow import NEWFORUM_FLOW
from bot.forums.session import oral_submissions, submission_outcomes
from bot.forums.session.flow import CLAIM_FLOW, HALL_ANSWER_FLOW, ORAL_SUBMISSION_FLOW
from bot.forums.subscriptions import service as subscriptions
from bot.forums.subscriptions.flow import SUBSCRIPTION_FLOW
from bot.privacy import data_requests
from bot.privacy.correction_flow import CORRECTION_FLOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat
    from bot.core.unit_of_work import UnitOfWork

# Performs the action called NAME: (work, chat id, name, code of the case or
# forum, answers).
PerformAction = Callable[["UnitOfWork", int, str, str, "Mapping[str, Any]"], Awaitable[object]]

# The draft of a resident who refuses the privacy notice is deleted.
_REFUSED = frozenset({"refused"})
_CONSENT = {"consent": intake_service.record_consent}


def _finish_with(perform_action: PerformAction, name: str) -> FinishFlow:
    """Return a function that performs an action with the answers of its conversation."""

    async def finish(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
        await perform_action(work, chat.id, name, answers["@code"], answers)

    return finish


FLOW_BINDINGS = (
    FlowBinding(
        FEEDBACK_FLOW,
        title="start.feedback",
        finish=intake_service.receive_submission,
        describe_end=intake_service.describe_end,
        begin=intake_service.load_facts,
        answered=_CONSENT,
        forgets=_REFUSED,
        remark=intake_service.list_ban_remarks,
    ),
    FlowBinding(
        URGENT_FLOW,
        title="urgent.title",
        finish=urgent_service.finish_report,
        describe_end=urgent_service.describe_end,
        describe_cancelled=urgent_service.describe_cancelled,
        answered={REPORT: urgent_service.store_report},
        lifetime=urgent_service.FOLLOWS_WITHIN,
        takes_asides=False,
    ),
    *(
        FlowBinding(
            flow,
            title=f"mine.{flow.name}",
            finish=partial(action_service.finish_own_action, flow=flow.name),
            begin=begin_follow_up,
            describe_cancelled=partial(describe_cancelled, flow.name),
            answered={**_CONSENT, "score": action_service.store_rating},
        )
        for flow in dict.fromkeys(action.flow for action in RESIDENT_ACTIONS if action.flow)
    ),
    FlowBinding(
        AWAY_FLOW,
        title="away.title",
        finish=absences.finish_absence,
        begin=absences.begin_absence,
        of_officers=True,
    ),
    FlowBinding(
        TEMPLATE_FLOW,
        title="templates.add",
        finish=templates.add_template,
        begin=templates.begin_template,
        of_officers=True,
    ),
    *(
        FlowBinding(
            action.flow,
            title=f"case.do.{action.name}",
            finish=_finish_with(action_service.perform_action, action.name),
            of_officers=True,
        )
        for action in OFFICER_ACTIONS
        if action.flow
    ),
    FlowBinding(
        REGISTRATION_FLOW,
        title="forums.attend",
        finish=attendance.register_attendee,
        begin=attendance.load_facts,
        answered=_CONSENT,
        forgets=_REFUSED,
    ),
    FlowBinding(
        SUBSCRIPTION_FLOW,
        title="forums.news",
        finish=subscriptions.subscribe,
        begin=attendance.load_facts,
        forgets=_REFUSED,
    ),
    FlowBinding(
        CLAIM_FLOW,
        title="claim.title",
        finish=oral_submissions.claim_submission,
        begin=attendance.load_facts,
        answered=_CONSENT,
        forgets=_REFUSED,
    ),
    FlowBinding(
        NEWFORUM_FLOW,
        title="forum.new",
        finish=planning.submit_plan,
        begin=planning.load_facts,
        of_officers=True,
    ),
    *(
        FlowBinding(
            action.flow,
            title=f"forum.do.{action.name}",
            finish=_finish_with(planning.perform_action, action.name),
            of_officers=True,
            opens=("forum.open", "forum:open"),
        )
        for action in FORUM_ACTIONS
        if action.flow not in (None, NEWFORUM_FLOW)
    ),
    FlowBinding(
        HALL_ANSWER_FLOW,
        title="hall.answer",
        finish=submission_outcomes.record_answer,
        of_officers=True,
    ),
    FlowBinding(
        ORAL_SUBMISSION_FLOW, title="hall.spoken", finish=oral_submissions.enter_oral_submission
    ),
    FlowBinding(CORRECTION_FLOW, title="mydata.correct", finish=data_requests.correct_phone),
)
