"""Read the fields and types of aiogram's models of Bot API 10.0."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from aiogram.client.default import Default
from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def list_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields by the API's names, without those that aiogram marks as deprecated."""
    fields: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if not (isinstance(extra, dict) and extra.get("deprecated")):
            fields[field.alias or name] = field
    return fields


def list_types(annotation: Any) -> list[Any]:
    """Return the types that a value may have, without the types that only aiogram uses."""
    if get_origin(annotation) is Annotated:
        return list_types(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for member in get_args(annotation) for kind in list_types(member)]
    if annotation in (NoneType, Default):
        return []
    return [annotation]


def is_model(kind: Any) -> bool:
    """Return True if a type is a model of aiogram, so that its values are JSON objects."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)
