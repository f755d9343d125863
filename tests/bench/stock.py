"""A stock python-telegram-bot bot that keeps nothing: echoes texts, answers and edits buttons."""

from __future__ import annotations

import os
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.people import SECRET, TOKEN

_KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton(f"Button {n}", callback_data=f"feedback.kind={n}")] for n in range(6)]
)


async def echo(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Say a text back."""
    assert update.message is not None
    await update.message.reply_text(update.message.text or "", reply_markup=_KEYBOARD)


async def press(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a button and change its message."""
    query = update.callback_query
    assert query is not None
    await query.answer()
    await query.edit_message_text(query.data or "", reply_markup=_KEYBOARD)


def main() -> None:
    """Run as the library's own examples do."""
    api = os.environ["BOT_TELEGRAM__API_BASE_URL"]
    port = int(os.environ["BOT_TELEGRAM__WEBHOOK__LISTEN_PORT"])
    builder = ApplicationBuilder().token(TOKEN).base_url(f"{api}/bot").concurrent_updates(True)
    application: Any = builder.connection_pool_size(256).build()
    application.add_handler(CallbackQueryHandler(press))
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.run_webhook(
        listen="127.0.0.1",
        port=port,
        url_path="telegram",
        webhook_url=f"http://127.0.0.1:{port}/telegram",
        secret_token=SECRET,
    )


if __name__ == "__main__":
    main()
