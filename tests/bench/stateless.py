"""Our own plumbing without any state: webhook, intake, rendering, replies, but no database."""

from __future__ import annotations

import asyncio
import signal

from telegram import Bot, Update
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, ContextTypes, MessageHandler
from telegram.ext import filters as only

from bot.app import make_bot, utc_now
from bot.conversation.flow import present
from bot.conversation.screens import question
from bot.feedback.flow import FEEDBACK
from bot.feedback.rules import NOTICE_VERSION
from bot.run import listening
from bot.settings import Settings, load
from bot.telegram.arrival import arriving
from bot.telegram.intake import Intake
from bot.telegram.render import Renderer
from bot.telegram.replies import Post, Replies
from bot.telegram.webhook import webhook_app
from bot.texts import Catalogue
from storage.database import Database


def _screen(bot: Bot, settings: Settings) -> Replies:
    renderer = Renderer(Catalogue(settings.locale.zone))
    database = Database("sqlite+aiosqlite://")  # never opened
    return Replies(bot, renderer, database, utc_now, lambda _reason: None, lambda: None)


async def main() -> None:
    """Answer every update with the same question, until told to stop."""
    settings = load()
    bot = make_bot(settings)
    replies = _screen(bot, settings)
    shown = question(present(FEEDBACK, {"@agreed": NOTICE_VERSION}))  # type: ignore[arg-type]

    async def message(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_chat is not None
        replies.put(update.effective_chat.id, Post(shown, "vi"))

    async def press(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        assert query.message is not None
        arriving.get().answer = {"method": "answerCallbackQuery", "callback_query_id": query.id}
        replies.put(query.from_user.id, Post(shown, "vi", edits=query.message.message_id))

    application = ApplicationBuilder().bot(bot).updater(None).build()
    application.add_handler(CallbackQueryHandler(press))
    application.add_handler(MessageHandler(only.TEXT, message))
    intake = Intake(application, Database("sqlite+aiosqlite://"), replies, utc_now, "vi")
    hook = settings.telegram.webhook
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await application.initialize()
    site = webhook_app(intake, hook.path, hook.secret_token)
    async with listening(site, hook.listen_host, hook.listen_port):
        await bot.set_webhook(f"{hook.public_url}{hook.path}", secret_token=hook.secret_token)
        await stopping.wait()
    await application.shutdown()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
