"""Convert the strings of forms and queries to the types of the Bot API."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson
from aiogram.types import InputFile

from bot.simulator.api_models import list_types

if TYPE_CHECKING:
    from collections.abc import Callable

    Conversion: TypeAlias = Callable[[Any], Any]


def build_conversion(annotation: Any) -> Conversion:
    """Return a function that converts strings of forms, as Telegram does.

    Strings that cannot be converted are returned unchanged, and the check rejects them.
    """
    kinds = list_types(annotation)
    if str in kinds:
        return _convert_chat_id if int in kinds else _keep_value
    if InputFile in kinds:
        return _keep_value
    if int in kinds:
        return _convert_int
    if bool in kinds:
        return _convert_bool
    if float in kinds:
        return _convert_float
    return _convert_json


def _keep_value(value: Any) -> Any:
    return value


def _convert_chat_id(value: Any) -> Any:
    number = _convert_int(value)
    return number if type(number) is int else value


def _convert_int(value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        number = int(value)
    except ValueError:
        return value
    return number if -(2**63) <= number < 2**63 else value


def _convert_float(value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _convert_bool(value: Any) -> Any:
    if type(value) is not str:
        return value
    word = value.strip().lower()
    if word in ("true", "yes", "1"):
        return True
    return False if word in ("false", "no", "0", "") else value


def _convert_json(value: Any) -> Any:
    if type(value) is not str:
        return value
    if not value:
        return None
    try:
        return orjson.loads(value)
    except ValueError:
        return value
