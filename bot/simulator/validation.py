"""Validate the parameters of requests with aiogram's models of Bot API 10.0.

aiogram is another client library than the bot's, so a mistake of the bot's library is not repeated
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiogram.methods
from aiogram.methods.base import TelegramMethod

from bot.simulator.api_models import list_fields
from bot.simulator.api_types import bad_request
from bot.simulator.form_conversions import build_conversion
from bot.simulator.value_checks import InvalidValue, UnknownField, build_check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

    from bot.simulator.api_types import Json, UploadedFile

# Telegram's messages for missing or empty parameters.
_MISSING_MESSAGES = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "user_id": "invalid user_id specified",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
}


class MethodModel:
    """The parameters of a method of the API."""

    def __init__(self, name: str, model: type[BaseModel]) -> None:
        self.name = name
        fields = list_fields(model)
        self._checks = {key: build_check(field.annotation) for key, field in fields.items()}
        self._conversions = {
            key: build_conversion(field.annotation) for key, field in fields.items()
        }
        self._required = [key for key, field in fields.items() if field.is_required()]

    def read_parameters(
        self, given: Mapping[str, Any], uploads: Mapping[str, UploadedFile]
    ) -> Json:
        """Return the parameters with the types of the API. Raises ApiError.

        given:   parameters as strings (from forms) or as any JSON values
        uploads: the uploaded files by the names of their parts
        """
        params: Json = {}
        for key, value in given.items():
            if key not in self._checks:
                raise self._build_unknown_error(key)
            if value is not None:
                params[key] = self._conversions[key](value)
        if uploads:
            params = self._insert_uploads(params, uploads)
        for key in self._required:
            value = params.get(key)
            if value is None or (value == "" and key in _MISSING_MESSAGES):
                raise bad_request(
                    _MISSING_MESSAGES.get(key, f'parameter "{key}" of {self.name} is required')
                )
        self._check_values(params)
        return params

    def _check_values(self, params: Json) -> None:
        checks = self._checks
        key = ""
        try:
            for key, value in params.items():
                checks[key](value)
        except UnknownField as error:
            raise self._build_unknown_error(error.add_prefix(key).path) from None
        except InvalidValue as error:
            path = error.add_prefix(key).path
            raise bad_request(
                f'parameter "{path}" of {self.name} must be {error.expected}'
            ) from None

    def _build_unknown_error(self, path: str) -> Exception:
        return bad_request(f'unknown parameter "{path}" of {self.name}')

    def _insert_uploads(self, params: Json, uploads: Mapping[str, UploadedFile]) -> Json:
        used: set[str] = set()
        attached: Json = _insert_files(params, uploads, used)
        for name, upload in uploads.items():
            if name in used:
                continue
            if name not in self._checks:
                raise self._build_unknown_error(name)
            attached[name] = upload
        return attached


def _insert_files(value: Any, uploads: Mapping[str, UploadedFile], used: set[str]) -> Any:
    """Return a value with the uploads in place of their attach:// names; collect used names."""
    if isinstance(value, str) and value.startswith("attach://"):
        name = value.removeprefix("attach://")
        used.add(name)
        return uploads.get(name, value)
    if isinstance(value, dict):
        return {key: _insert_files(item, uploads, used) for key, item in value.items()}
    if isinstance(value, list):
        return [_insert_files(item, uploads, used) for item in value]
    return value


def load_method_models(names: Iterable[str]) -> dict[str, MethodModel]:
    """Return the models of methods by name in lower case."""
    known: dict[str, tuple[str, type[BaseModel]]] = {}
    for model in vars(aiogram.methods).values():
        if isinstance(model, type) and issubclass(model, TelegramMethod):
            name = getattr(model, "__api_method__", None)
            if isinstance(name, str):
                known[name.lower()] = (name, model)
    return {name.lower(): MethodModel(*known[name.lower()]) for name in names}
