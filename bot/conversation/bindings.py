"""Bindings: each flow with the functions of the feature that it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.conversation.flow import Flow
from bot.core.requests import Chat
from bot.core.screen import Words
from bot.core.unit_of_work import UnitOfWork

# The functions by which a feature takes part in its flow; see FlowBinding.
LoadFacts = Callable[[UnitOfWork, Chat], Awaitable[Mapping[str, Any]]]
FinishFlow = Callable[[UnitOfWork, Chat, Mapping[str, Any]], Awaitable[str | None]]
StoreAnswer = Callable[[UnitOfWork, Chat, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
Remark = Callable[[Mapping[str, Any]], tuple[Words, ...]]


async def _no_facts(_work: UnitOfWork, _chat: Chat) -> Mapping[str, Any]:
    return {}


def _no_remarks(_facts: Mapping[str, Any]) -> tuple[Words, ...]:
    return ()


@dataclass(frozen=True)
class FlowBinding:
    """A flow and the functions of the feature that it belongs to.

    - `title`: the key of a text that names the conversation, such as the label of its button.
    - `opens`: the key of a button's label and its verb. At the end the button opens the subject.
    - `describe_end`: gets all answers; returns the text at the end, by default "FLOW.done".
    - `describe_cancelled`: gets the answers so far; returns the text after the conversation was
      cancelled, by default "FLOW.stopped.cancelled".
    - `begin`: returns the facts that the flow starts with.
    - `remark`: returns what is said above the first question, from the facts.
    - `finish`: gets all answers at the end; returns the code of the submission or forum that it
      made, None if it made none.
    - `answered`: maps a step to a function that gets the answers as soon as this one is given. It
      returns facts that it adds to them.
    - `lifetime`: how long a draft is kept, if not as long as others.
    - `forgets`: reasons of Stopped, such as "refused". If the flow stops for one of them, the row
      of the chat is deleted.
    - `takes_asides`: False if a greeting or a question about the bot is not answered while the flow
      is open.
    - `of_officers`: True if only officers can begin the flow.

    The functions run in the transaction of the turn. Each may raise Refused: then all that the turn
    has written is rolled back.
    """

    flow: Flow
    finish: FinishFlow
    title: str
    begin: LoadFacts = _no_facts
    opens: tuple[str, str] | None = None
    describe_end: Callable[[Mapping[str, Any]], Words] | None = None
    describe_cancelled: Callable[[Mapping[str, Any]], Words] | None = None
    answered: Mapping[str, StoreAnswer] = field(default_factory=dict)
    forgets: frozenset[str] = frozenset()
    of_officers: bool = False
    lifetime: timedelta | None = None
    takes_asides: bool = True
    remark: Remark = _no_remarks
