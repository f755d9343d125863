"""The table of routes: which controller answers which command, button or deep link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.privacy import controller as privacy

if TYPE_CHECKING:
    from bot.core.requests import Route, Routes

ROUTES: Routes = {
    **privacy.ROUTES,
}


def find_route(verb: str) -> Route | None:
    """Return the route of a verb, else the route of its group ("mine:*"), else None."""
    return ROUTES.get(verb) or ROUTES.get(f"{verb.partition(':')[0]}:*")
