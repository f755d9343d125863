"""Requests checked against Bot API 10.0, as aiogram's method models describe it.

aiogram is another client library than ours: its reading of the API is independent, so a mistake of
our client is not repeated here. Its models ignore what they do not know; here that is refused.
A model is turned into plain functions once, because running the model itself costs a request more
than everything else the simulator does for it.
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
    Read: TypeAlias = Callable[[Any], Any]

# Telegram's own words where a parameter that is missing or empty has them.
_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "user_id": "invalid user_id specified",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
}


class InvalidValue(Exception):
    """A value that does not fit; the path to it grows on the way out."""

    def __init__(self, what: str, path: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.path = path

    def under(self, name: str) -> InvalidValue:
        """The same, seen from one level up."""
        return InvalidValue(
            self.what, f"{name}{'' if self.path.startswith('[') else '.'}{self.path}".rstrip(".")
        )


class UnknownField(InvalidValue):
    """A field that the API does not have."""

    def under(self, name: str) -> UnknownField:
        return UnknownField(self.what, super().under(name).path)


class MethodModel:
    """One method of the API: what it takes."""

    def __init__(self, name: str, model: type[BaseModel]) -> None:
        self.name = name
        fields = _fields(model)
        self._checks = {key: build_check(field.annotation) for key, field in fields.items()}
        self._readers = {key: _reader(field.annotation) for key, field in fields.items()}
        self._required = [key for key, field in fields.items() if field.is_required()]

    def read(self, given: Mapping[str, Any], uploads: Mapping[str, UploadedFile]) -> Json:
        """The parameters with their types; raises Refused for what the API would not take."""
        params: Json = {}
        for key, value in given.items():
            if key not in self._checks:
                raise self._unknown(key)
            if value is not None:
                params[key] = self._readers[key](value)
        if uploads:
            params = self._with_uploads(params, uploads)
        for key in self._required:
            value = params.get(key)
            if value is None or (value == "" and key in _MISSING):
                raise bad_request(
                    _MISSING.get(key, f'parameter "{key}" of {self.name} is required')
                )
        self._check(params)
        return params

    def _check(self, params: Json) -> None:
        checks = self._checks
        key = ""
        try:
            for key, value in params.items():
                checks[key](value)
        except UnknownField as wrong:
            raise self._unknown(wrong.under(key).path) from None
        except InvalidValue as wrong:
            path = wrong.under(key).path
            raise bad_request(f'parameter "{path}" of {self.name} must be {wrong.what}') from None

    def _unknown(self, path: str) -> Exception:
        return bad_request(f'unknown parameter "{path}" of {self.name}')

    def _with_uploads(self, params: Json, uploads: Mapping[str, UploadedFile]) -> Json:
        used: set[str] = set()
        attached: Json = _attach(params, uploads, used)
        for name, upload in uploads.items():
            if name in used:
                continue
            if name not in self._checks:
                raise self._unknown(name)
            attached[name] = upload
        return attached


def _attach(value: Any, uploads: Mapping[str, UploadedFile], used: set[str]) -> Any:
    """The same value with the uploads in the places that name them."""
    if isinstance(value, str) and value.startswith("attach://"):
        name = value.removeprefix("attach://")
        used.add(name)
        return uploads.get(name, value)
    if isinstance(value, dict):
        return {key: _attach(item, uploads, used) for key, item in value.items()}
    if isinstance(value, list):
        return [_attach(item, uploads, used) for item in value]
    return value


def load_method_models(names: Iterable[str]) -> dict[str, MethodModel]:
    """Those methods, by name in lower case."""
    known: dict[str, tuple[str, type[BaseModel]]] = {}
    for model in vars(aiogram.methods).values():
        if isinstance(model, type) and issubclass(model, TelegramMethod):
            name = getattr(model, "__api_method__", None)
            if isinstance(name, str):
                known[name.lower()] = (name, model)
    return {name.lower(): MethodModel(*known[name.lower()]) for name in names}


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """By the API's name; without what aiogram keeps of older versions."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if not (isinstance(extra, dict) and extra.get("deprecated")):
            found[field.alias or name] = field
    return found


def _kinds(annotation: Any) -> list[Any]:
    """The types a value may have, without those that only aiogram's own callers use."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for member in get_args(annotation) for kind in _kinds(member)]
    if annotation in (NoneType, Default):
        return []
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def build_check(annotation: Any) -> Check:
    """A function that raises Wrong for a value that is not of the type."""
    kinds = _kinds(annotation)
    if all(_is_model(kind) for kind in kinds):
        return _object(kinds[0]) if len(kinds) == 1 else _one_of(kinds)
    if InputFile in kinds:
        return _check_file
    if str in kinds and int in kinds:
        return _check_chat
    if int in kinds:  # alone, or a moment: in the API that is a number of seconds
        return _check_int
    if len(kinds) != 1:
        raise TypeError(f"aiogram has a type that the simulator cannot check: {annotation}")
    return _plain(kinds[0])


def _plain(kind: Any) -> Check:
    if get_origin(kind) is list:
        return _list(build_check(get_args(kind)[0]))
    if get_origin(kind) is Literal:
        return _literal(get_args(kind))
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


def _literal(values: tuple[Any, ...]) -> Check:
    allowed = [value.value if isinstance(value, Enum) else value for value in values]

    def check(value: Any) -> None:
        if value not in allowed or type(value) is not type(allowed[0]):
            raise InvalidValue(" or ".join(orjson.dumps(one).decode() for one in allowed))

    return check


def _list(check_item: Check) -> Check:
    def check(value: Any) -> None:
        if type(value) is not list:
            raise InvalidValue("an array")
        place = 0
        try:
            for place, item in enumerate(value):  # noqa: B007 - told when the check raises
                check_item(item)
        except InvalidValue as wrong:
            raise wrong.under(f"[{place}]") from None

    return check


class _Object:
    """The check of a model. Its fields are read at first use: models refer to each other."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._checks: dict[str, Check] = {}
        self._required: list[str] = []

    def _prepare(self) -> None:
        for key, field in _fields(self._model).items():
            self._checks[key] = build_check(field.annotation)
            # aiogram fills in a `type` by itself; on the wire it has to be there.
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
        except InvalidValue as wrong:
            raise wrong.under(key) from None
        for key in self._required:
            if value.get(key) is None:
                raise InvalidValue("given", key)


@cache
def _object(model: type[BaseModel]) -> Check:
    return _Object(model)


def _one_of(kinds: list[type[BaseModel]]) -> Check:
    """The check of the kind that a value means to be: by its `type`, else by its field names."""
    needs = [(_marks(kind), set(_fields(kind)), _object(kind)) for kind in kinds]

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise InvalidValue("an object")

        def likeness(need: tuple[Json, set[str], Check]) -> tuple[int, int]:
            marks, names, _ = need
            right = sum(1 for key, mark in marks.items() if value.get(key) == mark)
            return right, len(names & value.keys()) - len(marks.keys() - value.keys())

        max(needs, key=likeness)[2](value)

    return check


def _marks(kind: type[BaseModel]) -> Json:
    """The fields that tell this kind from others, with their values where these are fixed."""
    marks: Json = {}
    for key, field in _fields(kind).items():
        if get_origin(field.annotation) is Literal:
            value = get_args(field.annotation)[0]
            marks[key] = value.value if isinstance(value, Enum) else value
        elif field.is_required():
            marks[key] = object()
    return marks


def _reader(annotation: Any) -> Read:
    """Turns what a form says into the type, as Telegram does; what it cannot, the check refuses."""
    kinds = _kinds(annotation)
    if str in kinds:
        return _as_chat if int in kinds else _as_is
    if InputFile in kinds:
        return _as_is
    if int in kinds:
        return _as_int
    if bool in kinds:
        return _as_bool
    if float in kinds:
        return _as_float
    return _as_json


def _as_is(value: Any) -> Any:
    return value


def _as_chat(value: Any) -> Any:
    number = _as_int(value)
    return number if type(number) is int else value


def _as_int(value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        number = int(value)
    except ValueError:
        return value
    return number if -(2**63) <= number < 2**63 else value


def _as_float(value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


def _as_bool(value: Any) -> Any:
    if type(value) is not str:
        return value
    word = value.strip().lower()
    if word in ("true", "yes", "1"):
        return True
    return False if word in ("false", "no", "0", "") else value


def _as_json(value: Any) -> Any:
    if type(value) is not str:
        return value
    if not value:
        return None
    try:
        return orjson.loads(value)
    except ValueError:
        return value
