"""The channel to Telegram. Only this package uses the types of python-telegram-bot."""

import os

# Durations of the library are timedeltas; its old form, numbers, warns at each use.
os.environ.setdefault("PTB_TIMEDELTA", "true")
