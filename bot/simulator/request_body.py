"""Read the parameters and files of a request in all formats that Telegram accepts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from bot.simulator.api_types import ApiError, UploadedFile, bad_request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive, Scope

    from bot.simulator.api_types import Json

_MAX_BODY_BYTES = 64 * 1024 * 1024  # of a whole request
_MAX_FIELD_BYTES = 4 * 1024 * 1024  # of one field that is no file


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The parameters (strings from forms, any values from JSON) and the uploaded files."""

    params: Json = field(default_factory=dict)
    uploads: dict[str, UploadedFile] = field(default_factory=dict)


async def read_body(scope: Scope, receive: Receive) -> RequestBody:
    """Read the query and the body of a request. Raises ApiError if they are malformed."""
    content_type = _read_content_type(scope)
    query = scope["query_string"]
    params: Json = _parse_pairs(query) if query else {}
    if content_type.startswith(b"multipart/form-data"):
        return await _read_multipart(scope, receive, params)
    content = await read_bytes(receive)
    return parse_body(content, content_type, params)


def parse_body(content: bytes, content_type: bytes, params: Json | None = None) -> RequestBody:
    """Parse a body that is not multipart. Raises ApiError if it is malformed."""
    params = params or {}
    if not content:
        return RequestBody(params)
    if content_type.startswith(b"application/json"):
        try:
            fields = orjson.loads(content)
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(fields, dict):
            raise bad_request("object expected as a body")
        return RequestBody({**params, **fields})
    if content_type.startswith(b"application/x-www-form-urlencoded"):
        return RequestBody({**params, **_parse_pairs(content)})
    return RequestBody(params)


def _read_content_type(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type: bytes = value.lower()
            return content_type
    return b""


def _parse_pairs(content: bytes) -> Json:
    try:
        return dict(parse_qsl(content.decode(), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise bad_request("strings must be encoded in UTF-8") from None


async def read_bytes(receive: Receive) -> bytes:
    """Return the whole body of a request. Raises ApiError if it is too large."""
    message = await receive()
    content: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return content
    parts = [content]
    async for part in _read_parts(receive):
        parts.append(part)  # noqa: PERF401 - a comprehension would hide the check of the size
    return b"".join(parts)


async def _read_parts(receive: Receive) -> AsyncGenerator[bytes, None]:
    """Yield the parts of a body. Raises ApiError if it is too large."""
    size = 0
    more = True
    while more:
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > _MAX_BODY_BYTES:
            raise ApiError("Request Entity Too Large", 413)
        more = message.get("more_body", False)
        yield part


async def _read_multipart(scope: Scope, receive: Receive, params: Json) -> RequestBody:
    parser = MultiPartParser(
        Headers(raw=scope["headers"]), _read_parts(receive), max_part_size=_MAX_FIELD_BYTES
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise bad_request("can't parse the multipart body") from None
    uploads: dict[str, UploadedFile] = {}
    fields: dict[str, Any] = dict(params)
    try:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                uploads[name] = UploadedFile(value.filename or name, content, value.content_type)
            else:
                fields[name] = value
    finally:
        await form.close()
    return RequestBody(fields, uploads)
