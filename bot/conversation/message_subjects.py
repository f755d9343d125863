"""Subjects of messages: what an answer that was given, or a message of the bot, belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.conversation.subjects import get_code
from bot.core.unit_of_work import UnitOfWork
from storage import message_subjects
from storage.rounding import round_to_month

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.engine import Done
    from bot.core.screen import Screen
    from storage.models import MessageSubject


# The `flow` of the bot's views: of a case, of a resident's own submission, and of a forum as
# residents and as its planners see it.
CASE_VIEW, OWN_VIEW, FORUM_VIEW, PLAN_VIEW = "case", "mine", "forum", "plan"
ASKED_VIEW = "asked."  # a question to a resident; its kind in the outbox follows


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """The subject of a message that a person replies to, in the messenger's sense.

    - `code`: the code of the submission or forum; "" for a question that has ended, or whose
      conversation has no subject.
    - `flow`, `facts`: the flow to start with the reply if no draft is about it.
    - `asked_in`: the only flow whose question it is; empty if any draft about the code will do.
    - `screen`: what is shown instead of starting a flow.
    """

    code: str
    flow: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    asked_in: str = ""
    screen: Screen | None = None

    def is_subject_of(self, flow: str, answers: Mapping[str, Any]) -> bool:
        """Return True if a reply to it is a reply to the open draft of a flow."""
        return get_code(answers) == self.code and self.asked_in in {"", flow}


async def store_messages(
    work: UnitOfWork, chat_id: int, flow: str, made: str | None, done: Done
) -> None:
    """Store what the messages of a finished conversation belong to, with their present version.

    `made` is the code of the submission or forum that the conversation made; without one it is
    about the subject that it started with.
    """
    facts = done.answers
    code = made or get_code(facts)
    pseudonyms = work.policy.pseudonyms
    addresses = [pseudonyms.make_message_address(chat_id, each.id) for each in done.messages]
    rows = [
        {
            "key": address.key,
            "sealed": address.encrypted_ids,
            "flow": flow,
            "subject": code,
            "text": message.text,
            "at": round_to_month(work.now),
        }
        for address, message in zip(addresses, done.messages, strict=True)
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
        row = {
            "key": found.key,
            "sealed": found.sealed,
            "flow": found.flow,
            "subject": found.subject,
        }
        await message_subjects.save_subjects(
            work.connection, [{**row, "text": text, "at": round_to_month(work.now)}]
        )
