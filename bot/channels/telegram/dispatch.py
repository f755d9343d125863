"""The python-telegram-bot handlers that connect updates with the adapter's methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from telegram.ext import (
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.channels.telegram.chat_changes import handle_membership, handle_migration
from bot.channels.telegram.commands import COMMANDS, GROUP_COMMANDS
from bot.channels.telegram.routes import is_routed_button
from bot.channels.telegram.update_context import UpdateContext, current_update

if TYPE_CHECKING:
    from telegram import Update
    from telegram.ext import Application, BaseHandler

    from bot.channels.telegram.adapter import TelegramAdapter
    from bot.channels.telegram.message_adapter import MessageAdapter

Context = ContextTypes.DEFAULT_TYPE
Handle = Callable[["Update", UpdateContext], Awaitable[None]]
LibraryHandle = Callable[["Update", Context], Coroutine[Any, Any, None]]

# The kinds of updates that Telegram is asked to send. Any other kind is acknowledged and ignored.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

_PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
_PRIVATE_EDITED = filters.ChatType.PRIVATE & filters.UpdateType.EDITED_MESSAGE
_CONTENT = ~filters.StatusUpdate.ALL
_GROUP = filters.ChatType.GROUPS & filters.UpdateType.MESSAGE


def register_handlers(
    application: Application[Any, Any, Any, Any, Any, Any],
    adapter: TelegramAdapter,
    messages: MessageAdapter,
) -> None:
    """Register the methods of the adapters as handlers of all updates that the bot handles."""
    for name, spellings in COMMANDS.items():
        application.add_handler(
            CommandHandler(spellings, _make_command(adapter, name), filters=_PRIVATE)
        )
    for name, spellings in GROUP_COMMANDS.items():
        handle = _pass_context(partial(adapter.handle_group_command, name=name))
        application.add_handler(CommandHandler(spellings, handle, filters=_GROUP))
    handlers: tuple[BaseHandler[Update, Any, None], ...] = (
        CallbackQueryHandler(_pass_context(adapter.handle_button), pattern=_is_routed),
        CallbackQueryHandler(_pass_context(adapter.handle_question_button)),
        MessageHandler(_PRIVATE & filters.COMMAND, _pass_context(adapter.handle_unknown_command)),
        MessageHandler(_PRIVATE & _CONTENT, _pass_context(messages.handle_message)),
        MessageHandler(_PRIVATE_EDITED, _pass_context(messages.handle_message)),
        MessageHandler(
            filters.StatusUpdate.MIGRATE, _pass_context(partial(handle_migration, adapter))
        ),
        ChatMemberHandler(
            _pass_context(partial(handle_membership, adapter)), ChatMemberHandler.MY_CHAT_MEMBER
        ),
    )
    for handler in handlers:
        application.add_handler(handler)


def _is_routed(data: object) -> bool:
    return isinstance(data, str) and is_routed_button(data)


def _make_command(adapter: TelegramAdapter, name: str) -> LibraryHandle:
    """Return a handler of a command; `name` is its English name, without the slash."""

    async def handle(update: Update, context: Context) -> None:
        arguments, arrival = context.args or [], current_update.get()
        if name == "start":
            await adapter.handle_start(update, arrival, arguments[0] if arguments else "")
        else:
            await adapter.handle_request(update, arrival, f"/{name}", " ".join(arguments))

    return handle


def _pass_context(handle: Handle) -> LibraryHandle:
    """Return a handler of the library that passes our own context of the update."""

    async def call(update: Update, _context: Context) -> None:
        await handle(update, current_update.get())

    return call
