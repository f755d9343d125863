"""Interruptions: a conversation that comes before the open one, such as that about a danger.

The open conversation is suspended: its draft becomes a fact of the conversation that interrupts it.
It goes on when that one has ended. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import make_message_record
from bot.conversation.subjects import forget_asked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.conversation.reply import Reply
    from bot.conversation.turns import TurnScreen
    from storage.conversations import Draft, StoredChat

# The facts of a conversation that interrupts another: the draft of that one, and what the first
# message would have started if no conversation was open.
SUSPENDED, INSTEAD = "@suspended", "@instead"
# The fact of a conversation that its text was taken for urgent, and that the person denied it.
NOT_URGENT = "@not_urgent"
NOT_MEANT = "not_urgent"  # the reason of Stop: the messages belong to the conversation before


@dataclass(frozen=True, slots=True)
class Interruption:
    """The conversation that a message begins before all others.

    - `flow`: the name of the flow; its step `step` gathers the messages.
    - `instead`: the flow that the message starts if it turns out not to be urgent, and its facts.
    """

    flow: str
    step: str
    instead: tuple[str, Mapping[str, Any]]


def make_facts(interruption: Interruption, row: StoredChat | None, reply: Reply) -> dict[str, Any]:
    """Return the facts of the conversation that interrupts; `row` has the open one, if any."""
    flow, facts = interruption.instead
    made: dict[str, Any] = {
        f"{interruption.step}.messages": [make_message_record(reply)],
        INSTEAD: {"flow": flow, "facts": dict(facts)},
    }
    if row is not None:
        made[SUSPENDED] = {
            "flow": row.flow,
            "answers": forget_asked(row.answers),
            "started_at": _dump_time(row.started_at),
            "expires_at": _dump_time(row.expires_at),
        }
    return made


def restore_draft(answers: Mapping[str, Any], draft: Draft) -> Draft | None:
    """Return the suspended draft in place of the one that ended; None if none was suspended."""
    suspended = answers.get(SUSPENDED)
    if suspended is None:
        return None
    return replace(
        draft,
        flow=suspended["flow"],
        answers=suspended["answers"],
        started_at=_load_time(suspended["started_at"]),
        expires_at=_load_time(suspended["expires_at"]),
    )


def list_gathered(answers: Mapping[str, Any], step: str) -> Sequence[Mapping[str, Any]]:
    """Return the records of the messages that the conversation gathered, answered or not."""
    gathered: list[Mapping[str, Any]] = answers.get(step) or answers.get(f"{step}.messages") or []
    return gathered


def begin_instead(answers: Mapping[str, Any], step: str) -> tuple[str, dict[str, Any]] | None:
    """Return the flow that the messages start as they are not urgent, and its facts, if any."""
    instead = answers.get(INSTEAD)
    if instead is None:
        return None
    facts = {**instead["facts"], NOT_URGENT: True}
    for name in instead["facts"]:
        if name.endswith(".messages"):
            facts[name] = list(list_gathered(answers, step))
    return instead["flow"], facts


def show_resumed(ended: TurnScreen, resumed: TurnScreen) -> TurnScreen:
    """Return the question of the resumed conversation below the end of the one before it."""
    paragraphs = (*ended.screen.paragraphs, *resumed.screen.paragraphs)
    screen = replace(resumed.screen, paragraphs=paragraphs)
    return replace(resumed, screen=screen, finished=ended.finished)


def _dump_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _load_time(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)
