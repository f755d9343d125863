"""The table of routes: which controller answers which command, button or deep link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.forums.attendance import controller as attendance
from bot.forums.planning import controller as planning
from bot.forums.session import controller as session
from bot.forums.subscriptions import controller as subscriptions
from bot.privacy import controller as privacy

if TYPE_CHECKING:
    from bot.core.requests import Route, Routes

ROUTES: Routes = {
    **attendance.ROUTES,
    **subscriptions.ROUTES,
    **planning.ROUTES,
    **session.ROUTES,
    **privacy.ROUTES,
}


def find_route(verb: str) -> Route | None:
    """Return the route of a verb, else the route of its group ("mine:*"), else None."""
    return ROUTES.get(verb) or ROUTES.get(f"{verb.partition(':')[0]}:*")
