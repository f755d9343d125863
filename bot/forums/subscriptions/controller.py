"""Buttons of subscriptions, "subscription:ACTION=SUBJECT"; a subject is a unit or a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation.consent import has_agreed
from bot.core.preferences import FORUMS
from bot.core.requests import Route, Show, StartFlow
from bot.forums.subscriptions import screens, service

if TYPE_CHECKING:
    from bot.core.requests import Chat, Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork


async def list_subscriptions(work: UnitOfWork, request: Request) -> Responses:
    """Show the person's subscriptions."""
    return await show_subscriptions(work, request.chat, request.argument)


async def show_subscriptions(work: UnitOfWork, chat: Chat, offered: str) -> Responses:
    """Show the subscriptions of a chat, with a button to subscribe to the area `offered`."""
    subjects = await service.list_subjects(work, chat.id)
    muted = FORUMS in chat.preferences.muted
    return Show(screens.show_subscriptions(subjects, offered, muted=muted))


async def subscribe(work: UnitOfWork, request: Request) -> Responses:
    """Subscribe to the subject in the argument.

    If the person has not consented to the data-protection notice, start the conversation that asks
    for it. Raises Refused for too many subscriptions.
    """
    facts = {"@subject": request.argument}
    if not await has_agreed(work, request.chat.id):
        return StartFlow("subscription", facts)
    await service.subscribe(work, request.chat, facts)
    return await list_subscriptions(work, request)


async def unsubscribe(work: UnitOfWork, request: Request) -> Responses:
    """End the subscription to the subject in the argument."""
    await service.unsubscribe(work, request.chat.id, request.argument)
    return await list_subscriptions(work, request)


async def start_subscription(_work: UnitOfWork, _request: Request) -> Responses:
    """Start the conversation that asks for an area to subscribe to."""
    return StartFlow("subscription")


async def list_topics(work: UnitOfWork, request: Request) -> Responses:
    """Show the topics that the person has not subscribed to."""
    return Show(screens.show_topics(await service.list_subjects(work, request.chat.id)))


ROUTES: Routes = {
    "subscription:take": Route(subscribe),
    "subscription:drop": Route(unsubscribe),
    "subscription:add": Route(start_subscription, reads_only=True),
    "subscription:topics": Route(list_topics, reads_only=True),
    "subscription:*": Route(list_subscriptions, reads_only=True),
}
