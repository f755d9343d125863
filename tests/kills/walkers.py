"""People who give opinions whatever happens to the bot: they look, act, and wait."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.town.texts import contains_text

if TYPE_CHECKING:
    from bot.simulator.server import Simulator

# The bot is another process: there is nothing to wait on but what it shows.
_LOOK = 0.02
_PATIENCE = 1.5  # seconds without any answer, after which a person tries again

# What is pressed at each question; the text is written, the review carries a stamp.
_PRESSES = {
    "consent": "feedback.consent=2026-12",
    "kind": "feedback.kind=report",
    "topic": "feedback.topic=theft",
    "area": "feedback.area=31",
    "identity": "feedback.identity=channel",
}


@dataclass
class Walker:
    """Somebody who gives `rounds` opinions of two messages each, one after the other."""

    simulator: Simulator
    id: int
    rounds: int
    codes: list[str] = field(default_factory=list)
    _written: int = 0
    _since: int = 0

    def text(self, number: int, part: int) -> str:
        """What is written: unique to person, round and part."""
        return f"{self.id}, round {number}, part {part}"

    @property
    def texts(self) -> list[str]:
        """The texts of the opinions, as they must come out of the export."""
        return [f"{self.text(n, 1)}\n{self.text(n, 2)}" for n in range(self.rounds)]

    async def walk(self) -> None:
        """Give all the opinions; returns with the last receipt."""
        for number in range(self.rounds):
            self._written = 0
            self._since = self.simulator.messages(self.id)[-1]["message_id"] if number else 0
            self._says("/feedback")
            await self._answered()
            while len(self.codes) <= number:
                await self._step(number)
                self._collect()

    async def _step(self, number: int) -> None:
        message, data = self._keyboard()
        step = next((re.sub(r"feedback\.(\w+).*", r"\1", d) for d in data if "feedback." in d), "")
        submit = next((d for d in data if d.startswith("feedback.review=submit")), None)
        if step == "details" and self._written < 2:
            self._written += 1
            self._says(self.text(number, self._written))
        elif step == "details" and "feedback.details=done" in data:
            self._presses(message, "feedback.details=done")
        elif submit is not None:
            self._presses(message, submit)
            await self._receipt(message, submit, number)
            return
        elif _PRESSES.get(step) in data:
            self._presses(message, _PRESSES[step])
        else:
            self._says("/feedback")
        if not await self._answered():
            # The answer was lost with its process: ask for the open question. It is shown below,
            # since only what is pressed is changed in place.
            self._says("/feedback")
            await self._answered()

    async def _receipt(self, message: int, submit: str, number: int) -> None:
        """Wait for it; pressing again is harmless, asking anew would begin another opinion."""
        waited = 0.0
        while len(self.codes) <= number:
            await asyncio.sleep(_LOOK)
            waited += _LOOK
            self._collect()
            if waited > _PATIENCE:
                self._presses(message, submit)
                waited = 0.0

    async def _answered(self) -> bool:
        """Whether something changed in the chat before patience ended."""
        before = self._looks()
        waited = 0.0
        while waited < _PATIENCE:
            await asyncio.sleep(_LOOK)
            waited += _LOOK
            if self._looks() != before:
                return True
        return False

    def _looks(self) -> str:
        said = [m for m in self.simulator.messages(self.id)[-6:] if m["from"]["is_bot"]]
        return repr([(m["message_id"], m.get("text"), m.get("reply_markup")) for m in said])

    def _keyboard(self) -> tuple[int, list[str]]:
        for message in reversed(self.simulator.messages(self.id)):
            if message["message_id"] <= self._since:
                break  # what an earlier opinion left in the chat
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            data = [button["callback_data"] for row in rows for button in row]
            if any(d.startswith("feedback.") for d in data):
                return message["message_id"], data
        return 0, []

    def _collect(self) -> None:
        for message in self.simulator.messages(self.id):
            if contains_text(message.get("text", ""), "receipt.text"):
                code = code_in(message)
                if code not in self.codes:
                    self.codes.append(code)

    def _says(self, text: str) -> None:
        self.simulator.people.text(self.id, text)

    def _presses(self, message: int, data: str) -> None:
        held = {
            b["callback_data"]
            for m in self.simulator.messages(self.id)
            if m["message_id"] == message
            for row in m.get("reply_markup", {}).get("inline_keyboard", [])
            for b in row
        }
        if data in held:
            self.simulator.people.press(self.id, message_id=message, data=data)


def code_in(message: dict[str, Any]) -> str:
    """The receipt code that a message names."""
    found = re.search(r"HP-\w{4}-\w{4}", message["text"])
    assert found is not None
    return found.group()
