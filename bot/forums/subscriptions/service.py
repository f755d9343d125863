"""Subscriptions to the forums of an area or on a topic.

A subject is the code of a unit, the code of the city (for the whole city), or a topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.question import is_area
from bot.core.addresses import load_address
from bot.core.requests import Refused
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork
from bot.feedback.intake_service import record_consent
from storage import attendance
from storage.models import Topic
from storage.rounding import round_to_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.requests import Chat

MAX_SUBJECTS = 20  # of one person


async def list_subjects(work: UnitOfWork, chat_id: int) -> list[str]:
    """Return the subjects that the person of a chat has subscribed to, oldest first."""
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat_id, named=True)
    subscriptions = await attendance.list_subscriptions(work.connection, pseudonyms)
    return [subscription.subject for subscription in subscriptions]


async def subscribe(work: UnitOfWork, chat: Chat, answers: Mapping[str, Any]) -> None:
    """Store a subscription to the answer "@subject" or "area", and the answer "consent" if given.

    A subject that is subscribed to already, or that does not exist, changes nothing. Raises Refused
    if the person has MAX_SUBJECTS subjects.
    """
    if "consent" in answers:  # may be the only question, so that no later answer stores it
        await record_consent(work, chat, answers)
    subject = answers.get("@subject") or answers["area"]
    subjects = await list_subjects(work, chat.id)
    if subject in subjects or not _is_subject(subject):
        return
    if len(subjects) >= MAX_SUBJECTS:
        raise Refused(Words("subscription.too_many", {"most": MAX_SUBJECTS}))
    address = await load_address(work, chat.id, named=True)
    values = {
        "alias": address.pseudonym,
        "sealed": address.encrypted_chat_id,
        "language": chat.language,
        "subject": subject,
        "created_at": round_to_day(work.now),
    }
    await attendance.add_subscription(work.connection, values)


async def unsubscribe(work: UnitOfWork, chat_id: int, subject: str) -> None:
    """Delete the subscription of a chat's person to a subject, if there is one."""
    pseudonyms = work.policy.pseudonyms.list_pseudonyms(chat_id, named=True)
    await attendance.delete_subscriptions(work.connection, pseudonyms, subject)


def _is_subject(subject: str) -> bool:
    return subject in set(Topic) or is_area(subject)
