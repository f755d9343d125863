"""Who wants to hear of the forums of an area, of the whole city, or on a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.question import is_area
from bot.areas.units import CITY, name_unit
from bot.core.requests import Refused
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback.intake_service import record_consent
from bot.feedback.rules import NOTICE_VERSION
from storage import attendance, residents
from storage.models import Topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.requests import Chat

MOST = 20  # areas and topics of one person


async def list_subjects(work: UnitOfWork, chat_id: int) -> list[str]:
    """The areas and topics that the person of a chat wants to hear of."""
    aliases = work.policy.pseudonyms.list_aliases(chat_id, named=True)
    return [each.subject for each in await attendance.list_subscriptions(work.connection, aliases)]


async def has_agreed(work: UnitOfWork, chat_id: int) -> bool:
    """Whether the person of a chat agreed to the present notice."""
    resident = await residents.find_resident(
        work.connection, work.policy.pseudonyms.list_aliases(chat_id, named=True)
    )
    return resident is not None and resident.consent_version == NOTICE_VERSION


async def subscribe(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Keep that somebody wants to hear of an area or a topic, and the consent if it was asked.

    Once is enough. Raises Refused for too many.
    """
    if "consent" in answers:  # it may be all that was asked
        await record_consent(work, chat, answers["consent"])
    subject = answers.get("@subject") or answers["area"]
    known = await list_subjects(work, chat.id)
    if subject in known or not _is_one(subject):
        return
    if len(known) >= MOST:
        raise Refused(Words("subscription.too_many", {"most": MOST}))
    address = work.policy.pseudonyms.make_address(chat.id, named=True)
    values = {
        "alias": address.alias,
        "sealed": address.sealed,
        "language": chat.language,
        "subject": subject,
        "created_at": work.now,
    }
    await attendance.add_subscription(work.connection, values)


async def unsubscribe(work: UnitOfWork, chat_id: int, subject: str) -> None:
    """Somebody no longer wants to hear of an area or a topic."""
    aliases = work.policy.pseudonyms.list_aliases(chat_id, named=True)
    await attendance.delete_subscriptions(work.connection, aliases, subject)


def show_subscriptions(known: Sequence[str], offered: str, *, muted: bool) -> Screen:
    """What somebody hears of; a press on one ends that. `offered` is one more to take.

    Who switched news of forums off in the settings, is told so.
    """
    off = (Words("subscription.muted"),) if muted else ()
    takes = [area for area in dict.fromkeys((offered, CITY)) if is_area(area)]
    return Screen(
        (Words("subscription.list" if known else "subscription.none"), *off),
        (
            *(
                Button(
                    Words("subscription.drop", {"subject": _name(subject)}),
                    f"subscription:drop={subject}",
                )
                for subject in known
            ),
            *(
                Button(
                    Words("subscription.take", {"subject": name_unit(area)}),
                    f"subscription:take={area}",
                )
                for area in takes
                if area not in known
            ),
            Button(Words("subscription.add"), "subscription:add="),
            Button(Words("subscription.topic"), "subscription:topics="),
        ),
    )


def show_topics(known: Sequence[str]) -> Screen:
    """The topics that can be taken beside what is known."""
    buttons = [
        Button(_name(topic), f"subscription:take={topic}") for topic in Topic if topic not in known
    ]
    return Screen(
        (Words("subscription.topics"),),
        (*buttons, Button(Words("subscription.back"), "subscription:list=")),
    )


def _is_one(subject: str) -> bool:
    return subject in set(Topic) or is_area(subject)


def _name(subject: str) -> Words | str:
    if subject in set(Topic):
        return Words(f"feedback.topic.options.{subject}")
    return name_unit(subject)
