"""Commands and buttons of planners of forums: /newforum, /forum and "forum:ACTION=CODE"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.message_subjects import PLAN_VIEW
from bot.core.requests import Refused, Route, Show, StartFlow, Upload, split_argument
from bot.core.screen import Screen, Words
from bot.core.typed_numbers import parse_number
from bot.feedback import qr_codes
from bot.forums.planning import action_service, screens, views
from bot.forums.planning.actions import ACTIONS, ACTIONS_BY_NAME
from bot.forums.shared import planning_permissions

if TYPE_CHECKING:
    from bot.core.requests import Request, Responses, Routes
    from bot.core.screen import Param
    from bot.core.unit_of_work import UnitOfWork
    from bot.forums.planning.forum_action import ForumAction

_CONFIRMED = "_yes"  # the end of the verb of a button that confirms


async def start_plan(_work: UnitOfWork, _request: Request) -> Responses:
    """Start the conversation for the plan of a new forum."""
    return StartFlow("newforum")


async def list_plans(work: UnitOfWork, request: Request) -> Responses:
    """List the forums that the officer plans; the argument is the number on earlier pages."""
    skip = parse_number(request.argument) or 0
    plans = await views.list_plans(work.connection, request.chat.id, skip)
    if plans is None:
        raise Refused(Words("errors.unknown_command"))
    return Show(screens.show_plans(plans, skip, views.PAGE_SIZE, work.policy.zone))


async def show_plan(work: UnitOfWork, request: Request) -> Responses:
    """Show a forum to one of its planners; as a new message for "forum:open". Raises Refused."""
    plan = await _load_plan(work, request)
    about = (PLAN_VIEW, plan.forum.code)
    return Show(screens.show_plan(plan), new=request.action == "open", about=about)


async def _load_plan(work: UnitOfWork, request: Request) -> views.ForumPlan:
    plan = await views.load_plan(work, request.chat.id, request.argument)
    if plan is None:
        raise Refused(Words(planning_permissions.REFUSED))
    return plan


async def start_action(work: UnitOfWork, request: Request) -> Responses:
    """Start the conversation for the values of an action. Raises Refused if it is not allowed."""
    flow = ACTIONS_BY_NAME[request.action].flow
    assert flow is not None, request.action
    facts = await action_service.begin_action(
        work, request.chat.id, request.action, request.argument
    )
    return StartFlow(flow.name, facts)


async def perform_action(work: UnitOfWork, request: Request) -> Responses:
    """Perform an action that asks for no values, and show the forum. Raises Refused.

    The argument is the forum's code; to confirm or decline a proposal, with its version.
    """
    await action_service.perform_action(work, request.chat.id, request.action, request.argument, {})
    code, _version = split_argument(request.argument)
    plan = await _load_plan(work, replace(request, argument=code))
    return Show(screens.show_plan(plan), about=(PLAN_VIEW, plan.forum.code))


async def confirm_action(work: UnitOfWork, request: Request) -> Responses:
    """Ask before an action is performed. Raises Refused if it is not allowed."""
    return await _ask_to_confirm(work, request, request.argument)


async def perform_confirmed(work: UnitOfWork, request: Request) -> Responses:
    """Perform an action whose page was confirmed, and show the forum. Raises Refused.

    The argument is the forum's code and version. If the forum was changed meanwhile, ask again.
    """
    code, version = split_argument(request.argument)
    confirmed = replace(request, verb=request.verb.removesuffix(_CONFIRMED), argument=code)
    plan = await _load_plan(work, confirmed)
    if plan.forum.version != version:
        return await _ask_to_confirm(work, confirmed, code)
    return await perform_action(work, confirmed)


async def _ask_to_confirm(work: UnitOfWork, request: Request, code: str) -> Responses:
    await action_service.begin_action(work, request.chat.id, request.action, code)
    forum = (await _load_plan(work, request)).forum
    button = f"forum:{request.action}{_CONFIRMED}={forum.code}.{forum.version}"
    screen = screens.confirm_action(forum, request.action, button, work.now, work.policy.zone)
    return Show(screen, about=(PLAN_VIEW, forum.code))


async def send_poster(work: UnitOfWork, request: Request) -> Responses:
    """Send the QR code of a forum's deep link, as a picture and as PDF. Raises Refused."""
    forum = (await _load_plan(work, request)).forum
    params: dict[str, Param] = {"title": forum.title, "at": forum.starts_at, "venue": forum.venue}
    payload = f"forum_{forum.code}"
    picture = qr_codes.draw_link_code_png(request.bot_name, payload)
    page = qr_codes.draw_link_code_pdf(request.bot_name, payload)
    return (
        Show(
            Screen((Words("forum.poster_text", params),)),
            upload=Upload(picture, "forum.png", is_picture=True),
        ),
        Show(
            Screen((Words("forum.printed"),)),
            upload=Upload(page, f"forum-{forum.code}.pdf"),
        ),
    )


async def stop_announcing(work: UnitOfWork, request: Request) -> Responses:
    """Stop the unfinished announcements of a forum, and show the forum. Raises Refused."""
    await action_service.stop_announcing(work, request.chat.id, request.argument)
    plan = await _load_plan(work, request)
    return Show(screens.show_plan(plan), about=(PLAN_VIEW, plan.forum.code))


async def record_refusal(work: UnitOfWork, request: Request) -> None:
    """Append an audit entry about a refused action."""
    await planning_permissions.record_refusal(
        work, request.chat.id, request.action, request.argument
    )


def _make_route(action: ForumAction) -> Route:
    if action.flow is not None:
        return Route(start_action, reads_only=True, record_refusal=record_refusal)
    if action.is_confirmed:
        return Route(confirm_action, reads_only=True, record_refusal=record_refusal)
    return Route(perform_action, record_refusal=record_refusal)


ROUTES: Routes = {
    "/newforum": Route(start_plan, reads_only=True),
    "/forum": Route(list_plans, reads_only=True),
    "forum:new": Route(start_plan, reads_only=True),
    "forum:list": Route(list_plans, reads_only=True),
    "forum:poster": Route(send_poster, reads_only=True, record_refusal=record_refusal),
    "forum:stop": Route(stop_announcing, record_refusal=record_refusal),
    "forum:*": Route(show_plan, reads_only=True, record_refusal=record_refusal),
    **{f"forum:{action.name}": _make_route(action) for action in ACTIONS},
    **{
        f"forum:{action.name}{_CONFIRMED}": Route(perform_confirmed, record_refusal=record_refusal)
        for action in ACTIONS
        if action.is_confirmed
    },
}
