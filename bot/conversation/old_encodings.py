"""Messages in an old encoding wait until their writer has confirmed the conversion: pure functions.

A text that is Vietnamese in TCVN3, VNI or misread UTF-8 is no answer yet. It is stored as the note
`old_encoding` of the open step, with its conversion, and the writer is asked which of the two is
meant. The answer keeps the version that was not chosen, too, if it keeps records of messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.conversation.reply import Reply, SentFile
from bot.core.text_encoding import convert_text

CONVERTED, ORIGINAL = "converted", "original"  # values of the buttons of the question
_NOTE = "old_encoding"


def hold_old_encoding(
    step: str, answers: Mapping[str, Any], reply: Reply, *, gathers: bool
) -> tuple[Mapping[str, Any], tuple[Reply, ...]]:
    """Return the answers, and the replies that can be parsed now; none while the question is open.

    `step` is the name of the open step. If it `gathers` messages, those that come meanwhile wait
    behind the first one. Otherwise a new message replaces the one that waits.
    """
    waiting = list_waiting(step, answers)
    released = {key: value for key, value in answers.items() if key != f"{step}.{_NOTE}"}
    if reply.choice is not None and waiting:
        if reply.choice not in {CONVERTED, ORIGINAL}:
            return answers, ()
        return released, tuple(_restore(each, reply.choice) for each in waiting)
    converted = None if reply.choice is not None or not reply.text else convert_text(reply.text)
    if not gathers:
        waiting = []
    if converted is None and not waiting:
        return released, (reply,)
    return {**answers, f"{step}.{_NOTE}": [*waiting, _make_waiting_record(reply, converted)]}, ()


def list_waiting(step: str, answers: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the messages of a step that wait for the confirmation, oldest first."""
    return list(answers.get(f"{step}.{_NOTE}", ()))


def note_early_message(
    step: str, answers: Mapping[str, Any], reply: Reply
) -> Mapping[str, Any] | None:
    """Return the note of a message that came before its step was open; None if it is right."""
    if convert_text(reply.text or "") is None:
        return None
    return add_waiting(step, answers, reply)


def add_waiting(step: str, answers: Mapping[str, Any], reply: Reply) -> Mapping[str, Any]:
    """Return the note of the messages that wait, with one more."""
    record = _make_waiting_record(reply, convert_text(reply.text or ""))
    return {f"{step}.{_NOTE}": [*list_waiting(step, answers), record]}


def _make_waiting_record(reply: Reply, converted: str | None) -> dict[str, Any]:
    """Return the record of a message that waits; `converted` is None if it is right already."""
    file = reply.attachment or reply.place
    return {
        "id": reply.message_id,
        "text": reply.text,
        "converted": converted,
        "sent_at": reply.sent_at,
        "file": asdict(file) if file else None,
    }


def _restore(waiting: Mapping[str, Any], choice: str) -> Reply:
    """Return the reply of a message that waited, with the chosen version of its text."""
    converted = waiting["converted"] if choice == CONVERTED else None
    return Reply(
        text=waiting["text"] if converted is None else converted,
        original=None if converted is None else waiting["text"],
        attachment=SentFile(**waiting["file"]) if waiting["file"] else None,
        message_id=waiting["id"],
        sent_at=waiting["sent_at"],
    )
