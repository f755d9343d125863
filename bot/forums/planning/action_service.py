"""Services of planning: submit a plan, perform an action, stop an announcement.

Each function runs in the caller's transaction, which is rolled back when Refused is raised.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY
from bot.casework.submission_rules import CODE_ALPHABET
from bot.core import transitions
from bot.core.requests import Refused, split_argument
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.forums import announcements, planning_recipients
from bot.forums.planning import plan
from bot.forums.planning.actions import ACTIONS_BY_NAME
from bot.forums.planning.forum_action import ForumAccess, ForumAction
from bot.forums.planning.proposals import DECISIONS, propose_change, waits_for_second
from bot.forums.shared.forum_audit import append_forum_entry
from bot.forums.shared.planning_permissions import REFUSED, find_planned_forum, find_planner
from bot.forums.shared.public_texts import ALLOWED, list_allowed_links
from bot.notifications.summaries import name_forum
from bot.notifications.to_officers import notify_planners
from storage import forums, officers
from storage.models import ForumState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat
    from storage.models import Forum, Officer

_CODE_LENGTH = 8  # characters of a forum's code
_EDIT = ACTIONS_BY_NAME["edit"]


async def load_facts(work: UnitOfWork, chat: Chat) -> Mapping[str, Any]:
    """Return the facts for the plan of a forum: "@now", "@zone", "@areas".

    Raises Refused if the chat has no officer who plans forums.
    """
    officer = await find_planner(work.connection, chat.id)
    if officer is None:
        raise Refused(Words("errors.unknown_command"))
    areas = [] if officer.unit_code == CITY else [officer.unit_code]
    return {**_make_time_facts(work), "@areas": areas}


async def submit_plan(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> str:
    """Store a plan and ask another officer to approve it. Return the code of the forum.

    With "@forum_code" among the answers it replaces the plan of that forum. Raises Refused if the
    officer may not do so, or the start is in the past.
    """
    code = answers.get("@forum_code")
    if code:
        await perform_action(work, chat.id, _EDIT.name, code, answers)
        return str(code)
    officer = await find_planner(work.connection, chat.id)
    if officer is None:
        raise Refused(Words(REFUSED))
    columns = plan.make_columns(work, answers) | {
        "state": ForumState.SUBMITTED,
        "code": "".join(secrets.choice(CODE_ALPHABET) for _ in range(_CODE_LENGTH)),
        "host_unit": officer.unit_code,
        "start_version": 1,
        "version": 1,
        "created_by": officer.id,
        "created_at": work.now,
    }
    forum = await forums.add_forum(work.connection, columns)
    await _append_entry(work, _EDIT.audit_action, forum, officer)
    recipients = await planning_recipients.list_deciders(work, forum)
    await notify_planners(work, forum, recipients, "forum.alert.submit")
    return forum.code


async def begin_action(
    work: UnitOfWork, chat_id: int, name: str, forum_code: str
) -> dict[str, Any]:
    """Return the facts for the conversation of the action called `name` on a forum.

    Raises Refused if the person of a chat may not perform the action on the forum now.
    """
    action, access = await _load_access(work, chat_id, name, forum_code)
    if not transitions.is_allowed(action, access):
        raise Refused(access.explain_not_allowed())
    facts = {
        "@code": access.forum.code,
        **name_forum(access.forum, work.policy.zone),
        **_make_time_facts(work),
    }
    if action.announcement is not None and access.forum.published_at is not None:
        await announcements.check_number(work, access.forum, action.announcement)
    if action.facts is not None:
        facts |= action.facts(access.forum, work.policy.zone)
    return facts


async def perform_action(
    work: UnitOfWork, chat_id: int, name: str, forum_code: str, answers: Mapping[str, Any]
) -> Forum:
    """Perform the action called `name` on a forum; return the forum after it.

    If a second person has to confirm it, it becomes the proposal of the forum. For "confirm" and
    "decline" `forum_code` is the argument of `decide_proposal`. Raises Refused.
    """
    if name in DECISIONS:
        return await decide_proposal(work, chat_id, name, forum_code)
    action, access = await _load_access(work, chat_id, name, forum_code)
    if waits_for_second(action, access.forum):
        return await propose_change(work, action, access, answers)
    forum: Forum = await transitions.perform_transition(work, action, access, answers)
    return forum


async def decide_proposal(work: UnitOfWork, chat_id: int, name: str, argument: str) -> Forum:
    """Confirm or decline (`name`) the proposal of a forum; return the forum after it.

    `argument` is "CODE.VERSION": exactly the text that the officer has read is confirmed. Raises
    Refused.
    """
    code, version = split_argument(argument)
    decision, access = await _load_access(work, chat_id, name, code)
    proposal = access.forum.proposal
    if not transitions.is_allowed(decision, access) or proposal is None:
        raise Refused(access.explain_not_allowed())
    if access.forum.version != version:
        raise Refused(access.explain_too_late())
    forum: Forum
    if decision.name == "decline":
        forum = await transitions.perform_transition(work, decision, access, {})
        return forum
    action = ACTIONS_BY_NAME[proposal["action"]]
    forum = await transitions.perform_transition(work, action, access, proposal["answers"])
    proposers = await officers.list_by_ids(work.connection, [proposal["by"]])
    await notify_planners(work, forum, proposers, "forum.alert.confirm")
    return forum


async def stop_announcing(work: UnitOfWork, chat_id: int, forum_code: str) -> None:
    """Stop all announcements of a forum: nothing more of them is sent.

    Raises Refused if the person of the chat may not plan the forum.
    """
    planned = await find_planned_forum(work.connection, chat_id, forum_code)
    if planned is None:
        raise Refused(Words(REFUSED))
    officer, forum = planned
    kinds = [
        announcement.kind
        for announcement in await forums.list_announcements(work.connection, forum.id)
    ]
    await announcements.stop_announcements(work, forum, kinds=kinds)
    await _append_entry(work, "forum.announcement_stopped", forum, officer)


async def _append_entry(work: UnitOfWork, action: str, forum: Forum, officer: Officer) -> None:
    await append_forum_entry(
        work, action, forum, officer, state=forum.state.value, version=forum.version
    )


def _make_time_facts(work: UnitOfWork) -> dict[str, Any]:
    return {
        "@now": work.now.isoformat(),
        "@zone": str(work.policy.zone),
        ALLOWED: list_allowed_links(work),
    }


async def _load_access(
    work: UnitOfWork, chat_id: int, name: str, forum_code: str
) -> tuple[ForumAction, ForumAccess]:
    planned = await find_planned_forum(work.connection, chat_id, forum_code)
    action = ACTIONS_BY_NAME.get(name)
    if planned is None or action is None:
        raise Refused(Words(REFUSED))
    officer, forum = planned
    return action, ForumAccess(officer, forum, work.now)
