"""The question for a long text: it gathers messages until a button says that it is all.

Telegram splits a long paste into messages of 4,096 characters, and people write line by line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.conversation.flow import UNKNOWN_CHOICE, Answers, Input, Option, Rejected, StepNotes
from bot.conversation.inputs import (
    MessageLimits,
    gather_message,
    join_texts,
    list_sources,
    parse_choice,
)
from bot.conversation.meanings import Meaning
from bot.conversation.reply import Reply
from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.core.screen import Param

# The keys that all long texts share.
DONE, AGAIN, MORE = "gather.done", "gather.again", "gather.more"


def read_text(answer: Any) -> str:
    """Return the text of an answer: a list of records of messages, or a text as it is."""
    return answer if isinstance(answer, str) else join_texts(answer).strip()


def long_text_input(
    texts: str,
    *,
    limit: int,
    optional: bool = False,
    check: Callable[[str], None] | None = None,
) -> Input:
    """Return a question for a text of at most `limit` characters, in one or several messages.

    The answer is a list of records (see make_message_record), and a text when it is submitted. An
    `optional` question has a button to skip it; the answer is then "". `check` raises Rejected for
    a message that must not be part of the text.
    """
    skipping = (
        (Option("skip", Words(f"{texts}.options.skip"), (Meaning.SKIP, Meaning.NO)),)
        if optional
        else ()
    )
    question = _LongText(texts.rpartition(".")[2], limit, skipping, check)
    return Input(
        question.parse_reply,
        options=question.list_options,
        prompt=lambda answers: MORE if question.get_gathered(answers) else "ask",
        params=question.list_parameters,
        to_notes=_make_notes,
        reasons=(UNKNOWN_CHOICE, "empty", "too-long"),
        takes_text=True,
        change_message=question.change_message,
        finalize=read_text,
        sources=_list_sources,
    )


_GATHERING = (
    Option("done", Words(DONE), (Meaning.DONE, Meaning.SEND)),
    Option("again", Words(AGAIN), (Meaning.AGAIN,)),
)


@dataclass(frozen=True)
class _LongText:
    """The functions of the input of a `step`. Its note `messages` holds what is gathered so far.

    - `limit`: the characters of all messages together.
    - `check`: raises Rejected for a message that is not allowed; None allows every one.
    """

    step: str
    limit: int
    skipping: tuple[Option, ...]
    check: Callable[[str], None] | None

    @property
    def key_of_messages(self) -> str:
        """Return the key of the gathered messages."""
        return f"{self.step}.messages"

    def get_gathered(self, answers: Answers) -> list[dict[str, Any]]:
        """Return the records of the messages that are gathered so far."""
        return list(answers.get(self.key_of_messages, ()))

    def list_options(self, answers: Answers) -> tuple[Option, ...]:
        """Return the button to skip the question; once there are messages, those to end it."""
        return _GATHERING if self.get_gathered(answers) else self.skipping

    def list_parameters(self, answers: Answers) -> Mapping[str, Param]:
        """Return the total of what is gathered, and the limit."""
        gathered = self.get_gathered(answers)
        if not gathered:
            return {}
        characters = len(read_text(gathered))
        return {"characters": characters, "messages": len(gathered), "limit": self.limit}

    def parse_reply(self, reply: Reply, answers: Answers) -> Any:
        """Return the answer, or the notes with one more message. Raises Rejected."""
        gathered = self.get_gathered(answers)
        match reply.choice:
            case None:
                return self._gather(gathered, reply, self.key_of_messages)
            case "done":
                if not read_text(gathered):
                    raise Rejected("empty")
                return gathered
            case "again":
                return StepNotes({self.key_of_messages: None})
        parse_choice(reply, self.skipping)
        return ""

    def change_message(self, reply: Reply, answers: Answers) -> Answers:
        """Return the key that holds an edited message, with its new version. Raises Rejected."""
        key = self.step if isinstance(answers.get(self.step), list) else self.key_of_messages
        return self._gather(list(answers[key]), reply, key).changes

    def _gather(self, gathered: list[dict[str, Any]], reply: Reply, key: str) -> StepNotes:
        if reply.attachment is not None:
            raise Rejected("gather.no_files")
        reply = reply.without_place()
        if not (reply.text or "").strip():
            raise Rejected("empty")
        if self.check is not None:
            self.check(reply.text or "")
        limits = MessageLimits(files=0, characters=self.limit, file_bytes=0)
        try:
            return gather_message(gathered, reply, limits, note=key)
        except Rejected:
            if gathered:
                raise Rejected("gather.too_long", limit=self.limit) from None
            raise


def _list_sources(answer: Any) -> list[dict[str, Any]] | None:
    return None if isinstance(answer, str) else list_sources(answer)


def _make_notes(answer: Any) -> Mapping[str, Any]:
    """Return an answer as gathered messages; drafts of older releases hold a text."""
    if isinstance(answer, str):
        answer = [{"id": None, "text": answer, "file": None}] if answer else []
    return {"messages": answer} if answer else {}
