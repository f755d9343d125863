"""The table of routes: maps commands, buttons and deep links to controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework import controller as casework
from bot.casework import staff_controller as staff
from bot.feedback import controller as feedback
from bot.feedback.first_messages import answer_first_message, find_code
from bot.feedback.intake_flow import list_offer_remarks, make_submission_offer
from bot.feedback.intake_service import find_recent_submission
from bot.feedback.urgent_flow import is_danger, make_interruption
from bot.feedback.urgent_service import add_to_report
from bot.forums.attendance import controller as attendance
from bot.forums.planning import controller as planning
from bot.forums.session import controller as session
from bot.forums.subscriptions import controller as subscriptions
from bot.privacy import controller as privacy
from bot.reports import controller as reports

if TYPE_CHECKING:
    from bot.core.requests import AnyRoute, GroupRoutes, Routes

ROUTES: Routes = {
    **feedback.ROUTES,
    **privacy.ROUTES,
    **casework.ROUTES,
    **staff.ROUTES,
    **reports.ROUTES,
    **attendance.ROUTES,
    **subscriptions.ROUTES,
    **planning.ROUTES,
    **session.ROUTES,
}

GROUP_ROUTES: GroupRoutes = {**staff.GROUP_ROUTES}

__all__ = [
    "GROUP_ROUTES",
    "ROUTES",
    "add_to_report",
    "answer_first_message",
    "find_code",
    "find_recent_submission",
    "find_route",
    "is_danger",
    "is_routed_button",
    "list_offer_remarks",
    "make_interruption",
    "make_submission_offer",
    "parse_link",
]

_LINK = "start:"  # how the verbs of deep links begin


def find_route(verb: str) -> AnyRoute | None:
    """Return the route of a verb such as "mine:open", else of its group ("mine:*"), else None."""
    return ROUTES.get(verb) or ROUTES.get(f"{verb.partition(':')[0]}:*")


def is_routed_button(data: str) -> bool:
    """Return True if a button with these data belongs to a route, not to an open question."""
    verb = data.partition("=")[0]
    return ":" in verb and not verb.startswith(_LINK) and find_route(verb) is not None


def parse_link(payload: str) -> tuple[str, str]:
    """Return the verb and the argument of a deep link's payload.

    "code_X" is ("start:code_", "X"). A payload without a route is ("/start", "").
    """
    kind, _, value = payload.partition("_")
    verb = f"{_LINK}{kind}_"
    return (verb, value) if verb in ROUTES else ("/start", "")
