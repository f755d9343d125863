"""The edge to Telegram: the only package that knows the library's types."""

import os

# Durations of the library are timedeltas; its old form, numbers, warns at each use.
os.environ.setdefault("PTB_TIMEDELTA", "true")
