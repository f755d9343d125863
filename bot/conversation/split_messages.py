"""Parts of a split message, and messages written before a question was shown: no answers to it.

Telegram splits a paste at 4,096 characters. The parts arrive one right behind the other, and the
second one is none of an answer to the question that the first one led to.
"""

from __future__ import annotations

from typing import Any

from bot.conversation.flow import Answers, Step
from bot.conversation.reply import Navigation, Reply

LAST = "@last.message"  # the key of the newest message that was written in the conversation
_SPLIT_LENGTH = 4000  # characters; clients split at a space before 4,096
_SPLIT_SECONDS = 2  # between two parts of one paste, at most


def find_split(answers: Answers, step: Step, reply: Reply) -> str | None:
    """Return the key of the text that says why a message is no answer; None if it may be one.

    Message ids of a chat are in order, those of the bot included. So a message whose id follows
    directly was written before the bot asked anything more.
    """
    last = answers.get(LAST)
    if last is None or not _is_written(reply) or reply.message_id is None:
        return None
    is_next = reply.message_id == last["id"] + 1
    is_soon = reply.sent_at is not None and reply.sent_at - last["at"] <= _SPLIT_SECONDS
    if is_next and last["why"]:
        return str(last["why"])
    if last["is_part"] and (is_next or is_soon):
        # At buttons no text is an answer, whatever its length.
        return "gather.part" if step.input.takes_text else "gather.part_at_buttons"
    return "gather.right_behind" if is_next and last["step"] != step.name else None


def may_be_word(answers: Answers, step: Step, reply: Reply) -> bool:
    """Return True if a message may stand for a button of the open question.

    A message that was written before the question was shown may not. Where text is an answer, one
    right behind another message may be the last part of the same paste.
    """
    last = answers.get(LAST)
    is_next = last is not None and reply.message_id == last["id"] + 1
    return find_split(answers, step, reply) is None and not (is_next and step.input.takes_text)


def _is_written(reply: Reply) -> bool:
    return (
        reply.sent_at is not None
        and reply.message_id is not None
        and reply.attachment is None
        and reply.navigation is not Navigation.CANCEL
    )


def remember_message(
    answers: Answers, step: Step, reply: Reply, *, refused: bool, why: str | None = None
) -> Answers:
    """Return the answers with a written message as the newest one; `step` was open then.

    `refused`: it was not taken. `why` is what `find_split` returned for it.
    """
    if not _is_written(reply):
        return answers
    is_part = refused and why is None and len(reply.text or "") >= _SPLIT_LENGTH
    last: dict[str, Any] = {
        "id": reply.message_id,
        "at": reply.sent_at,
        "step": step.name,
        "is_part": is_part,
        "why": why,
    }
    return {**answers, LAST: last}
