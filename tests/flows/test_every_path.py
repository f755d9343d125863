"""The intake flow: no reply breaks it, and every path through it leads to an end."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.channels.telegram.render import MAX_UNITS, Renderer, count_utf16_units
from bot.conversation.consent import NOTICE_VERSION
from bot.conversation.engine import Ask, Done, Stopped, advance, list_editable, present
from bot.conversation.reply import Navigation, Reply
from bot.conversation.screens import show_question
from bot.conversation.service import ConversationService
from bot.feedback.intake_flow import FEEDBACK_FLOW
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.texts import LANGUAGES, Catalogue
from storage import conversations
from storage.conversations import StoredChat
from storage.database import Database
from storage.models import Kind, Submission
from storage.statements import table
from tests.flows.replies import draw_replies, list_button_replies
from tests.policy import POLICY

if TYPE_CHECKING:
    from bot.conversation.engine import TurnResult
    from bot.conversation.flow import Answers
    from bot.conversation.turns import TurnScreen

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
RENDERER = Renderer(Catalogue(POLICY.zone))
TEXT, WITH_NUMBER = "Đèn đường hỏng.", "Đèn đường hỏng, số của tôi là 0912345678."
# Of nine kinds two need a way of contact (3, one of them with 2 ways to give a number); a
# denunciation never has one, the others have the usual one.
WAYS = 6 * 1 + 2 * 4 + 1
AREAS = 2
fresh = itertools.count(10**6, 1000)


def check_question(ask: Ask) -> Ask:
    """Check that a question can be rendered in every language and its buttons fit; return it."""
    screen = show_question(ask)
    for language in LANGUAGES:
        rendered = RENDERER.render(screen, language)
        assert all(0 < count_utf16_units(text) <= MAX_UNITS for text in rendered.texts)
    for button in (*screen.choices, *screen.navigation):
        assert len(button.data.encode()) <= 64
    assert screen.choices or screen.navigation
    return ask


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_reply_breaks_a_conversation(data: st.DataObject) -> None:
    """After any reply there is a question, the end, or a stop, never an error."""
    facts: Answers = data.draw(
        st.sampled_from([{}, {"@agreed": NOTICE_VERSION}, {"@wrote_first": True}])
    )
    turn: TurnResult = present(FEEDBACK_FLOW, facts)
    for _ in range(40):
        if not isinstance(turn, Ask):
            break
        reply = data.draw(draw_replies(check_question(turn)))
        turn = advance(FEEDBACK_FLOW, turn.answers, reply)
    if isinstance(turn, Done):
        assert FEEDBACK_FLOW.find_open_step(turn.answers) is None


def list_choices(ask: Ask) -> list[Reply]:
    """Return the replies that lead forward from a question: every button, or a text."""
    name = ask.step.name
    if name == "details" and "details.messages" not in ask.answers:
        # Personal data are hidden unless the person changes that: the way is the same.
        return [Reply(text=TEXT), Reply(text=WITH_NUMBER)]
    if name == "details":
        return [Reply(choice="done")]
    if name == "phone":
        return [Reply(phone="+84900000000"), Reply(text="0900 000 000")]
    if name == "area":
        return [Reply(choice="31"), Reply(choice="11407")]
    # Adding to the text leads back to where this began.
    return [
        each
        for each in list_button_replies(ask)
        if each.navigation.value == "=" and each.choice != "add"
    ]


def follow_every_choice(answers: Answers, path: list[Reply], ends: list[list[Reply]]) -> None:
    """Append every path from these answers to an end to `ends`."""
    turn = present(FEEDBACK_FLOW, answers)
    assert isinstance(turn, Ask)
    for reply in list_choices(check_question(turn)):
        following = advance(FEEDBACK_FLOW, turn.answers, reply)
        if isinstance(following, Ask):
            assert following.rejected is None, (turn.step.name, reply)
            follow_every_choice(following.answers, [*path, reply], ends)
        else:
            ends.append([*path, reply])


def list_every_path() -> list[list[Reply]]:
    """Return every path through the flow. One topic stands for all, which lead the same way."""
    ends: list[list[Reply]] = []
    for kind in Kind:
        follow_every_choice(
            {"@agreed": NOTICE_VERSION, "kind": kind.value, "topic": ["theft"]}, [], ends
        )
    return ends


def test_every_path_leads_to_an_end() -> None:
    """The flow has no dead end: each path ends in a submission or in a chosen stop."""
    paths = list_every_path()
    assert len(paths) == 2 * AREAS * WAYS


def test_every_answer_can_be_changed_from_the_card() -> None:
    """Each leads back to the card, some with one question more."""
    answers = {"@agreed": NOTICE_VERSION, "area": "31"}
    card = advance(FEEDBACK_FLOW, answers, Reply(text=WITH_NUMBER))
    assert isinstance(card, Ask)
    names = [step.name for step in list_editable(FEEDBACK_FLOW, card.answers)]
    assert names == ["details", "kind", "topic", "area", "identity", "personal"]
    for name in names:
        edit = Reply(choice=name, navigation=Navigation.EDIT)
        asked = advance(FEEDBACK_FLOW, card.answers, edit)
        assert isinstance(asked, Ask)
        assert asked.step.name == name
        ends: list[list[Reply]] = []
        follow_every_choice(asked.answers, [], ends)
        assert ends


@pytest.mark.parametrize("first", [{}, {"@wrote_first": True, "@doubtful": True}])
def test_every_first_question_leads_on(first: dict[str, Any]) -> None:
    """The consent, or the offer to keep the text, comes first; refusing it stops the flow."""
    turn = present(FEEDBACK_FLOW, first)
    assert isinstance(turn, Ask)
    assert turn.step.name == ("offer" if first else "consent")
    refusal = list_choices(turn)[-1]
    assert isinstance(advance(FEEDBACK_FLOW, turn.answers, refusal), Stopped)


async def test_every_path_is_stored(database: Database) -> None:
    """Each path that ends in a submission stores one, turn by turn."""
    desk = _make_service(database)
    sent = 0
    for number, path in enumerate(await asyncio.to_thread(_list_whole_paths), start=1):
        shown: TurnScreen | None = await desk.start_flow(number * 100, number, "feedback", NOW)
        assert shown is not None
        for position, reply in enumerate(path, start=1):
            shown = await desk.handle_reply(
                number * 100 + position, number, await _with_stamp(database, number, reply), NOW
            )
            assert shown is not None
        sent += shown.finished
    async with database.reading() as connection:
        stored = await connection.execute(select(func.count()).select_from(table(Submission)))
    assert stored.scalar_one() == sent == AREAS * WAYS


def _list_whole_paths() -> list[list[Reply]]:
    """Return the paths from the very first question, with each kind chosen on the card."""
    whole: list[list[Reply]] = []
    for kind in Kind:
        for area in ("31", "11407"):
            path = [
                Reply(choice=NOTICE_VERSION),
                Reply(text=TEXT),
                Reply(choice=area),
                Reply(choice="kind", navigation=Navigation.EDIT),
                Reply(choice=kind.value),
            ]
            turn: TurnResult = present(FEEDBACK_FLOW, {})
            for reply in path:
                assert isinstance(turn, Ask)
                turn = advance(FEEDBACK_FLOW, turn.answers, reply)
            assert isinstance(turn, Ask)
            follow_every_choice(turn.answers, path, whole)
    return whole


async def _with_stamp(database: Database, chat_id: int, reply: Reply) -> Reply:
    """Return the reply; a submit gets the stamp of the present answers."""
    if not (reply.choice or "").startswith("submit-"):
        return reply
    async with database.reading() as connection:
        row = await conversations.find_conversation(connection, POLICY.pseudonyms, chat_id)
    assert row is not None
    turn = present(FEEDBACK_FLOW, row.answers)
    assert isinstance(turn, Ask)
    return next(
        each for each in list_button_replies(turn) if (each.choice or "").startswith("submit-")
    )


def _make_service(database: Database) -> ConversationService:
    """Return a conversation service on the database."""
    return ConversationService(
        database,
        FLOW_BINDINGS,
        policy=POLICY,
        to_text=RENDERER.render_plain,
        draft_lifetime=timedelta(hours=24),
        max_per_minute=1000,
    )


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_repeated_turn_changes_nothing(data: st.DataObject, database_url: str) -> None:
    """Arbitrary turns on the database, each delivered twice as a network may do."""

    async def play() -> None:
        database = Database(database_url)
        try:
            await _play_turns(database, data)
        finally:
            await database.close()

    asyncio.run(play())


async def _play_turns(database: Database, data: st.DataObject) -> None:
    """Play turns; the second delivery of each leaves the row unchanged."""
    desk = _make_service(database)
    chat_id = update_id = next(fresh)  # each example has a chat of its own
    await desk.start_flow(update_id, chat_id, "feedback", NOW)
    for _ in range(12):
        row = await _find_row(database, chat_id)
        if row is None or row.flow is None:
            break
        turn = present(FEEDBACK_FLOW, row.answers)
        assert isinstance(turn, Ask)
        update_id += 1
        reply = data.draw(draw_replies(turn))
        await desk.handle_reply(update_id, chat_id, reply, NOW)
        once = await _find_row(database, chat_id)
        await desk.handle_reply(update_id, chat_id, reply, NOW)
        assert await _find_row(database, chat_id) == once


async def _find_row(database: Database, chat_id: int) -> StoredChat | None:
    """Return the conversation of a chat, None if there is none."""
    async with database.reading() as connection:
        return await conversations.find_conversation(connection, POLICY.pseudonyms, chat_id)
