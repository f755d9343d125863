"""The kinds of question that any flow can ask: a choice, gathered messages, a phone, a review."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.conversation.engine import (
    Answers,
    Input,
    Option,
    Rejected,
    Reply,
    SentFile,
    StepNotes,
    Stop,
    fingerprint_answers,
)
from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.core.screen import Param

CHOOSE = "choose"  # the reason that every question with buttons gives


def parse_choice(reply: Reply, options: Iterable[Option]) -> str:
    """The option that a button, or its number typed by hand, names.

    Raises Rejected("choose") for anything else.
    """
    values = [option.value for option in options]
    if reply.choice in values:
        return reply.choice
    typed = (reply.text or "").strip()
    if typed.isascii() and typed.isdigit() and 1 <= int(typed[:4]) <= len(values):
        return values[int(typed[:4]) - 1]
    raise Rejected(CHOOSE)


def choice_input(
    texts: str,
    *values: str,
    stops: Mapping[str, str] | None = None,
    show: Callable[[Answers], Mapping[str, Param]] | None = None,
) -> Input:
    """One of `values`; `texts` is the key that their labels are under.

    A value in `stops` ends the conversation for the reason given there.
    """
    endings = dict(stops or {})
    options = tuple(
        Option(value, Words(f"{texts}.options.{value}")) for value in (*values, *endings)
    )

    def parse(reply: Reply, _answers: Answers) -> str:
        value = parse_choice(reply, options)
        if value in endings:
            raise Stop(endings[value])
        return value

    def holds(value: Any, _answers: Answers) -> bool:
        return value in values

    return Input(
        parse,
        options=lambda _answers: options,
        holds=holds,
        reasons=(CHOOSE,),
        show=show or (lambda _answers: {}),
    )


def make_message_record(reply: Reply) -> dict[str, Any]:
    """A message as answers keep it: its number, its text, its file."""
    file = asdict(reply.attachment) if reply.attachment else None
    return {"id": reply.message_id, "text": reply.text or "", "file": file}


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """How much may be gathered: files, characters of all texts, bytes of one file."""

    files: int
    characters: int
    bytes: int


def gather_message(messages: list[dict[str, Any]], reply: Reply, room: MessageLimits) -> StepNotes:
    """Add a message to those gathered under the note `details.messages`, or replace an edited one.

    Raises Rejected: "empty" for what is neither text nor file, "too-many" files, "too-long" texts,
    "too-large" for a file whose words are taken without it.
    """
    if reply.text is None and reply.attachment is None:
        raise Rejected("empty")
    if reply.attachment is not None and (reply.attachment.size or 0) > room.bytes:
        words = (
            None if reply.text is None else _added(messages, replace(reply, attachment=None), room)
        )
        raise Rejected("too-large", noted=words, megabytes=room.bytes // (1024 * 1024))
    return _added(messages, reply, room)


def _added(messages: list[dict[str, Any]], reply: Reply, room: MessageLimits) -> StepNotes:
    message = make_message_record(reply)
    ids = [each["id"] for each in messages]
    if reply.edited and reply.message_id in ids:
        at = ids.index(reply.message_id)
        gathered = [*messages[:at], message, *messages[at + 1 :]]
    else:
        gathered = [*messages, message]
    if len(list_files(gathered)) > room.files:
        raise Rejected("too-many", most=room.files)
    if sum(len(each["text"]) for each in gathered) > room.characters:
        raise Rejected("too-long", limit=room.characters)
    return StepNotes({"details.messages": gathered})


def join_texts(messages: Iterable[Mapping[str, Any]]) -> str:
    """What was written, message by message, as it was written."""
    return "\n".join(each["text"] for each in messages if each["text"])


def list_files(messages: Iterable[Mapping[str, Any]]) -> list[SentFile]:
    """The files that were sent, in order."""
    return [SentFile(**each["file"]) for each in messages if each["file"]]


def add_late_file(answers: Answers, reply: Reply, room: MessageLimits) -> Answers | None:
    """The answers with a file whose album began in the answered `details`; None for another reply.

    The files of an album come one by one, and nothing says which is the last.
    """
    file, gathered = reply.attachment, answers.get("details")
    if file is None or file.album is None or not gathered:
        return None
    if file.album not in {each.album for each in list_files(gathered)}:
        return None
    changes = gather_message(gathered, reply, room).changes
    return {**answers, "details": changes["details.messages"]}


def messages_input(texts: str, room: MessageLimits) -> Input:
    """One or several messages with or without files, until the resident says that it is all."""
    done = Option("done", Words(f"{texts}.options.done"))
    again = Option("again", Words(f"{texts}.options.again"))

    def so_far(answers: Answers) -> list[dict[str, Any]]:
        return list(answers.get("details.messages", ()))

    def options(answers: Answers) -> tuple[Option, ...]:
        return (done, again) if so_far(answers) else ()

    def parse(reply: Reply, answers: Answers) -> Any:
        gathered = so_far(answers)
        if reply.choice == done.value:
            if not join_texts(gathered).strip():
                raise Rejected("no-text" if gathered else "empty")
            return gathered
        if reply.choice == again.value:
            return StepNotes({"details.messages": None})
        return gather_message(gathered, reply, room)

    def show(answers: Answers) -> Mapping[str, Param]:
        gathered = so_far(answers)
        return {"characters": len(join_texts(gathered)), "files": len(list_files(gathered))}

    return Input(
        parse,
        options=options,
        prompt=lambda answers: "more" if so_far(answers) else "ask",
        prompts=("ask", "more"),
        show=show,
        reopen=lambda value: {"messages": value},
        reasons=("empty", "no-text", "too-many", "too-long", "too-large"),
    )


def text_input(texts: str, *, limit: int, optional: bool = False) -> Input:
    """Words in one message; where it is `optional`, `texts` has the label of leaving it out."""
    skip = Option("skip", Words(f"{texts}.options.skip"))
    options = (skip,) if optional else ()

    def parse(reply: Reply, _answers: Answers) -> str:
        if reply.choice is not None:
            parse_choice(reply, options)
            return ""
        typed = (reply.text or "").strip()
        if not typed:
            raise Rejected("empty")
        if len(typed) > limit:
            raise Rejected("too-long", limit=limit)
        return typed

    return Input(parse, options=lambda _answers: options, reasons=(CHOOSE, "empty", "too-long"))


def offered_input(fact: str, texts: str, *others: str) -> Input:
    """One of what the fact offers, as pairs of a value and its name, or one of the `others`.

    `texts` is the key that the labels of the others are under.
    """
    fixed = tuple(Option(value, Words(f"{texts}.options.{value}")) for value in others)

    def options(answers: Answers) -> tuple[Option, ...]:
        return (*(Option(each[0], each[1]) for each in answers.get(fact, ())), *fixed)

    return Input(
        lambda reply, answers: parse_choice(reply, options(answers)),
        options=options,
        reasons=(CHOOSE,),
    )


# A number as people write it: digits in groups, perhaps with a country code.
_PHONE = re.compile(r"\+?\d(?:[ .()-]*\d){7,14}")


def phone_input() -> Input:
    """A phone number, shared by the messenger's own button or typed."""

    def parse(reply: Reply, _answers: Answers) -> str:
        if reply.someone_elses:
            raise Rejected("someone-elses")
        typed = reply.phone or (reply.text or "").strip()
        if not _PHONE.fullmatch(typed):
            raise Rejected("not-a-phone")
        return re.sub(r"[^\d+]", "", typed)

    return Input(parse, reasons=("someone-elses", "not-a-phone"), asks=lambda _answers: "contact")


def review_input(texts: str, show: Callable[[Answers], Mapping[str, Param]]) -> Input:
    """Everything once more before it is sent; the button sends exactly what the page showed."""

    def options(answers: Answers) -> tuple[Option, ...]:
        return (Option(f"submit-{fingerprint_answers(answers)}", Words(f"{texts}.options.submit")),)

    def parse(reply: Reply, answers: Answers) -> str:
        if (reply.choice or "").startswith("submit-") and reply.choice != options(answers)[0].value:
            raise Rejected("changed")
        return parse_choice(reply, options(answers))

    return Input(parse, options=options, show=show, reviews=True, reasons=(CHOOSE, "changed"))
