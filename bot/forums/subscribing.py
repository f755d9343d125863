"""Who wants to hear of the forums of an area, or of the whole city."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.question import is_place
from bot.areas.units import CITY, named
from bot.conversation.flow import Refused
from bot.feedback.rules import NOTICE_VERSION
from bot.feedback.service import agree
from bot.screen import Button, Screen, Words
from storage import attendance, residents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.conversation.flow import Chat
    from bot.policy import Policy

MOST = 20  # areas of one person


async def areas(connection: AsyncConnection, chat_id: int, *, policy: Policy) -> list[str]:
    """The areas that the person of a chat wants to hear of."""
    aliases = policy.seal.aliases(chat_id, named=True)
    return [each.area for each in await attendance.subscriptions(connection, aliases)]


async def has_agreed(connection: AsyncConnection, chat_id: int, *, policy: Policy) -> bool:
    """Whether the person of a chat agreed to the present notice."""
    resident = await residents.find(connection, policy.seal.aliases(chat_id, named=True))
    return resident is not None and resident.consent_version == NOTICE_VERSION


async def subscribe(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Keep that somebody wants to hear of an area, and the consent if it was asked for.

    Once is enough. Raises Refused for too many.
    """
    if "consent" in answers:  # it may be all that was asked
        await agree(connection, chat, answers["consent"], now, policy=policy)
    area = answers.get("@area") or answers["area"]
    known = await areas(connection, chat.id, policy=policy)
    if area in known or not is_place(area):
        return
    if len(known) >= MOST:
        raise Refused(Words("subscription.too_many", {"most": MOST}))
    address = policy.seal.address(chat.id, named=True)
    values = {
        "alias": address.alias,
        "sealed": address.sealed,
        "language": chat.language,
        "area": area,
        "created_at": now,
    }
    await attendance.subscribe(connection, values)


async def unsubscribe(
    connection: AsyncConnection, chat_id: int, area: str, *, policy: Policy
) -> None:
    """Somebody no longer wants to hear of an area."""
    aliases = policy.seal.aliases(chat_id, named=True)
    await attendance.unsubscribe(connection, aliases, area)


def page(known: Sequence[str], offered: str, *, muted: bool) -> Screen:
    """The areas that somebody hears of; a press on one ends that. `offered` is one more to take.

    Who switched news of forums off in the settings, is told so.
    """
    off = (Words("subscription.muted"),) if muted else ()
    takes = [area for area in dict.fromkeys((offered, CITY)) if is_place(area)]
    return Screen(
        (Words("subscription.list" if known else "subscription.none"), *off),
        (
            *(
                Button(
                    Words("subscription.drop", {"area": named(area)}), f"subscription:drop={area}"
                )
                for area in known
            ),
            *(
                Button(
                    Words("subscription.take", {"area": named(area)}), f"subscription:take={area}"
                )
                for area in takes
                if area not in known
            ),
            Button(Words("subscription.add"), "subscription:add="),
        ),
    )
