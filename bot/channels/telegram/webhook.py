"""The webhook: receives updates, and acknowledges them when neither their effects nor the replies
to them can be lost.
"""

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

_MAX_BODY_BYTES = 4 * 1024 * 1024  # Telegram's updates are far smaller
_RETRY_AFTER_SECONDS = b"2"  # in the header of a response 503
_SECRET_HEADER = b"x-telegram-bot-api-secret-token"

_Headers = tuple[tuple[bytes, bytes], ...]


def make_webhook_app(update_handler: UpdateHandler, path: str, secret: str) -> ASGIApp:
    """Return an ASGI application that accepts updates by POST at `path`.

    It refuses requests without `secret` in the header `X-Telegram-Bot-Api-Secret-Token`.

    It uses no framework, because routing and middleware would cost as much as an update.
    """
    expected = secret.encode()

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != path:
            await _send_response(send, 404)
        elif scope["method"] != "POST":
            await _send_response(send, 405, headers=((b"allow", b"POST"),))
        elif not hmac.compare_digest(_get_header(scope["headers"], _SECRET_HEADER), expected):
            await _send_response(send, 403)
        else:
            await _handle_request(update_handler, receive, send)

    return respond


async def _handle_request(update_handler: UpdateHandler, receive: Receive, send: Send) -> None:
    body = await _read_body(receive)
    if body is None:
        await _send_response(send, 413)
        return
    try:
        arrival = await update_handler.handle_update(body, may_answer=True)
        await update_handler.secure_replies((arrival,))
    except Unavailable as error:
        log.warning("an update cannot be handled now", error=str(error))
        await _send_response(send, 503, headers=((b"retry-after", _RETRY_AFTER_SECONDS),))
        return
    if arrival.answer is None:
        await _send_response(send, 200)
    else:
        content = ((b"content-type", b"application/json"),)
        await _send_response(send, 200, orjson.dumps(arrival.answer), content)
        update_handler.confirm_answer(arrival)


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, or None if it is too large or the client disconnects."""
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        body += bytes(event.get("body", b""))
        if len(body) > _MAX_BODY_BYTES:
            return None
        if not event.get("more_body"):
            return body


async def _send_response(
    send: Send, status: int, body: bytes = b"", headers: _Headers = ()
) -> None:
    length = (b"content-length", b"%d" % len(body))
    start = {"type": "http.response.start", "status": status, "headers": [length, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _get_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")
