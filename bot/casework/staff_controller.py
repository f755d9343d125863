"""Requests of officers about themselves: joining, duty, absences, templates, unit groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework import screens, staff, templates, unit_groups
from bot.casework.controller import refuse_as_unknown
from bot.core.requests import Refused, Route, Show, StartFlow
from bot.core.screen import Screen, Words
from bot.core.typed_numbers import parse_number

if TYPE_CHECKING:
    from bot.core.requests import GroupRequest, GroupRoutes, Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork


async def accept_invite(work: UnitOfWork, request: Request) -> Responses:
    """Make the person an officer by the token of an invite link."""
    officer = await staff.accept_invite(
        work, request.chat.id, request.person_name, request.argument
    )
    if officer is None:
        raise Refused(Words("officer.invite_unusable"))
    return Show(screens.show_welcome(officer))


async def set_duty(work: UnitOfWork, request: Request) -> Responses:
    """Set the officer on or off duty; the argument is the typed word."""
    typed = request.argument.partition(" ")[0].casefold()
    if typed not in {"on", "off"}:
        return Show(Screen((Words("officer.duty.which"),)))
    officer = await staff.set_duty(work, request.chat.id, on_duty=typed == "on")
    if officer is None:
        raise refuse_as_unknown()
    return Show(Screen((Words(f"officer.duty.{typed}"),)))


async def show_invites(work: UnitOfWork, request: Request) -> Responses:
    """Show a leader the invites that can still be used. For anybody else there is no command."""
    found = await staff.list_invites(work, request.chat.id)
    if found is None:
        raise refuse_as_unknown()
    return Show(screens.show_invites(found))


async def revoke_invite(work: UnitOfWork, request: Request) -> Responses:
    """Revoke the invite whose id is the argument, and show the others."""
    invite_id = parse_number(request.argument)
    if invite_id is not None:
        await staff.revoke_invite(work, request.chat.id, invite_id)
    return await show_invites(work, request)


async def show_templates(work: UnitOfWork, request: Request) -> Responses:
    """Show the templates of answers, with buttons for the changes that the officer may make."""
    templates_of_officer = await templates.list_officer_templates(work.connection, request.chat.id)
    if templates_of_officer is None:
        raise refuse_as_unknown()
    return Show(screens.show_templates(*templates_of_officer))


async def delete_template(work: UnitOfWork, request: Request) -> Responses:
    """Delete the template whose id is the argument, and show the others. Raises Refused."""
    if await templates.list_officer_templates(work.connection, request.chat.id) is None:
        raise refuse_as_unknown()
    await templates.delete_template(work, request.chat.id, parse_number(request.argument))
    return await show_templates(work, request)


async def link_group(work: UnitOfWork, request: GroupRequest) -> Words:
    """Send alerts of the officer's unit to this group, or topic, from now on."""
    return await unit_groups.link_group(
        work, request.group_id, request.thread_id, request.person_id
    )


async def unlink_group(work: UnitOfWork, request: GroupRequest) -> Words:
    """Stop sending alerts of the officer's unit to its group."""
    return await unit_groups.unlink_group(work, request.person_id)


ROUTES: Routes = {
    "start:invite_": Route(accept_invite),
    "/duty": Route(set_duty),
    "/away": StartFlow("away"),
    "/invites": Route(show_invites, reads_only=True),
    "invites:revoke": Route(revoke_invite),
    "invites:*": Route(show_invites, reads_only=True),
    "/templates": Route(show_templates, reads_only=True),
    "templates:add": StartFlow("template"),
    "templates:drop": Route(delete_template),
    "templates:*": Route(show_templates, reads_only=True),
}

GROUP_ROUTES: GroupRoutes = {"link_group": link_group, "unlink_group": unlink_group}
