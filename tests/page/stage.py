"""What the tests of the chat page act with: a simulator, a bot played by hand, and a tab."""

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
    """One simulator, reached as the page and a bot reach it: over HTTP."""

    url: str
    http: aiohttp.ClientSession
    state: SimulatorState
    offset: int = 0

    async def person(self, name: str, *, user_id: int | None = None) -> int:
        """A new person's id, which is the id of the private chat as well."""
        body: dict[str, Any] = {"first_name": name, "language_code": "vi"}
        if user_id is not None:
            body["id"] = user_id
        answer = await self._post("/sim/users", body)
        person = int(answer["user"]["id"])
        # As if they had started the bot: the chat is still empty, and the bot may write first.
        self.state.get_account(TOKEN).started_by.add(person)
        return person

    async def act(self, user_id: int, act: str, **body: Any) -> dict[str, Any]:
        return await self._post(f"/sim/users/{user_id}/{act}", body)

    async def reset(self) -> None:
        await self._post("/sim/reset", {})

    async def bot(self, method: str, **parameters: Any) -> Any:
        """What the Bot API answers to the bot; a refusal fails the test."""
        answer = await self._post(f"/bot{TOKEN}/{method}", parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def says(self, chat_id: int, text: str, **parameters: Any) -> int:
        """The bot's new message's id."""
        sent = await self.bot("sendMessage", chat_id=chat_id, text=text, **parameters)
        return int(sent["message_id"])

    async def update(self, kind: str) -> dict[str, Any]:
        """The next update of a kind, as a bot that polls receives it; others are passed over."""
        for _ in range(20):
            for update in await self.bot("getUpdates", offset=self.offset, timeout=5, limit=1):
                self.offset = update["update_id"] + 1
                if kind in update:
                    content: dict[str, Any] = update[kind]
                    return content
        raise AssertionError(f"no {kind} arrived")

    async def download(self, file_id: str) -> bytes:
        """A file's bytes by the way a bot gets them."""
        path = (await self.bot("getFile", file_id=file_id))["file_path"]
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
    """A page of the browser, and what must never happen in it."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "blob:")):
            self.strangers.append(request.url)

    async def open(self, user_id: int | None = None) -> None:
        await self.page.goto(self.origin + (f"/?as={user_id}" if user_id is not None else "/"))

    def hook(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    def messages(self, sender: str) -> Locator:
        return self.page.locator(f'[data-testid="message"][data-from="{sender}"]')

    def message(self, message_id: int) -> Locator:
        return self.page.locator(f'[data-testid="message"][data-message-id="{message_id}"]')

    def inline(self, label: str) -> Locator:
        return self.hook("inline-button").filter(has_text=label)

    async def say(self, text: str) -> None:
        await self.hook("composer").fill(text)
        await self.hook("send").click()

    async def attach(self, what: str) -> None:
        await self.hook("attach").click()
        await self.hook(f"attach-{what}").click()

    async def pick_files(self, kind: str, *files: tuple[str, str, bytes]) -> None:
        """Files are (name, type, content); the dialog that follows is left open."""
        async with self.page.expect_file_chooser() as chooser:
            await self.attach(kind)
        await (await chooser.value).set_files(
            [FilePayload(name=name, mimeType=mime, buffer=data) for name, mime, data in files]
        )

    async def width_beyond_the_screen(self) -> int:
        """Pixels that one would have to scroll sideways, or could not see in the conversation."""
        beyond = await self.page.evaluate(
            """() => Math.max(...[document.documentElement, document.querySelector(".log")]
                .map(one => one.scrollWidth - one.clientWidth))"""
        )
        return int(beyond)


def picture(width: int = 60, height: int = 40, colour: bytes = b"\x10\x70\x68") -> bytes:
    """A real PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + colour * width) * height
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
