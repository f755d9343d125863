"""A person with a Telegram chat: writes, presses buttons, and reads what the bot answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.feedback.intake_flow import FEEDBACK_FLOW
from bot.texts import LANGUAGES, load_texts
from tests.town.texts import contains_text, is_label

if TYPE_CHECKING:
    from tests.town.group import Group
    from tests.town.town import Replica, Town


@dataclass
class Person:
    """A resident or an officer. `id` is the id of both the user and the private chat."""

    town: Town
    id: int
    name: str

    # Actions. Each one returns when the bot has handled it and sent everything that is due.

    async def says(self, text: str, *, to: Replica | None = None) -> None:
        """Send a text message; its update goes to the replica `to`, by default the first."""
        await self.does("text", text, to=to)

    async def says_in(self, group: Group, text: str, topic: str | None = None) -> None:
        """Send a text message in a group, in one of its forum topics if `topic` is given."""
        thread = group.topics.get(topic or "")
        await self.does("text", text, chat_id=group.id, message_thread_id=thread)

    async def taps(self, label: str, *, of: str = "", to: Replica | None = None) -> None:
        """Press the newest button with this label: the key of a text, or a name.

        Only messages that contain `of` count. Raises AssertionError if there is no such button.
        """
        labels = {load_texts(language).get(label, label) for language in LANGUAGES}
        messages = [m for m in self.messages if of in m.get("text", m.get("caption", ""))]
        for message in reversed(messages):
            for button in _list_buttons(message):
                if button["text"] in labels:
                    data, number = button["callback_data"], message["message_id"]
                    await self.does("press", message_id=number, data=data, to=to)
                    return
        raise AssertionError(f"{self.name} sees no button {labels}: {self.sees}")

    async def taps_in(self, group: Group, key: str) -> None:
        """Press the button with the label of a key, of the newest message in a group."""
        await self.does("press", label=load_texts("vi")[key], chat_id=group.id)

    async def presses_data(self, data: str, message: dict[str, Any] | None = None) -> None:
        """Press a button with this data, although the chat may not show it (any more).

        The button claims to belong to `message`, by default to the newest message.
        """
        query = {
            "id": "made by the test",
            "from": {"id": self.id, "is_bot": False, "first_name": self.name},
            "chat_instance": "1",
            "message": message or self.messages[-1],
            "data": data,
        }
        await self.does("update", {"callback_query": query})

    async def does(self, act: str, *given: Any, to: Replica | None = None, **named: Any) -> None:
        """Perform an action of the control interface, for example "photo" or "block".

        `given` and `named` are the arguments of its method in `bot.simulator.person_actions`.
        """
        self.town.simulator.people.perform_action(act, self.id, *given, **named)
        await self.town.deliver(to)

    async def writes(self, text: str) -> None:
        """Send a long text as one message, and say that it is all."""
        await self.says(text)
        await self.taps("gather.done")

    async def sends_at_once(self, *texts: str) -> None:
        """Send several messages before the bot can answer, as a client does with a long paste."""
        for text in texts:
            self.town.simulator.people.perform_action("text", self.id, text)
        await self.town.deliver()

    async def edits(self, old: str, new: str, *, to: Replica | None = None) -> None:
        """Edit the newest own message with the text `old`."""
        await self.does("edit", message_id=self.find_own(old), text=new, to=to)

    def find_own(self, text: str) -> int:
        """Return the id of the person's newest own message with this text."""
        own = [m for m in self.messages if not m["from"]["is_bot"]]
        ids = [m["message_id"] for m in own if text in (m.get("text"), m.get("caption"))]
        assert ids, f"{self.name} has not written {text!r}"
        return int(ids[-1])

    def find_message(self, message_id: int) -> dict[str, Any]:
        """Return the message of the private chat with this id, in the form of the Bot API."""
        return next(m for m in self.messages if m["message_id"] == message_id)

    # What the chat shows.

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages of the private chat, oldest first, in the form of the Bot API."""
        return self.town.simulator.list_messages(self.id)

    @property
    def heard(self) -> list[str]:
        """The texts of all messages of the bot, oldest first; "" for a message without text."""
        return [message.get("text", "") for message in self._list_bot_messages()]

    @property
    def sees(self) -> str:
        """The text of the bot's newest message, "" if there is none."""
        return self.heard[-1] if self.heard else ""

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons under the bot's newest message."""
        messages = self._list_bot_messages()
        return [button["text"] for button in _list_buttons(messages[-1])] if messages else []

    def is_asked(self, key: str) -> bool:
        """Return True if the newest message asks the question of a step, such as "feedback.area".

        A question can have several texts (`Input.prompts`); any of them counts, and so does one
        line with its buttons. Raises KeyError for an unknown question.
        """
        flow, _, step = key.partition(".")
        prompts = (
            FEEDBACK_FLOW.by_name[step].input.prompts if flow == FEEDBACK_FLOW.name else ("ask",)
        )
        forms = [self.is_told(f"{key}.{prompt}") for prompt in prompts]
        return any(forms) or (self.is_told_briefly and self._has_button_of(key))

    @property
    def is_told_briefly(self) -> bool:
        """True if the newest message is one line with the buttons of the question before it."""
        return len(self.sees.splitlines()) <= 4

    def _has_button_of(self, question: str) -> bool:
        messages = self._list_bot_messages()
        found = _list_buttons(messages[-1]) if messages else []
        return any(re.match(rf"{re.escape(question)}[=<!~]", b["callback_data"]) for b in found)

    def is_told(self, key: str) -> bool:
        """Return True if the newest message contains the text of a key, in any language."""
        return contains_text(self.sees, key)

    def was_told(self, key: str) -> bool:
        """Return True if any message of the bot contains this text; see `contains_text`."""
        return self.count_told(key) > 0

    def count_told(self, key: str) -> int:
        """Return the number of the bot's messages that contain this text."""
        contains_text("", key)  # an unknown key is an error even if nothing was said
        return sum(contains_text(text, key) for text in self.heard)

    def has_heard(self, words: str) -> bool:
        """Return True if any message of the bot contains these words, for example a code."""
        return self.count_heard(words) > 0

    def count_heard(self, words: str) -> int:
        """Return the number of the bot's messages that contain these words."""
        return sum(words in text for text in self.heard)

    def is_offered(self, key: str) -> bool:
        """Return True if the bot's newest message has a button with the label of this key.

        The label counts in every language. Raises KeyError for an unknown key.
        """
        is_label("", key)  # an unknown key is an error even if there are no buttons
        return any(is_label(label, key) for label in self.buttons)

    def _list_bot_messages(self) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["from"]["is_bot"]]

    # Walks through the intake conversation.

    async def gives(self, text: str, **chosen: str) -> str:
        """Submit an opinion, from /feedback to the receipt; return the receipt's code.

        `chosen` names what to choose on the review card or at a question: `kind="praise"`,
        `identity="unnamed"`, `topic`, `personal`; the values are the ends of
        `feedback.QUESTION.options.…` in `bot/texts`. `area` is the name of a unit; without it the
        area is skipped. By default it is a report about theft.
        """
        await self.begins()
        await self.says(text)
        return await self.finishes(**chosen)

    async def reports_danger(self, text: str) -> str:
        """Report a danger that exists now, and leave its place open; return the code."""
        await self.says(text)
        await self.taps("urgent.report.options.now")
        await self.says("Bỏ qua")
        return self.code

    async def begins(self) -> None:
        """Send /feedback, and agree to the notice if it is shown."""
        await self.says("/feedback")
        if self.is_asked("feedback.consent"):
            await self.taps("feedback.consent.options.agree")

    async def finishes(self, **chosen: str) -> str:
        """Answer the questions that come after the text, and submit; return the code."""
        await self.reaches("feedback.review", **chosen)
        await self.corrects(**chosen)
        await self.taps("feedback.review.options.submit")
        return self.code

    async def reaches(self, question: str, **chosen: str) -> None:
        """Answer the questions that come before `question`."""
        for _ in range(10):
            if self.is_asked(question):
                return
            if self.is_asked("feedback.consent"):
                await self.taps("feedback.consent.options.agree")
            elif self.is_offered("urgent.report.options.not_urgent"):
                await self.taps("urgent.report.options.not_urgent")
            elif self.is_offered("feedback.details.options.done"):
                await self.taps("feedback.details.options.done")
            elif self.is_asked("feedback.area"):
                await self._chooses_area(chosen.get("area"))
            elif self.is_asked("feedback.identity"):
                await self.taps(f"feedback.identity.options.{chosen.get('identity', 'channel')}")
        raise AssertionError(f"{self.name} does not come to {question}: {self.sees}")

    async def corrects(self, **chosen: str) -> None:
        """Change what the review card shows to what was `chosen`, one after the other."""
        for step, usual in (("kind", "report"), ("topic", "theft")):
            await self._corrects(step, chosen.get(step, usual))
            # Another kind or topic can make the way of contact a question.
            if self.is_asked("feedback.identity"):
                await self.taps(f"feedback.identity.options.{chosen.get('identity', 'channel')}")
        for step in ("identity", "personal"):
            if step in chosen and not self._shows(step, chosen[step]):
                await self._changes(step, chosen[step])

    async def chooses_phone(self) -> None:
        """Choose on the review card to be reached by telephone; the number is asked."""
        await self.reaches("feedback.review")
        await self.taps("move.edit")
        await self.taps("feedback.identity.title")
        await self.taps("feedback.identity.options.phone")

    def _shows(self, step: str, value: str) -> bool:
        """Return True if the card has this value already."""
        if step == "personal":
            return value == "hide"
        if value == "phone":  # the card shows the number instead
            return False
        return not self.is_asked("feedback.review") or self.is_told(
            f"feedback.review.identity.{value}"
        )

    async def _corrects(self, step: str, value: str) -> None:
        labels = {load_texts(each)[f"feedback.{step}.options.{value}"] for each in LANGUAGES}
        lines = self.sees.splitlines()
        if not any(line.endswith(label) for line in lines for label in labels):
            await self._changes(step, value)

    async def _changes(self, step: str, value: str) -> None:
        """Change an answer from the review card."""
        await self.taps("move.edit")
        await self.taps(f"feedback.{step}.title")
        if step == "topic":
            await self._chooses_topic(value)
        else:
            await self.taps(f"feedback.{step}.options.{value}")

    async def _chooses_topic(self, topic: str) -> None:
        if self.is_told("feedback.topic.suggested"):
            await self.taps("feedback.topic.options.choose")
        await self.taps(f"feedback.topic.options.{topic}")

    async def _chooses_area(self, area: str | None) -> None:
        if area is None:
            await self.taps("feedback.area.options.skip")
        else:
            await self.says(area)
            await self.taps(area)

    @property
    def code(self) -> str:
        """The code of the newest receipt."""
        for text in reversed(self.heard):
            if contains_text(text, "receipt.text") or contains_text(text, "receipt.urgent"):
                found = re.search(r"HP-\w{4}-\w{4}", text)
                assert found is not None
                return found.group()
        raise AssertionError(f"{self.name} has no receipt: {self.sees}")


def _list_buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]
