"""Messages that a conversation starts with: what the person wrote before its question was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation.engine import add_notes, reopen_step
from bot.conversation.flow import Answers, Flow, Rejected, Step, StepNotes
from bot.conversation.reply import PlaceProblem, Reply, SentFile
from bot.conversation.screens import explain_rejection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.screen import Words


def check_messages(flow: Flow, facts: Mapping[str, Any]) -> tuple[Answers, tuple[Words, ...]]:
    """Return the facts with only those messages that their questions take, and why not the others.

    A message counts as if it were sent at its question, one after the other, so that the limits of
    the question hold for all of them together.
    """
    checked: Answers = facts
    reasons: list[Words] = []
    for step in flow.steps:
        key = f"{step.name}.messages"
        if step.input.change_message is None or key not in facts:
            continue
        checked = {name: value for name, value in checked.items() if name != key}
        for record in facts[key]:
            checked, reason = _take_message(flow, step, checked, record)
            reasons += [] if reason is None or reason in reasons else [reason]
    return checked, tuple(reasons)


def _take_message(
    flow: Flow, step: Step, answers: Answers, record: Mapping[str, Any]
) -> tuple[Answers, Words | None]:
    if step.name in answers:
        answers = reopen_step(step, answers)
    try:
        taken = step.input.parse(restore_message(record), answers)
    except Rejected as rejected:
        if rejected.noted is not None:
            answers = add_notes(step, answers, rejected.noted)
        return answers, explain_rejection(flow, step, rejected)
    if isinstance(taken, StepNotes):
        return add_notes(step, answers, taken), None
    return {**answers, step.name: taken}, None


def restore_message(record: Mapping[str, Any]) -> Reply:
    """Return the message that a record of `make_message_record` was made of.

    Its place was checked when it came; one that was turned around is still to be asked about.
    """
    file, place = record["file"], record.get("place")
    is_place = file is not None and file["type"] == "place" and place is None
    return Reply(
        text=record["text"] or None,
        original=record.get("original"),
        attachment=SentFile(**file) if file is not None and not is_place else None,
        place=SentFile(**file) if is_place else SentFile(**place) if place else None,
        message_id=record["id"],
        sources=tuple(record.get("sources", ())),
        place_problem=PlaceProblem.SWAPPED if record.get("turned") else None,
        nearby=tuple(record["near"]) if "near" in record else None,
    )
