"""A person who uses the bot on the chat page, with a phone; messages and taps are counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.async_api import expect

from bot.texts import load_texts

if TYPE_CHECKING:
    from playwright.async_api import Locator, ViewportSize

    from tests.page.stage import Tab

PHONE: ViewportSize = {"width": 390, "height": 844}  # pixels of a common phone, upright
# Pixels between the title and the field for typing, in Telegram on such a phone: the chat page
# itself has less, because the list of people stands above.
_MOST_HEIGHT = 640


@dataclass
class Walker:
    """A person on the chat page. Each action returns when the bot has answered what is expected.

    messages: how many messages the person has sent; an album is one
    taps:     how many buttons of the bot the person has pressed
    """

    tab: Tab
    language: str = "vi"
    messages: int = 0
    taps: int = 0

    async def says(self, text: str, *, sees: str) -> None:
        """Send a text; wait for an answer with the text of the key `sees`."""
        self.messages += 1
        await self.tab.send_text(text)
        await self.reads(sees)

    async def sends_files(
        self, kind: str, *files: tuple[str, str, bytes], caption: str = "", sees: str
    ) -> None:
        """Send files at once; wait for the answer `sees`."""
        self.messages += 1
        await self.tab.choose_files(kind, *files)
        if caption:
            await self.tab.find_element("field-caption").fill(caption)
        await self.tab.find_element("dialog-submit").click()
        await self.reads(sees)

    async def presses(self, label: str, *, sees: str) -> None:
        """Press the newest button with a label: the key of a text, or a name."""
        self.taps += 1
        words = load_texts(self.language).get(label, label)
        exactly = re.compile(f"^{re.escape(words)}$")
        await self.tab.find_element("inline-button").filter(has_text=exactly).last.click()
        await self.reads(sees)

    async def presses_first(self, *, sees: str) -> None:
        """Press the first button of the newest message."""
        self.taps += 1
        await self.newest.get_by_test_id("inline-button").first.click()
        await self.reads(sees)

    async def reads(self, key: str) -> None:
        """Wait until the newest message of the bot has the text of a key.

        The message, with its buttons, must fit on the screen.
        """
        for line in list_fixed_lines(load_texts(self.language)[key]):
            await expect(self.newest).to_contain_text(line)
        await self._sees_whole(self.newest)

    @property
    def newest(self) -> Locator:
        """The newest message of the bot."""
        return self.tab.find_messages("bot").last

    async def _sees_whole(self, message: Locator) -> None:
        box = await message.bounding_box()
        assert box is not None
        assert box["height"] <= _MOST_HEIGHT, f"{box['height']} px: {await message.inner_text()}"


def list_fixed_lines(text: str) -> list[str]:
    """Return the parts of a text, as it is shown, that no parameter changes; the longest first."""
    plain = re.sub(r"<[^>]+>", "", text)
    parts = [each.strip() for each in re.split(r"\{[^}]*\}|\n", plain)]
    return sorted((each for each in parts if each), key=len, reverse=True)[:1]
