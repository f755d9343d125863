"""Check that JSON values have the types of aiogram's models.

The models ignore unknown fields; these checks reject them. Each model is compiled once to plain
functions, because validation by the model itself takes longer than the rest of a request.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args, get_origin

import orjson
from aiogram.types import InputFile

from bot.simulator.api_models import is_model, list_fields, list_types
from bot.simulator.api_types import UploadedFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from bot.simulator.api_types import Json

    Check: TypeAlias = Callable[[Any], None]


class InvalidValue(Exception):
    """A value has the wrong type.

    expected: the right type, in words
    path:     the names of the fields that lead to the value; each level adds its own
    """

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
        """Return the error with the name of the level above in its path."""
        return UnknownField(self.expected, super().add_prefix(name).path)


def build_check(annotation: Any) -> Check:
    """Return a function that raises InvalidValue for a value of another type.

    Raises TypeError for an annotation that the simulator cannot check.
    """
    kinds = list_types(annotation)
    if all(is_model(kind) for kind in kinds):
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
        for key, field in list_fields(self._model).items():
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
        (_list_marks(kind), set(list_fields(kind)), _build_object_check(kind)) for kind in kinds
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
    for key, field in list_fields(kind).items():
        if get_origin(field.annotation) is Literal:
            value = get_args(field.annotation)[0]
            marks[key] = value.value if isinstance(value, Enum) else value
        elif field.is_required():
            marks[key] = object()
    return marks
