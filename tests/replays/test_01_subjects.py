"""Kind 1: a button under one case continues the unfinished action on another."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.conversation.bindings import FlowBinding
from bot.conversation.button_data import parse_button_data
from bot.conversation.consent import NOTICE_VERSION
from bot.conversation.flow import Flow, Step
from bot.conversation.inputs import make_message_record, text_input
from bot.conversation.long_text import DONE
from bot.conversation.message_subjects import ReplyTarget
from bot.conversation.reply import Reply
from bot.conversation.service import ConversationService
from bot.core.screen import Screen, Words
from bot.runtime.flow_bindings import FLOW_BINDINGS
from tests.policy import POLICY
from tests.town.settings import START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.turns import TurnScreen
    from bot.core.requests import Chat
    from bot.core.screen import Button
    from bot.core.unit_of_work import UnitOfWork
    from storage.database import Database

WORDS = ("27/12/2026 8h30", "31/01/2027", "An Biên", "một lý do rõ ràng", "50", "HP-AAAA-BBBB")
CODES = ("HP-2222-2222", "HP-3333-3333")
FACTS = {
    "@now": START.isoformat(),
    "@zone": "Asia/Ho_Chi_Minh",
    "@officers": [["1", "An"]],
    "@alike": [],
    "@reopens": True,
    "@agreed": NOTICE_VERSION,
}
NOBODY = "no subject"  # of words whose message was no answer to a question with a subject
# Conversations about a case, a forum or a submission; the others have no subject.
WITH_SUBJECT = [
    binding.flow
    for binding in FLOW_BINDINGS
    if binding.flow.name
    not in {"feedback", "subscription", "claim", "newforum", "away", "template", "correction"}
]
# What "continue" starts when no conversation is open any more.
OTHER = Flow("feedback", (Step("review", text_input("note.text", limit=100)),))


async def finish_other(_work: UnitOfWork, _chat: Chat, _answers: Mapping[str, Any]) -> None:
    """Do nothing: this conversation has no subject."""


class RandomPerson:
    """A person who presses buttons and types at random, in a conversation of one flow."""

    def __init__(self, database: Database, flow: Flow, seed: int) -> None:
        self.dice = random.Random(seed)
        self.flow = flow
        self.chat = 7 + seed
        self.updates = 0
        self.screens: list[Screen] = []
        self.typed: dict[str, str | None] = {}
        self.written: dict[int, str] = {}  # words of the person's messages, by message id
        self.finished = 0
        self.pressed_about: str | None = None
        binding = FlowBinding(flow, finish=self.check_answers, title="case.do.note")
        other = FlowBinding(OTHER, finish=finish_other, title="start.feedback")
        self.service = ConversationService(
            database,
            (binding, other),
            policy=POLICY,
            to_text=lambda words, _language: words if isinstance(words, str) else words.key,
            draft_lifetime=timedelta(hours=24),
            max_per_minute=100_000,
        )

    async def check_answers(
        self, _work: UnitOfWork, _chat: Chat, answers: Mapping[str, Any]
    ) -> None:
        """Check that each text and the last press reached the subject that their question named."""
        self.finished += 1
        subject = answers["@about"]
        for text, named in self.typed.items():
            if text in repr({k: v for k, v in answers.items() if k[0] != "@"}):
                assert named == subject, (text, named, subject)
        if self.pressed_about is not None:
            assert self.pressed_about == subject

    def name_subject(self, screen: Screen) -> str | None:
        """Return the subject that a screen names; None for the question which to continue."""
        for words in screen.paragraphs:
            if words.key == "draft.about":
                return str(words.params["about"])
        return None

    def read_screen(self, turn: TurnScreen | None) -> None:
        """Store the screen of a turn, and check the length of its button data."""
        if turn is not None and turn.screen.paragraphs:
            for button in (*turn.screen.choices, *turn.screen.navigation):
                assert len(button.data.encode()) <= 64  # Telegram takes no more
            self.screens.append(turn.screen)

    async def start(self) -> None:
        """Press the button that starts the flow, under one of two subjects."""
        code = self.dice.choice(CODES)
        facts = {**FACTS, "@code": code, "@about": code}
        self.read_screen(
            await self.service.start_flow(
                self.updates, self.chat, self.flow.name, START, facts=facts
            )
        )

    async def type_words(self) -> None:
        """Send a text, usually one that was not sent before."""
        words = self.dice.choice(WORDS)
        if self.dice.random() < 0.7:
            words = f"lời thứ {self.updates} của tôi"
            self.typed[words] = self.name_subject(self.screens[-1]) if self.screens else None
        reply = Reply(text=words, message_id=self.updates)
        self.written[self.updates] = words
        self.pressed_about = None
        self.read_screen(await self.service.handle_reply(self.updates, self.chat, reply, START))

    async def reply_to_message(self) -> None:
        """Reply in Telegram's sense to a message about one of the subjects, as an alert is."""
        code = self.dice.choice(CODES)
        words = f"lời đáp {self.updates} của tôi"
        self.typed[words] = code
        self.written[self.updates] = words
        self.pressed_about = None
        reply = Reply(text=words, message_id=self.updates, reply_to=1)
        facts = {**FACTS, "@code": code, "@about": code}
        first = self.flow.steps[0]
        if first.input.change_message is not None:
            facts[f"{first.name}.messages"] = [make_message_record(reply)]
        asked_in = self.dice.choice(("", self.flow.name))
        target = ReplyTarget(code, self.flow.name, facts, asked_in=asked_in)
        turn = await self.service.handle_reply(self.updates, self.chat, reply, START, target=target)
        if turn is None:  # as the adapter does
            turn = await self.service.start_flow(
                self.updates, self.chat, self.flow.name, START, facts=facts
            )
        self.read_screen(turn)

    async def edit_message(self) -> None:
        """Edit an earlier message: the new words are for the subject that the old ones were for."""
        if not self.written:
            return
        number, old = self.dice.choice(list(self.written.items()))
        new = self.dice.choice(("Gửi", "1", f"lời sửa {self.updates} của tôi"))
        if new not in {"Gửi", "1"}:
            self.typed[new] = self.typed.get(old, NOBODY)
        self.written[number] = new
        reply = Reply(text=new, message_id=number, edited=True)
        before = self.finished
        shown = await self.service.handle_reply(self.updates, self.chat, reply, START)
        if new in {"Gửi", "1"}:
            assert self.finished == before, "an edit has pressed a button"
        self.read_screen(shown)

    async def press_button(self) -> None:
        """Press any button of any screen, old or new."""
        screens = [screen for screen in self.screens if (*screen.choices, *screen.navigation)]
        if not screens:
            return
        newest = self.dice.random() < 0.8
        screen = screens[-1] if newest else self.dice.choice(screens)
        leads_on = bool(screen.choices) and self.dice.random() < 0.7
        await self.press(
            screen,
            self.dice.choice(screen.choices if leads_on else (*screen.choices, *screen.navigation)),
        )

    async def press(self, screen: Screen, button: Button) -> None:
        """Press a button of a screen."""
        data = button.data
        if data == "draft:switch":
            self.read_screen(await self.service.switch_flow(self.updates, self.chat, START))
        elif data == "draft:resume":
            self.read_screen(
                await self.service.start_flow(
                    self.updates, self.chat, OTHER.name, START, resumes=True
                )
            )
        else:
            parsed = parse_button_data(data)
            assert parsed is not None
            self.pressed_about = self.name_subject(screen)
            self.read_screen(
                await self.service.handle_reply(
                    self.updates, self.chat, parsed[1], START, flow=parsed[0]
                )
            )

    async def seek_end(self, steps: int) -> None:
        """Answer the newest question until a conversation has ended, with this many actions."""
        for _ in range(steps):
            if self.finished:
                return
            self.updates += 1
            screen = self.screens[-1] if self.screens else Screen(())
            done = [each for each in screen.choices if each.label == Words(DONE)]
            if not screen.navigation and not screen.choices:
                await self.start()
            elif done or (screen.choices and self.dice.random() < 0.6):
                await self.press(screen, self.dice.choice(done or screen.choices))
            else:
                await self.type_words()

    async def act_randomly(self, steps: int) -> None:
        """Perform this many random actions."""
        for _ in range(steps):
            self.updates += 1
            act = self.dice.choices(ACTS, WEIGHTS)[0]
            await act(self)


ACTS = (
    RandomPerson.start,
    RandomPerson.type_words,
    RandomPerson.edit_message,
    RandomPerson.reply_to_message,
    RandomPerson.press_button,
)
WEIGHTS = (1, 4, 1, 1, 6)
SEEDS, ACTIONS = range(3), 80  # so many that all flows take less than a minute


@pytest.mark.parametrize("flow", WITH_SUBJECT, ids=lambda flow: flow.name)
async def test_words_reach_only_the_subject_that_their_question_named(
    database: Database, flow: Flow
) -> None:
    """With two subjects, old and new buttons, random texts, edits and replies, in every flow."""
    finished = 0
    for seed in SEEDS:
        player = RandomPerson(database, flow, seed)
        await player.act_randomly(ACTIONS)
        await player.seek_end(ACTIONS)
        finished += player.finished
    assert finished, "no conversation came to its end"
