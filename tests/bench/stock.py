"""A bot of stock python-telegram-bot without state, as the reference.

It echoes texts, and answers and edits buttons. It imports nothing of this project, and uses the
library's HTTP client, webhook and event loop.
"""

from __future__ import annotations

import os

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

# Among them every button that the load presses, on every message; ours has as many on an
# average one.
_BUTTONS = (
    "area=31",
    "area=list",
    "review=add",
    "review=submit",
    "review~",
)
_KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton(name, callback_data=f"feedback.{name}")] for name in _BUTTONS]
)


async def echo_text(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Send a text back."""
    assert update.message is not None
    await update.message.reply_text(update.message.text or "", reply_markup=_KEYBOARD)


async def answer_button(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a button and change its message."""
    query = update.callback_query
    assert query is not None
    await query.answer()
    await query.edit_message_text(query.data or "", reply_markup=_KEYBOARD)


def main() -> None:
    """Run the bot as the library's own examples do."""
    port = int(os.environ["BOT_TELEGRAM__WEBHOOK__LISTEN_PORT"])
    application = (
        ApplicationBuilder()
        .token(os.environ["BOT_TELEGRAM__TOKEN"])
        .base_url(f"{os.environ['BOT_TELEGRAM__API_BASE_URL']}/bot")
        .concurrent_updates(True)
        .build()
    )
    application.add_handler(CallbackQueryHandler(answer_button))
    application.add_handler(MessageHandler(filters.TEXT, echo_text))
    application.run_webhook(
        listen="127.0.0.1",
        port=port,
        url_path="telegram",
        webhook_url=f"http://127.0.0.1:{port}/telegram",
        secret_token=os.environ["BOT_TELEGRAM__WEBHOOK__SECRET_TOKEN"],
    )


if __name__ == "__main__":
    main()
