"""Number 4: a thief links named to unnamed residents without the key, no better than by chance."""

from __future__ import annotations

import random
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.casework.reachability import Reachability
from bot.channels.telegram.reply import DirectReply
from bot.conversation.consent import NOTICE_VERSION
from bot.core.requests import Chat
from bot.core.screen import Screen, Words
from bot.feedback import intake_service
from bot.forums.subscriptions import service as subscriptions
from bot.runtime import jobs
from tests.attacks.linking import Attacker, compute_limit
from tests.attacks.stolen_copy import steal_copy
from tests.transport.rows import add_fault, make_text_update

if TYPE_CHECKING:
    from datetime import datetime

    from tests.town.town import Town

PEOPLE, DAYS, FIRST_ID = 1000, 30, 5_000_000
WARDS = ("11407", "11413", "11329")


class Crowd:
    """Residents who live through a month: half give a named and an unnamed opinion, days apart."""

    def __init__(self, town: Town) -> None:
        self.town, self.chance, self.updates = town, random.Random(14), 9_000_000
        self.conversations = town.app._make_conversations()
        self.reachability = Reachability(town.app.policy)
        self.started = town.now
        self.codes: dict[int, list[str]] = {}
        self.languages = {
            FIRST_ID + number: "en" if self.chance.random() < 0.1 else "vi"
            for number in range(PEOPLE)
        }

    def plan_month(self) -> list[tuple[datetime, int, str]]:
        """Return what happens as (time, chat id, act), in the order of time."""
        plan = []
        for number, chat_id in enumerate(self.languages):
            begun = self.started + timedelta(seconds=self.chance.uniform(0, DAYS * 86_400 / 2))
            later = begun + timedelta(days=self.chance.uniform(1, DAYS / 2))
            acts = (
                ["channel", "unnamed"] if number % 2 else [("channel", "unnamed")[number // 2 % 2]]
            )
            self.chance.shuffle(acts)
            plan += [(at, chat_id, act) for at, act in zip((begun, later), acts, strict=False)]
            end = self.started + timedelta(days=DAYS)
            if number % 3 == 0:
                plan.append((end + timedelta(minutes=number), chat_id, "block"))
            if number % 9 == 0:
                plan.append((end + timedelta(days=2, minutes=number), chat_id, "return"))
            if number % 5 == 0:
                plan.append((later + timedelta(hours=3), chat_id, "subscribe"))
            if number % 4 == 1:
                plan.append((later + timedelta(hours=4), chat_id, "look"))
            if number % 7 == 0:
                plan.append((later + timedelta(hours=5), chat_id, "fail"))
        return sorted(plan)

    async def live(self) -> None:
        """Let everything happen, and send what is due as time passes."""
        agreed: set[int] = set()
        for count, (at, chat_id, act) in enumerate(self.plan_month()):
            self.town.now = at
            chat = Chat(chat_id, self.languages[chat_id])
            match act:
                case "block":
                    async with self.town.app.database.transaction() as connection:
                        await self.reachability.mark_person_lost(connection, chat_id, at)
                case "return":
                    async with self.town.app.database.transaction() as connection:
                        await self.reachability.mark_chat_reachable(connection, chat_id)
                case "subscribe":
                    async with self.town.work() as work:
                        await subscriptions.subscribe(work, chat, {"area": WARDS[count % 3]})
                case "look":
                    await self.look(chat, *self.codes[chat_id])
                case "fail":
                    self.updates += 1
                    update = make_text_update(self.updates, chat_id, text=7)
                    await self.town.app.update_handler.handle_update(update)
                case _:
                    await self.give(chat, act, is_first=chat_id not in agreed)
                    agreed.add(chat_id)
            if count % 100 == 0:
                await self.town.settle()
                await jobs.sweep_outbox(self.town.app.job_context)
        await self.town.settle()
        await jobs.sweep_outbox(self.town.app.job_context)

    async def give(self, chat: Chat, identity: str, *, is_first: bool) -> None:
        """Give an opinion: begin the conversation, agree, answer, submit; look at it afterwards."""
        town = self.town
        self.updates += 1
        await self.conversations.start_flow(self.updates, chat.id, "feedback", town.now)
        if is_first:
            async with town.work() as work:
                await intake_service.record_consent(work, chat, {"consent": NOTICE_VERSION})
        town.now += timedelta(seconds=self.chance.uniform(60, 400))
        answers: dict[str, Any] = {
            "kind": self.chance.choice(("report", "comment", "proposal")),
            "topic": [self.chance.choice(("theft", "patrol", "other"))],
            "area": self.chance.choice(WARDS),
            "details": [{"id": self.updates, "text": "Ý kiến", "file": None}],
            "identity": identity,
        }
        async with town.work() as work:
            code = await intake_service.receive_submission(work, chat, answers)
        self.updates += 1
        await self.conversations.cancel_flow(self.updates, chat.id, town.now)
        self.codes.setdefault(chat.id, []).append(code)
        if self.chance.random() < 0.3:  # Telegram takes no reply for a while
            add_fault(town, "429", chat_id=chat.id, retry_after=5)
        await self.look(chat, code)

    async def look(self, chat: Chat, *codes: str) -> None:
        """Look at own opinions, one after the other."""
        for code in codes:
            screen, about = Screen((Words("draft.none"),)), ("mine", code)
            reply = DirectReply(screen, chat.language, about=about)
            self.town.app.replies.enqueue_reply(chat.id, reply)
        await self.town.app.replies.wait_until_sent()


async def test_linking_is_no_better_than_chance(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """A thousand residents; equality and nearness of all columns over all pairs of tables."""
    await town.officer("Bình")
    crowd = Crowd(town)
    for chat_id, language in crowd.languages.items():
        town.simulator.state.add_user(first_name="R", id=chat_id, language_code=language)
        town.simulator.state.get_account().started_by.add(chat_id)
    await crowd.live()
    pseudonyms = town.app.policy.pseudonyms
    owners = {
        number: chat_id
        for chat_id in crowd.languages
        for number in pseudonyms.list_chat_ids(chat_id)
    }
    copy = await steal_copy(town.app.database)
    attacker = Attacker(copy, owners)
    scores = attacker.try_everything()
    best = scores[0]
    limit = compute_limit(best.by_chance, len(scores))
    report = [
        f"{len(scores)} ways of linking; {best.by_chance:.2f} links are right by chance,"
        f" at most {limit} within noise. The best ways:",
        *(f"{each.right:8.2f} of {PEOPLE // 2}: {each.columns}" for each in scores[:8]),
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(report) + "\n")
    assert best.right <= limit, best
