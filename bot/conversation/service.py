"""Turns: one update, taken in one transaction, acknowledged after its commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from bot.conversation.engine import Ask, Done, Flow, Reply, Stopped, Turn, advance, present
from bot.conversation.group_commit import Decide, TurnBatcher
from bot.conversation.screens import match_typed_label, show_question
from bot.core.requests import Chat, Refused
from bot.core.screen import Screen, Words
from bot.core.unit_of_work import UnitOfWork
from storage import conversations
from storage.conversations import Draft

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.core.policy import Policy
    from storage.database import Database
    from storage.models import Conversation


Begin = Callable[[UnitOfWork, Chat], Awaitable[Mapping[str, Any]]]
Finish = Callable[[UnitOfWork, Chat, Mapping[str, Any]], Awaitable[None]]
Answered = Callable[[UnitOfWork, Chat, Any], Awaitable[None]]


async def _no_facts(_work: UnitOfWork, _chat: Chat) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class FlowBinding:
    """A flow and what it does: the facts it begins with, what an answer or the end brings about.

    All of it happens in the transaction of the turn; `begin` and `finish` may raise
    Refused before they change anything. After a stop for a
    reason in `forgets` the chat itself is forgotten.
    """

    flow: Flow
    finish: Finish
    begin: Begin = _no_facts
    answered: Mapping[str, Answered] = field(default_factory=dict)
    forgets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TurnScreen:
    """What a turn leads to: the screen, the language, and whether a flow was finished by it."""

    screen: Screen
    language: str
    finished: bool = False


NOTHING = Screen(())  # is not shown
_MINUTE = timedelta(minutes=1)
_Decided = tuple[TurnScreen | None, Draft | None]


class ConversationService:
    """Takes turns of any chat's conversation; holds nothing that the database does not know."""

    def __init__(
        self,
        database: Database,
        matters: tuple[FlowBinding, ...],
        *,
        policy: Policy,
        say: Callable[[Words | str, str], str],
        default_language: str,
        draft_lifetime: timedelta,
        most_a_minute: int,
    ) -> None:
        """`say(words, language)` gives the plain text of a label, to understand typed ones.

        Of more than `most_a_minute` replies in a chat the first is answered, the rest are left.
        """
        self._database = database
        self._matters = {matter.flow.name: matter for matter in matters}
        self._policy = policy
        self._say = say
        self._default_language = default_language
        self._draft_lifetime = draft_lifetime
        self._most_a_minute = most_a_minute
        self._rounds = TurnBatcher(database, default_language)

    async def handle_reply(
        self, update_id: int, chat_id: int, reply: Reply, now: datetime, *, flow: str | None = None
    ) -> TurnScreen | None:
        """Take a reply in the conversation that is open; None when none is.

        A reply that came before is recognised: it changes nothing and shows what is open now.
        `flow` is the one that the pressed button belongs to.
        """

        async def decide(connection: AsyncConnection, row: Conversation) -> _Decided:
            if row.flow is None:
                return None, None
            matter = self._open_matter(row, now)
            if matter is None:
                expired = TurnScreen(Screen((Words("draft.expired"),)), row.language)
                return expired, _closed(row, update_id)
            if update_id in row.updates or flow not in (None, matter.flow.name):
                return self._shown(matter, present(matter.flow, row.answers), row.language), None
            turn = self._advance(matter.flow, row, reply)
            try:
                draft = await self._effects(connection, matter, row, turn, update_id, now)
            except Refused as refused:
                return TurnScreen(Screen((refused.words,)), row.language), _closed(row, update_id)
            return self._shown(matter, turn, row.language), draft

        return await self._taken(chat_id, decide, now)

    async def start_flow(
        self,
        update_id: int,
        chat_id: int,
        flow: str,
        now: datetime,
        *,
        facts: Mapping[str, Any] | None = None,
    ) -> TurnScreen | None:
        """Begin a flow; one that is open already goes on instead, and its question is shown.

        None when this update came before and what it began has ended since.
        """

        async def decide(connection: AsyncConnection, row: Conversation) -> _Decided:
            known = update_id in row.updates
            matter = self._open_matter(row, now)
            if matter is not None:
                shown = self._shown(matter, present(matter.flow, row.answers), row.language)
                if matter.flow.name != flow:
                    shown = _busy(shown)
                return shown, None if known else _same(row, update_id)
            if known:
                return None, None
            matter = self._matters[flow]
            try:
                chat = Chat(chat_id, row.language, row.preferences)
                begun = await matter.begin(UnitOfWork(connection, now, self._policy), chat)
            except Refused as refused:
                return TurnScreen(Screen((refused.words,)), row.language), _closed(row, update_id)
            answers = {**(facts or {}), **begun}
            draft = Draft(
                chat_id=chat_id,
                flow=flow,
                answers=answers,
                updates=conversations.remember_update(row.updates, update_id),
                started_at=now,
                expires_at=now + self._draft_lifetime,
                reminded_at=None,
            )
            return self._shown(matter, present(matter.flow, answers), row.language), draft

        return await self._taken(chat_id, decide, now, makes=True)

    async def cancel_flow(self, update_id: int, chat_id: int, now: datetime) -> TurnScreen:
        """End the open conversation and forget its answers, if one is open.

        It is remembered even where there is nothing to cancel: coming again, it must not drop what
        was begun after it.
        """

        async def decide(_connection: AsyncConnection, row: Conversation) -> _Decided:
            matter, known = self._open_matter(row, now), update_id in row.updates
            draft = None if known else _closed(row, update_id)
            if matter is None:
                return TurnScreen(Screen((Words("draft.none"),)), row.language), draft
            turn = present(matter.flow, row.answers) if known else Stopped("cancelled")
            return self._shown(matter, turn, row.language), draft

        cancelled = await self._taken(chat_id, decide, now, makes=True)
        assert cancelled is not None
        return cancelled

    async def _taken(
        self, chat_id: int, decide: Decide, now: datetime, *, makes: bool = False
    ) -> TurnScreen | None:
        """What a turn leads to, unless there were too many of them in this minute."""

        async def counted(connection: AsyncConnection, row: Conversation) -> _Decided:
            begins, count = row.counted_from, row.counted + 1
            if begins is None or now - begins >= _MINUTE:
                begins, count = now, 1
            if count > self._most_a_minute:
                slower = TurnScreen(Screen((Words("abuse.too_fast"),)), row.language)
                shown = (
                    slower
                    if count == self._most_a_minute + 1
                    else TurnScreen(NOTHING, row.language)
                )
                return shown, replace(_as_it_is(row), counted_from=begins, counted=count)
            shown, draft = await decide(connection, row)
            if draft is not None:
                draft = replace(draft, counted_from=begins, counted=count)
            return shown, draft

        return cast("TurnScreen | None", await self._rounds.take(chat_id, counted, makes=makes))

    def _advance(self, flow: Flow, row: Conversation, reply: Reply) -> Turn:
        ask = present(flow, row.answers)
        if isinstance(ask, Ask) and reply.text is not None:
            reply = match_typed_label(ask, reply, lambda words: self._say(words, row.language))
        return advance(flow, row.answers, reply)

    def _open_matter(self, row: Conversation, now: datetime) -> FlowBinding | None:
        """What the chat is in the middle of, unless its time is over or its flow is no more."""
        if row.flow is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        return self._matters.get(row.flow)

    async def _effects(
        self,
        connection: AsyncConnection,
        matter: FlowBinding,
        row: Conversation,
        turn: Turn,
        update_id: int,
        now: datetime,
    ) -> Draft | None:
        """Do what a turn brings about; the draft that it leaves."""
        chat = Chat(row.chat_id, row.language, row.preferences)
        work = UnitOfWork(connection, now, self._policy)
        match turn:
            case Ask():
                if turn.accepted is not None and turn.accepted in matter.answered:
                    value = turn.answers[turn.accepted]
                    await matter.answered[turn.accepted](work, chat, value)
                return Draft(
                    chat_id=row.chat_id,
                    flow=row.flow,
                    answers=dict(turn.answers),
                    updates=conversations.remember_update(row.updates, update_id),
                    started_at=row.started_at,
                    expires_at=now + self._draft_lifetime,
                    reminded_at=None,
                )
            case Done():
                await matter.finish(work, chat, turn.answers)
            case Stopped(reason) if reason in matter.forgets:
                await conversations.delete_conversation(connection, chat.id)
                return None
        return _closed(row, update_id)

    def _shown(self, matter: FlowBinding, turn: Turn, language: str) -> TurnScreen:
        match turn:
            case Ask():
                return TurnScreen(show_question(turn), language)
            case Stopped(reason):
                return TurnScreen(
                    Screen((Words(f"{matter.flow.name}.stopped.{reason}"),)), language
                )
            case Done():
                done = Screen((Words(f"{matter.flow.name}.done"),))
                return TurnScreen(done, language, finished=True)


def _busy(shown: TurnScreen) -> TurnScreen:
    """Something else was asked for while a conversation is open: say which comes first."""
    paragraphs = (Words("draft.busy"), *shown.screen.paragraphs)
    return replace(shown, screen=replace(shown.screen, paragraphs=paragraphs))


def _closed(row: Conversation, update_id: int) -> Draft:
    """No conversation is open any more."""
    updates = conversations.remember_update(row.updates, update_id)
    return Draft(row.chat_id, None, {}, updates, None, None, None)


def _same(row: Conversation, update_id: int) -> Draft:
    """The conversation as it is, with one more update that was taken."""
    return replace(_as_it_is(row), updates=conversations.remember_update(row.updates, update_id))


def _as_it_is(row: Conversation) -> Draft:
    return Draft(
        chat_id=row.chat_id,
        flow=row.flow,
        answers=row.answers,
        updates=row.updates,
        started_at=row.started_at,
        expires_at=row.expires_at,
        reminded_at=row.reminded_at,
    )
