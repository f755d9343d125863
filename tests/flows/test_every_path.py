"""Whatever a resident does, the conversation goes on, and every flow can be walked to its end."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.channels.telegram.render import LIMIT, Renderer, count_utf16_units
from bot.conversation.engine import Ask, Done, Reply, Stopped, advance, present
from bot.conversation.screens import show_question
from bot.conversation.service import ConversationService
from bot.feedback.intake_flow import FEEDBACK
from bot.feedback.rules import NOTICE_VERSION
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.texts import LANGUAGES, Catalogue
from storage import conversations
from storage.database import Database
from storage.models import Conversation, Kind, Submission
from storage.statements import table
from tests.flows.replies import buttons, replies
from tests.samples import POLICY

if TYPE_CHECKING:
    from bot.conversation.engine import Answers, Turn

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
RENDERER = Renderer(Catalogue(POLICY.zone))
DANGEROUS = "Cướp!!! Cứu với, gọi giúp số 0912345678"
MORE = 3 * 2 * 2 * 4  # paths of the dangerous text: danger, personal data, area, identity
fresh = itertools.count(10**6, 1000)


def checked(ask: Ask) -> Ask:
    """The question can be shown in every language, with buttons that Telegram takes."""
    screen = show_question(ask)
    for language in LANGUAGES:
        rendered = RENDERER.render(screen, language)
        assert all(0 < count_utf16_units(text) <= LIMIT for text in rendered.texts)
    for button in (*screen.choices, *screen.moves):
        assert len(button.data.encode()) <= 64
    assert screen.choices or screen.moves
    return ask


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_reply_breaks_a_conversation(data: st.DataObject) -> None:
    """Anything at any question: the outcome is a question, the end, or a stop, never an error."""
    facts: Answers = data.draw(
        st.sampled_from([{}, {"@agreed": NOTICE_VERSION}, {"@wrote_first": True}])
    )
    turn: Turn = present(FEEDBACK, facts)
    for _ in range(40):
        if not isinstance(turn, Ask):
            break
        reply = data.draw(replies(checked(turn)))
        turn = advance(FEEDBACK, turn.answers, reply)
    if isinstance(turn, Done):
        assert FEEDBACK.find_open_step(turn.answers) is None


def choices_of(ask: Ask) -> list[Reply]:
    """The ways forward from a question: every button, or something to write."""
    name = ask.step.name
    if name == "details" and "details.messages" not in ask.answers:
        # What is dangerous and names somebody is asked more; the way is the same for every kind.
        is_report = ask.answers["kind"] == Kind.REPORT
        return [Reply(text="a"), *([Reply(text=DANGEROUS)] if is_report else [])]
    if name == "details":
        return [Reply(choice="done")]
    if name == "phone":
        return [Reply(phone="+84900000000"), Reply(text="0900 000 000")]
    if name == "area":
        return [Reply(choice="31"), Reply(choice="11407")]
    # Editing the text leads back to where this began.
    return [each for each in buttons(ask) if each.move.value == "=" and each.choice != "edit"]


def walk(answers: Answers, path: list[Reply], ends: list[list[Reply]]) -> None:
    """Follow every way forward to its end."""
    turn = present(FEEDBACK, answers)
    assert isinstance(turn, Ask)
    for reply in choices_of(checked(turn)):
        following = advance(FEEDBACK, turn.answers, reply)
        if isinstance(following, Ask):
            assert following.rejected is None, (turn.step.name, reply)
            walk(following.answers, [*path, reply], ends)
        else:
            ends.append([*path, reply])


def every_path() -> list[list[Reply]]:
    """Every path through the flow, one topic standing for all: they lead the same way."""
    ends: list[list[Reply]] = []
    for kind in Kind:
        walk({"@agreed": NOTICE_VERSION, "kind": kind.value, "topic": ["theft"]}, [], ends)
    return ends


def test_every_path_leads_to_an_end() -> None:
    """The flow has no dead end: each path ends in a submission or in a stop that was chosen."""
    paths = every_path()
    # 8 kinds can be named (3 ways, one of them with 2 ways to give a number), one cannot;
    # 2 areas; two kinds have a way out before.
    # A dangerous text has 3 answers to the danger and 2 to the number in it.
    assert len(paths) == 8 * 2 * 4 + 1 * 2 * 1 + 2 + MORE


@pytest.mark.parametrize("first", [{}, {"@wrote_first": True}])
def test_every_first_question_leads_on(first: dict[str, Any]) -> None:
    """Consent and the offer to keep what was written come before anything else."""
    turn = present(FEEDBACK, first)
    assert isinstance(turn, Ask)
    assert turn.step.name == ("offer" if first else "consent")
    refusal = choices_of(turn)[-1]
    assert isinstance(advance(FEEDBACK, turn.answers, refusal), Stopped)


async def test_every_path_is_stored(database: Database) -> None:
    """Each path that ends in a submission stores one, in the database, turn by turn."""
    desk = _desk(database)
    sent = 0
    for number, path in enumerate(await asyncio.to_thread(_whole_paths), start=1):
        shown = await desk.start_flow(number * 100, number, "feedback", NOW)
        assert shown is not None
        for position, reply in enumerate(path, start=1):
            shown = await desk.handle_reply(
                number * 100 + position, number, await _bound(database, number, reply), NOW
            )
            assert shown is not None
        sent += shown.finished
    async with database.reading() as connection:
        stored = await connection.execute(select(func.count()).select_from(table(Submission)))
    assert stored.scalar_one() == sent == 8 * 2 * 4 + 2 + MORE


def _whole_paths() -> list[list[Reply]]:
    """The paths from the very first question."""
    whole = []
    for kind in Kind:
        ends: list[list[Reply]] = []
        walk({"@agreed": NOTICE_VERSION, "kind": kind.value, "topic": ["theft"]}, [], ends)
        before = [Reply(choice=NOTICE_VERSION), Reply(choice=kind.value)]
        for end in ends:
            # The topic is asked for before the area.
            area = next((n for n, each in enumerate(end) if each.choice in {"31", "11407"}), None)
            topic = [] if area is None else [Reply(choice="theft")]
            whole.append([*before, *end[:area], *topic, *end[len(end) if area is None else area :]])
    return whole


async def _bound(database: Database, chat_id: int, reply: Reply) -> Reply:
    """A reply with the stamp of these answers, where it is the one that sends."""
    if not (reply.choice or "").startswith("submit-"):
        return reply
    async with database.reading() as connection:
        row = await conversations.find_conversation(connection, chat_id)
    assert row is not None
    turn = present(FEEDBACK, row.answers)
    assert isinstance(turn, Ask)
    return next(each for each in buttons(turn) if (each.choice or "").startswith("submit-"))


def _desk(database: Database) -> ConversationService:
    return ConversationService(
        database,
        FLOW_BINDINGS,
        policy=POLICY,
        to_text=RENDERER.plain,
        draft_lifetime=timedelta(hours=24),
        max_per_minute=1000,
    )


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_turns_leave_a_conversation_that_goes_on(
    data: st.DataObject, database_url: str
) -> None:
    """Arbitrary turns against the database; each delivered twice, as a network does."""

    async def play() -> None:
        database = Database(database_url)
        try:
            await _play(database, data)
        finally:
            await database.close()

    asyncio.run(play())


async def _play(database: Database, data: st.DataObject) -> None:
    desk = _desk(database)
    chat_id = update_id = next(fresh)  # each example has a chat of its own
    await desk.start_flow(update_id, chat_id, "feedback", NOW)
    for _ in range(12):
        row = await _row(database, chat_id)
        if row is None or row.flow is None:
            break
        turn = present(FEEDBACK, row.answers)
        assert isinstance(turn, Ask)
        update_id += 1
        reply = data.draw(replies(turn))
        await desk.handle_reply(update_id, chat_id, reply, NOW)
        once = await _row(database, chat_id)
        await desk.handle_reply(update_id, chat_id, reply, NOW)
        assert await _row(database, chat_id) == once


async def _row(database: Database, chat_id: int) -> Conversation | None:
    async with database.reading() as connection:
        return await conversations.find_conversation(connection, chat_id)
