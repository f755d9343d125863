"""The commands of the bot, and the menu that Telegram shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from telegram import BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import TelegramError

from bot.texts import LANGUAGES, VIETNAMESE, load_texts

if TYPE_CHECKING:
    from telegram import Bot

log = structlog.get_logger()

# The names of each command. The first one is English, the others are Vietnamese. All names work.
COMMANDS = {
    "start": ("start",),
    "feedback": ("feedback", "gopy"),
    "mine": ("mine", "tracuu"),
    "forums": ("forums", "diendan"),
    "settings": ("settings", "caidat"),
    "mydata": ("mydata", "dulieu"),
    "help": ("help", "trogiup"),
    "cancel": ("cancel", "huy"),
    "duty": ("duty", "truc"),
    "cases": ("cases", "vuviec"),
    "case": ("case",),
    "search": ("search", "timkiem"),
    "newforum": ("newforum", "taodiendan"),
    "forum": ("forum", "quanlydiendan"),
    "stats": ("stats", "thongke"),
    "export": ("export", "xuat"),
    "away": ("away", "vang"),
    "templates": ("templates", "mautraloi"),
    "invites": ("invites", "loimoi"),
}
# The names of each command that is given in a group, the English one first.
GROUP_COMMANDS = {
    "link_group": ("alertshere", "baotaiday"),
    "unlink_group": ("noalerts", "thoibao"),
}
MENU = ("feedback", "mine", "forums", "settings", "mydata", "help", "cancel")


async def register_menu(bot: Bot, default_language: str) -> None:
    """Give Telegram the menu of commands and the bot's description in every language.

    The menu of the default language is shown to people of any other language. A failure is logged:
    the bot works without a menu.
    """
    try:
        for language in LANGUAGES:
            texts = load_texts(language)
            names = {name: COMMANDS[name][-1 if language == VIETNAMESE else 0] for name in MENU}
            menu = [BotCommand(names[name], texts[f"commands.{name}"]) for name in MENU]
            code = None if language == default_language else language
            scope = BotCommandScopeAllPrivateChats()
            await bot.set_my_commands(menu, scope=scope, language_code=code)
            await bot.set_my_short_description(texts["profile.short"], language_code=code)
    except TelegramError as error:
        log.warning("the menu of commands was not registered", error=str(error))
