"""Helpers for tests of the chat page: a simulator with a manual bot, and a browser tab."""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from playwright.async_api import FilePayload, Locator, Page, Request

from bot.simulator.state import SimulatorState

TOKEN = "123456:" + "a" * 35


@dataclass
class Stage:
    """A simulator, used over HTTP by a person and by a bot."""

    url: str
    http: aiohttp.ClientSession
    state: SimulatorState
    offset: int = 0

    async def add_person(self, name: str, *, user_id: int | None = None) -> int:
        """Add a person who has started the bot; return the id, also that of the private chat."""
        body: dict[str, Any] = {"first_name": name, "language_code": "vi"}
        if user_id is not None:
            body["id"] = user_id
        answer = await self._post("/sim/users", body)
        person = int(answer["user"]["id"])
        # As if they had started the bot: the chat is still empty, and the bot may write first.
        self.state.get_account(TOKEN).started_by.add(person)
        return person

    async def perform_action(self, user_id: int, action: str, **body: Any) -> dict[str, Any]:
        """Perform an action as a person; `action` and `body` are as in docs/simulator.md."""
        return await self._post(f"/sim/users/{user_id}/{action}", body)

    async def reset_simulator(self) -> None:
        """Delete everything in the simulator except the bots."""
        await self._post("/sim/reset", {})

    async def call_bot_api(self, method: str, **parameters: Any) -> Any:
        """Call a Bot API method as the bot; return the result. An error fails the test."""
        answer = await self._post(f"/bot{TOKEN}/{method}", parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def send_bot_message(self, chat_id: int, text: str, **parameters: Any) -> int:
        """Send a text as the bot; return the message's id."""
        sent = await self.call_bot_api("sendMessage", chat_id=chat_id, text=text, **parameters)
        return int(sent["message_id"])

    async def receive_update(self, kind: str) -> dict[str, Any]:
        """Return the next update of a kind by getUpdates. Updates of other kinds are dropped."""
        for _ in range(20):
            for update in await self.call_bot_api(
                "getUpdates", offset=self.offset, timeout=5, limit=1
            ):
                self.offset = update["update_id"] + 1
                if kind in update:
                    content: dict[str, Any] = update[kind]
                    return content
        raise AssertionError(f"no {kind} arrived")

    async def download_file(self, file_id: str) -> bytes:
        """Return the content of a file, downloaded as a bot does."""
        path = (await self.call_bot_api("getFile", file_id=file_id))["file_path"]
        async with self.http.get(f"{self.url}/file/bot{TOKEN}/{path}") as response:
            assert response.status == 200
            return await response.read()

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.http.post(f"{self.url}{path}", json=body) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status < 400, answer
            return answer


@dataclass
class Tab:
    """A browser tab with the page. It records JavaScript errors and requests to other servers."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._record_request)

    def _record_request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "blob:")):
            self.foreign_requests.append(request.url)

    async def open_page(self, user_id: int | None = None) -> None:
        """Open the page, as a person if `user_id` is given."""
        await self.page.goto(self.origin + (f"/?as={user_id}" if user_id is not None else "/"))

    def find_element(self, name: str) -> Locator:
        """Return the elements with this `data-testid`."""
        return self.page.get_by_test_id(name)

    def find_messages(self, sender: str) -> Locator:
        """Return the messages from a sender, "me" or "bot"."""
        return self.page.locator(f'[data-testid="message"][data-from="{sender}"]')

    def find_message(self, message_id: int) -> Locator:
        """Return the message with this id."""
        return self.page.locator(f'[data-testid="message"][data-message-id="{message_id}"]')

    def find_inline_button(self, label: str) -> Locator:
        """Return the inline buttons with this label."""
        return self.find_element("inline-button").filter(has_text=label)

    async def send_text(self, text: str) -> None:
        """Type a text and send it."""
        await self.find_element("composer").fill(text)
        await self.find_element("send").click()

    async def open_attachment(self, kind: str) -> None:
        """Choose an entry of the attachment menu: photo, location and others."""
        await self.find_element("attach").click()
        await self.find_element(f"attach-{kind}").click()

    async def choose_files(self, kind: str, *files: tuple[str, str, bytes]) -> None:
        """Choose files of (name, media type, content). The form with the caption stays open."""
        async with self.page.expect_file_chooser() as chooser:
            await self.open_attachment(kind)
        await (await chooser.value).set_files(
            [FilePayload(name=name, mimeType=mime, buffer=data) for name, mime, data in files]
        )

    async def measure_horizontal_overflow(self) -> int:
        """Return by how many pixels the page or the conversation is wider than the screen."""
        beyond = await self.page.evaluate(
            """() => Math.max(...[document.documentElement, document.querySelector(".log")]
                .map(one => one.scrollWidth - one.clientWidth))"""
        )
        return int(beyond)


def make_png(width: int = 60, height: int = 40, colour: bytes = b"\x10\x70\x68") -> bytes:
    """Return a PNG of one colour; width and height are in pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + colour * width) * height
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
