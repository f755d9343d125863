"""Simulated residents who submit opinions while the bot is killed: they look, act and wait."""

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
_PATIENCE = 30.0  # seconds without any answer, after which a person tries again

# What is pressed at each question; the text is written, the review's button carries a stamp.
_PRESSES = {
    "consent": "feedback.consent=2026-12",
    "area": "feedback.area=31",
    "identity": "feedback.identity=channel",
}


@dataclass
class KillTimes:
    """The time of the event loop at which the bot was killed last.

    While `goes_on` is True, residents submit opinions after their last round, too.
    """

    last: float = 0.0
    goes_on: bool = False


@dataclass
class SimulatedResident:
    """A resident who submits `rounds` opinions or more, of two messages each, one after the other.

    Before each opinion the resident asks for help. `unanswered` counts the messages and presses
    after which nothing was shown for 30 seconds, and for 30 seconds after the last kill.
    """

    simulator: Simulator
    id: int
    rounds: int
    kills: KillTimes
    codes: list[str] = field(default_factory=list)
    unanswered: int = 0
    _begun: int = 0
    _written: int = 0
    _since: int = 0

    def make_text(self, number: int, part: int) -> str:
        """Return a text that is unique to the person, the round and the part."""
        return f"{self.id}, round {number}, part {part}"

    @property
    def texts(self) -> list[str]:
        """The complete texts of the opinions, as the export must have them."""
        return [f"{self.make_text(n, 1)}\n{self.make_text(n, 2)}" for n in range(self._begun)]

    async def submit_all(self) -> None:
        """Submit all opinions; return after the last receipt."""
        while self._begun < self.rounds or self.kills.goes_on:
            number = self._begun
            self._begun += 1
            self._written = 0
            self._since = self.simulator.list_messages(self.id)[-1]["message_id"] if number else 0
            for command in ("/help", "/feedback"):
                self._send_text(command)
                await self._wait_for_answer()
            while len(self.codes) <= number:
                await self._act_once(number)
                self._collect_codes()

    async def _act_once(self, number: int) -> None:
        """Do what the newest keyboard asks for, and wait for the answer."""
        message, data = self._find_keyboard()
        step = next((re.sub(r"feedback\.(\w+).*", r"\1", d) for d in data if "feedback." in d), "")
        submit = next((d for d in data if d.startswith("feedback.review=submit")), None)
        if step == "details" and self._written < 2:
            self._written += 1
            self._send_text(self.make_text(number, self._written))
        elif step == "details" and "feedback.details=done" in data:
            self._press(message, "feedback.details=done")
        elif submit is not None and self._written < 2:
            self._press(message, "feedback.review=add")
        elif submit is not None:
            self._press(message, submit)
            await self._wait_for_receipt(message, submit, number)
            return
        elif _PRESSES.get(step) in data:
            self._press(message, _PRESSES[step])
        else:
            self._send_text("/feedback")
        if not await self._wait_for_answer():
            # Ask for the open question. It is shown below, since only what is pressed is changed in
            # place.
            self._send_text("/feedback")
            await self._wait_for_answer()

    async def _wait_for_receipt(self, message: int, submit: str, number: int) -> None:
        """Wait for the receipt and press again if it does not come:

        /feedback would begin another opinion.
        """
        waited = 0.0
        while len(self.codes) <= number:
            await asyncio.sleep(_LOOK)
            waited += _LOOK
            self._collect_codes()
            if waited > _PATIENCE:
                self._press(message, submit)
                waited = 0.0

    async def _wait_for_answer(self) -> bool:
        """Return True if the bot showed something in the chat within the patience time.

        The time begins again at each kill, because a killed bot shows nothing while it starts.
        An edit that changes nothing counts: the present question is shown already.
        """
        journal = self.simulator.gateway.journal
        before, clock = journal.last, asyncio.get_running_loop().time
        begun = clock()
        while clock() - max(begun, self.kills.last) < _PATIENCE:
            await asyncio.sleep(_LOOK)
            requests = journal.list_requests(after=before, chat_id=self.id)
            if any(each.ok or "not modified" in (each.description or "") for each in requests):
                return True
        self.unanswered += 1
        return False

    def _find_keyboard(self) -> tuple[int, list[str]]:
        """Return the newest message with buttons of the flow, and their data."""
        for message in reversed(self.simulator.list_messages(self.id)):
            if message["message_id"] <= self._since:
                break  # what an earlier opinion left in the chat
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            data = [button["callback_data"] for row in rows for button in row]
            if any(d.startswith("feedback.") for d in data):
                return message["message_id"], data
        return 0, []

    def _collect_codes(self) -> None:
        """Remember the codes of new receipts."""
        for message in self.simulator.list_messages(self.id):
            if contains_text(message.get("text", ""), "receipt.text"):
                code = find_code(message)
                if code not in self.codes:
                    self.codes.append(code)

    def _send_text(self, make_text: str) -> None:
        """Send a text message."""
        self.simulator.people.send_text(self.id, make_text)

    def _press(self, message: int, data: str) -> None:
        """Press a button, if the message still has it."""
        held = {
            b["callback_data"]
            for m in self.simulator.list_messages(self.id)
            if m["message_id"] == message
            for row in m.get("reply_markup", {}).get("inline_keyboard", [])
            for b in row
        }
        if data in held:
            self.simulator.people.press_button(self.id, message_id=message, data=data)


def find_code(message: dict[str, Any]) -> str:
    """Return the receipt code in a message."""
    found = re.search(r"HP-\w{4}-\w{4}", message["text"])
    assert found is not None
    return found.group()
