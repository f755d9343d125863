"""Subjects of messages: what an answer that was given, or a message of the bot, belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.unit_of_work import UnitOfWork
from storage import message_subjects

if TYPE_CHECKING:
    from bot.conversation.engine import Done
    from storage.models import MessageSubject


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message belongs to: a `flow`, or "case", "mine" or "forum" for a view, and a code."""

    flow: str
    code: str = ""


async def store_messages(
    work: UnitOfWork, chat_id: int, flow: str, made: str | None, done: Done
) -> None:
    """Store what the messages of a finished conversation belong to, with their present version.

    `made` is the code of the submission or forum that the conversation made; without one it is
    about the subject that it started with.
    """
    facts = done.answers
    code = made or facts.get("@code") or facts.get("@forum_code") or ""
    rows = [
        {
            "key": work.policy.pseudonyms.list_message_keys(chat_id, message.id)[0],
            "flow": flow,
            "subject": code,
            "text": message.text,
            "at": work.now,
        }
        for message in done.messages
    ]
    await message_subjects.save_subjects(work.connection, rows)


async def find_message_subject(
    work: UnitOfWork, chat_id: int, message_id: int
) -> MessageSubject | None:
    """Return what a message of a chat belongs to; None if that is not known."""
    keys = work.policy.pseudonyms.list_message_keys(chat_id, message_id)
    return await message_subjects.find_subject(work.connection, keys)


async def store_version(work: UnitOfWork, chat_id: int, message_id: int, text: str) -> None:
    """Store the present version of a message that is known."""
    found = await find_message_subject(work, chat_id, message_id)
    if found is not None:
        row = {"key": found.key, "flow": found.flow, "subject": found.subject}
        await message_subjects.save_subjects(
            work.connection, [{**row, "text": text, "at": work.now}]
        )
