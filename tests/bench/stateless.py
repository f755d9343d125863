"""The bot's handling of updates without any state.

It has the webhook, rendering and replies, but no database. The pressed button decides the next
screen. The screens are those of the real conversation.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvloop
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, ContextTypes, MessageHandler
from telegram.ext import filters as only

from bot.casework.reachability import Reachability
from bot.channels.telegram.direct_replies import DirectReplies
from bot.channels.telegram.render import Renderer
from bot.channels.telegram.reply import DirectReply
from bot.channels.telegram.reply_pacer import make_reply_pacer
from bot.channels.telegram.update_context import current_update
from bot.channels.telegram.update_handler import UpdateHandler
from bot.channels.telegram.webhook import make_webhook_app
from bot.conversation.consent import NOTICE_VERSION
from bot.conversation.engine import Ask, present
from bot.conversation.screens import show_question
from bot.core.screen import Screen, Words
from bot.feedback.intake_flow import FEEDBACK_FLOW
from bot.runtime import logs
from bot.runtime.app import make_bot
from bot.runtime.builders import make_pacing, utc_now
from bot.runtime.http_server import serve_site
from bot.runtime.settings import Settings, load_settings
from bot.texts import Catalogue
from storage.database import Database
from tests.bench.load import MORE, TEXT
from tests.policy import POLICY

if TYPE_CHECKING:
    from telegram import Update


_TEXTS = [{"id": number, "text": each, "file": None} for number, each in enumerate((TEXT, MORE))]


def make_screens() -> dict[str, Screen]:
    """Return the screen that follows each act of the load, by the beginning of a button's data."""
    agreed: dict[str, Any] = {"@agreed": NOTICE_VERSION}
    first = {**agreed, "details": _TEXTS[:1]}
    return {
        "/feedback": _question(agreed),
        TEXT: _question(first),
        "feedback.area=31": _question({**first, "area": "31"}),
        "feedback.review=add": _question({**agreed, "details.messages": _TEXTS[:1], "area": "31"}),
        MORE: _question({**agreed, "details": _TEXTS, "area": "31"}),
        "feedback.review=submit": Screen((Words("feedback.done"),)),
    }


def _question(answers: dict[str, Any]) -> Screen:
    asked = present(FEEDBACK_FLOW, dict(answers))
    assert isinstance(asked, Ask)
    return show_question(asked)


@dataclass(frozen=True)
class StatelessHandlers:
    """Handlers that show a screen and store nothing."""

    replies: DirectReplies
    screens: dict[str, Screen]

    async def handle_message(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer a command or a text."""
        message = update.effective_message
        assert message is not None
        screen = self.screens[message.text or ""]
        self.replies.enqueue_reply(message.chat_id, DirectReply(screen, "vi"))

    async def handle_press(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer a button, in the acknowledgement of the update."""
        query = update.callback_query
        assert query is not None
        assert query.message is not None
        cause = (query.data or "").partition("-")[0]
        current_update.get().answer = {
            "method": "answerCallbackQuery",
            "callback_query_id": query.id,
        }
        post = DirectReply(self.screens[cause], "vi", edits=query.message.message_id)
        self.replies.enqueue_reply(query.from_user.id, post)


async def find_no_file(_name: str) -> bytes:
    """Raise FileNotFoundError: nothing is stored."""
    raise FileNotFoundError


async def run_server(settings: Settings) -> None:
    """Serve the webhook until SIGTERM."""
    bot, renderer = make_bot(settings), Renderer(Catalogue(settings.locale.zone))
    database = Database("sqlite+aiosqlite://")  # never opened
    reach = Reachability(POLICY)
    replies = DirectReplies(
        bot,
        renderer,
        database,
        utc_now,
        lambda _reason: None,
        reach,
        find_no_file,
        lambda: None,
        patience=3.0,
        pacer=make_reply_pacer(database, make_pacing(settings.telegram.limits), utc_now),
    )
    application: Any = ApplicationBuilder().bot(bot).updater(None).build()
    handlers = StatelessHandlers(replies, make_screens())
    application.add_handler(CallbackQueryHandler(handlers.handle_press))
    application.add_handler(MessageHandler(only.TEXT, handlers.handle_message))
    intake = UpdateHandler(application, database, replies, utc_now, "vi", POLICY.pseudonyms)
    hook, stopping = settings.telegram.webhook, asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await application.initialize()
    site = make_webhook_app(intake, hook.path, hook.secret_token)
    async with serve_site(site, hook.listen_host, hook.listen_port):
        await bot.set_webhook(f"{hook.public_url}{hook.path}", secret_token=hook.secret_token)
        await stopping.wait()
    await replies.wait_until_sent()
    await application.shutdown()


def main() -> None:
    """Read the settings and run the server, as `python -m bot run` does."""
    settings = load_settings()
    logs.configure_logs(settings.telegram.token)
    uvloop.run(run_server(settings))


if __name__ == "__main__":
    main()
