"""What a request brings: its parameters and files, in any of the forms that Telegram takes."""

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

_LARGEST = 64 * 1024 * 1024
_LARGEST_FIELD = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RequestBody:
    """Parameters as they came: text from a form, values from JSON."""

    params: Json = field(default_factory=dict)
    uploads: dict[str, UploadedFile] = field(default_factory=dict)


async def read_body(scope: Scope, receive: Receive) -> RequestBody:
    """The parameters of a request's query and body; raises Refused for what cannot be read."""
    kind = _content_type(scope)
    query = scope["query_string"]
    params: Json = _pairs(query) if query else {}
    if kind.startswith(b"multipart/form-data"):
        return await _multipart(scope, receive, params)
    content = await read_bytes(receive)
    return parse_body(content, kind, params)


def parse_body(content: bytes, kind: bytes, params: Json | None = None) -> RequestBody:
    """The same for a body that is there, and is not multipart."""
    params = params or {}
    if not content:
        return RequestBody(params)
    if kind.startswith(b"application/json"):
        try:
            given = orjson.loads(content)
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(given, dict):
            raise bad_request("object expected as a body")
        return RequestBody({**params, **given})
    if kind.startswith(b"application/x-www-form-urlencoded"):
        return RequestBody({**params, **_pairs(content)})
    return RequestBody(params)


def _content_type(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-type":
            found: bytes = value.lower()
            return found
    return b""


def _pairs(content: bytes) -> Json:
    try:
        return dict(parse_qsl(content.decode(), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise bad_request("strings must be encoded in UTF-8") from None


async def read_bytes(receive: Receive) -> bytes:
    """A request's body."""
    message = await receive()
    content: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return content
    parts = [content]
    async for part in _parts(receive):
        parts.append(part)  # noqa: PERF401 - an asynchronous comprehension hides the size check
    return b"".join(parts)


async def _parts(receive: Receive) -> AsyncGenerator[bytes, None]:
    size = 0
    more = True
    while more:
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > _LARGEST:
            raise ApiError("Request Entity Too Large", 413)
        more = message.get("more_body", False)
        yield part


async def _multipart(scope: Scope, receive: Receive, params: Json) -> RequestBody:
    parser = MultiPartParser(
        Headers(raw=scope["headers"]), _parts(receive), max_part_size=_LARGEST_FIELD
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
