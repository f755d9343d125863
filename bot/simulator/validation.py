"""Validate requests with the models of Bot API 10.0 in aiogram.

aiogram is another client library than the bot's, so a mistake of the bot's library is not repeated
here. The models ignore unknown fields; the simulator rejects them. Each model is compiled once to
plain functions, because validation by the model itself takes longer than the rest of a request.
"""

from __future__ import annotations

import math
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

import aiogram.methods
import orjson
from aiogram.client.default import Default
from aiogram.methods.base import TelegramMethod
from aiogram.types import InputFile
from pydantic import BaseModel

from bot.simulator.api_types import UploadedFile, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic.fields import FieldInfo

    from bot.simulator.api_types import Json

    Check: TypeAlias = Callable[[Any], None]
    Conversion: TypeAlias = Callable[[Any], Any]

# Telegram's messages for missing or empty parameters.
_MISSING_MESSAGES = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "user_id": "invalid user_id specified",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
}


class InvalidValue(Exception):
    """A value has the wrong type. Each level adds its name to the path while it is raised."""

    def __init__(self, expected: str, path: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.path = path

    def add_prefix(self, name: str) -> InvalidValue:
        """Return the error with the name of the level above in its path."""
        return InvalidValue(
            self.expected,
            f"{name}{'' if self.path.startswith('[') else '.'}{self.path}".rstrip("."),
        )


class UnknownField(InvalidValue):
    """The API does not have this field."""

    def add_prefix(self, name: str) -> UnknownField:
        return UnknownField(self.expected, super().add_prefix(name).path)


class MethodModel:
    """The parameters of a method of the API."""

    def __init__(self, name: str, model: type[BaseModel]) -> None:
        self.name = name
        fields = _list_fields(model)
        self._checks = {key: build_check(field.annotation) for key, field in fields.items()}
        self._conversions = {
            key: _build_conversion(field.annotation) for key, field in fields.items()
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


def _list_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields by the API's names, without those that aiogram marks as deprecated."""
    fields: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if not (isinstance(extra, dict) and extra.get("deprecated")):
            fields[field.alias or name] = field
    return fields


def _list_types(annotation: Any) -> list[Any]:
    """Return the types that a value may have, without the types that only aiogram uses."""
    if get_origin(annotation) is Annotated:
        return _list_types(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for member in get_args(annotation) for kind in _list_types(member)]
    if annotation in (NoneType, Default):
        return []
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def build_check(annotation: Any) -> Check:
    """Return a function that raises InvalidValue for a value of another type."""
    kinds = _list_types(annotation)
    if all(_is_model(kind) for kind in kinds):
        return _build_object_check(kinds[0]) if len(kinds) == 1 else _build_union_check(kinds)
    if InputFile in kinds:
        return _check_file
    if str in kinds and int in kinds:
        return _check_chat
    if int in kinds:  # a number or a time; the API has times in Unix seconds
        return _check_int
    if len(kinds) != 1:
        raise TypeError(f"aiogram has a type that the simulator cannot check: {annotation}")
    return _build_simple_check(kinds[0])


def _build_simple_check(kind: Any) -> Check:
    if get_origin(kind) is list:
        return _build_list_check(build_check(get_args(kind)[0]))
    if get_origin(kind) is Literal:
        return _build_literal_check(get_args(kind))
    if not isinstance(kind, type):
        raise TypeError(f"aiogram has a type that the simulator cannot check: {kind}")
    if issubclass(kind, Enum | str):
        return _check_str
    checks: dict[type, Check] = {bool: _check_bool, float: _check_float}
    return checks.get(kind, _check_int)


def _check_str(value: Any) -> None:
    if type(value) is not str:
        raise InvalidValue("a string")


def _check_int(value: Any) -> None:
    if type(value) is not int:
        raise InvalidValue("an integer")


def _check_bool(value: Any) -> None:
    if type(value) is not bool:
        raise InvalidValue("a boolean")


def _check_float(value: Any) -> None:
    if type(value) not in (float, int):
        raise InvalidValue("a number")


def _check_chat(value: Any) -> None:
    if type(value) not in (int, str):
        raise InvalidValue("an integer or a string")


def _check_file(value: Any) -> None:
    if type(value) not in (str, UploadedFile):
        raise InvalidValue("a file, its id or an attach:// name")


def _build_literal_check(values: tuple[Any, ...]) -> Check:
    allowed = [value.value if isinstance(value, Enum) else value for value in values]

    def check(value: Any) -> None:
        if value not in allowed or type(value) is not type(allowed[0]):
            raise InvalidValue(" or ".join(orjson.dumps(one).decode() for one in allowed))

    return check


def _build_list_check(check_item: Check) -> Check:
    def check(value: Any) -> None:
        if type(value) is not list:
            raise InvalidValue("an array")
        index = 0
        try:
            for index, item in enumerate(value):  # noqa: B007 - used in the except clause
                check_item(item)
        except InvalidValue as error:
            raise error.add_prefix(f"[{index}]") from None

    return check


class _ObjectCheck:
    """The check of a model. Its fields are compiled at first use, as models may be recursive."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._checks: dict[str, Check] = {}
        self._required: list[str] = []

    def _prepare(self) -> None:
        for key, field in _list_fields(self._model).items():
            self._checks[key] = build_check(field.annotation)
            # aiogram fills in a literal `type` itself, but a request must contain it.
            if field.is_required() or get_origin(field.annotation) is Literal:
                self._required.append(key)

    def __call__(self, value: Any) -> None:
        if type(value) is not dict:
            raise InvalidValue("an object")
        if not self._checks:
            self._prepare()
        checks = self._checks
        key = ""
        try:
            for key, item in value.items():
                if key not in checks:
                    raise UnknownField("")
                if item is not None:
                    checks[key](item)
        except InvalidValue as error:
            raise error.add_prefix(key) from None
        for key in self._required:
            if value.get(key) is None:
                raise InvalidValue("given", key)


@cache
def _build_object_check(model: type[BaseModel]) -> Check:
    return _ObjectCheck(model)


def _build_union_check(kinds: list[type[BaseModel]]) -> Check:
    """Return the check for a union of models.

    The model is chosen by the value of `type`, else by the names of the fields.
    """
    candidates = [
        (_list_marks(kind), set(_list_fields(kind)), _build_object_check(kind)) for kind in kinds
    ]

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise InvalidValue("an object")

        def score(candidate: tuple[Json, set[str], Check]) -> tuple[int, int]:
            marks, names, _ = candidate
            equal = sum(1 for key, mark in marks.items() if value.get(key) == mark)
            return equal, len(names & value.keys()) - len(marks.keys() - value.keys())

        max(candidates, key=score)[2](value)

    return check


def _list_marks(kind: type[BaseModel]) -> Json:
    """Return the fields that distinguish a model: literals with their value, required fields."""
    marks: Json = {}
    for key, field in _list_fields(kind).items():
        if get_origin(field.annotation) is Literal:
            value = get_args(field.annotation)[0]
            marks[key] = value.value if isinstance(value, Enum) else value
        elif field.is_required():
            marks[key] = object()
    return marks


def _build_conversion(annotation: Any) -> Conversion:
    """Return a function that converts strings of forms, as Telegram does.

    Strings that cannot be converted are returned unchanged, and the check rejects them.
    """
    kinds = _list_types(annotation)
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
