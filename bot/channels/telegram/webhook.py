"""The webhook: an update is acknowledged after its effects are committed, not before."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import orjson
import structlog

from storage.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.channels.telegram.update_handler import UpdateHandler

log = structlog.get_logger()

_MAX_BYTES = 4 * 1024 * 1024  # Telegram's updates are far smaller
_RETRY_AFTER = b"2"  # seconds
_SECRET = b"x-telegram-bot-api-secret-token"

_Headers = tuple[tuple[bytes, bytes], ...]


def make_webhook_app(update_handler: UpdateHandler, path: str, secret: str) -> ASGIApp:
    """Return an ASGI application with the one path that Telegram calls.

    It uses no framework: routing and middleware would cost as much as the handling of an update.
    """
    expected = secret.encode()

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != path:
            await _answer(send, 404)
        elif scope["method"] != "POST":
            await _answer(send, 405, headers=((b"allow", b"POST"),))
        elif not hmac.compare_digest(_header(scope["headers"], _SECRET), expected):
            await _answer(send, 403)
        else:
            await _handle_body(update_handler, receive, send)

    return respond


async def _handle_body(update_handler: UpdateHandler, receive: Receive, send: Send) -> None:
    body = await _read(receive)
    if body is None:
        await _answer(send, 413)
        return
    try:
        arrival = await update_handler.handle_update(body, may_answer=True)
    except Unavailable as error:
        log.warning("an update cannot be taken now", error=str(error))
        await _answer(send, 503, headers=((b"retry-after", _RETRY_AFTER),))
        return
    if arrival.answer is None:
        await _answer(send, 200)
    else:
        content = ((b"content-type", b"application/json"),)
        await _answer(send, 200, orjson.dumps(arrival.answer), content)


async def _read(receive: Receive) -> bytes | None:
    """Return the body; None if it is too large, or if the client disconnects."""
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        body += bytes(event.get("body", b""))
        if len(body) > _MAX_BYTES:
            return None
        if not event.get("more_body"):
            return body


async def _answer(send: Send, status: int, body: bytes = b"", headers: _Headers = ()) -> None:
    length = (b"content-length", b"%d" % len(body))
    start = {"type": "http.response.start", "status": status, "headers": [length, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")
