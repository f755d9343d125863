"""Logs: one line for each event, without tokens, chat ids and texts of residents."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

_HIDDEN = "<token>"  # what stands for the bot's token in the log

# An error of PostgreSQL quotes the row, which may contain the words of a resident.
_DETAIL = re.compile(r"DETAIL:.*?(?=\n\[SQL:|\n\nThe above|\n\nDuring|\Z)", re.DOTALL)

# A chat id or a phone number. Errors, keys of messages and libraries write them in many forms, so
# that every long number is masked, except the values of these names.
_LONG_NUMBER = re.compile(r"\d{5,}")
_HIDDEN_NUMBER = "<number>"
_SHOWN_NUMBERS = frozenset({"timestamp", "update_id", "port", "attachment"})


def configure_logs(*secrets: str, level: int = logging.INFO) -> None:
    """Configure all logs, including those of libraries, to go to standard error.

    Each of the `secrets` is masked in them, and every number of five digits or more, which may be
    the id of a chat. `level` is a level of the module `logging`.
    """

    def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        if "exception" in event:
            event["exception"] = _DETAIL.sub("DETAIL: <left out>", str(event["exception"]))
        return {
            key: _mask_numbers(key, _redact_secrets(value, secrets)) for key, value in event.items()
        }

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
                if sys.stderr.isatty()
                else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These log every request.
    for name in ("httpx", "httpcore", "uvicorn.access", "apscheduler", "telegram.ext", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _redact_secrets(value: object, secrets: tuple[str, ...]) -> object:
    """Return the value, or its text without the secrets if it contains one."""
    if not secrets:
        return value
    text = value if isinstance(value, str) else str(value)
    hidden = text
    for secret in secrets:
        if secret:
            hidden = hidden.replace(secret, _HIDDEN).replace(secret.replace(":", "%3A"), _HIDDEN)
    return value if hidden == text else hidden


def _mask_numbers(key: str, value: object) -> object:
    """Return the value, or its text without long numbers if it contains one."""
    if key in _SHOWN_NUMBERS or key.startswith("_"):  # structlog's own values begin with "_"
        return value
    text = value if isinstance(value, str) else str(value)
    masked = _LONG_NUMBER.sub(_HIDDEN_NUMBER, text)
    return value if masked == text else masked
