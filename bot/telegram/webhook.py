"""The webhook: an update is acknowledged after its effects are committed, not before."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import orjson
import structlog
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from storage.database import Unavailable

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.telegram.intake import Intake

log = structlog.get_logger()

_LARGEST = 4 * 1024 * 1024  # bytes; Telegram's updates are far smaller
_RETRY_AFTER = "2"  # seconds


def webhook_app(intake: Intake, path: str, secret: str) -> Starlette:
    """An ASGI application with the one route that Telegram calls."""
    expected = secret.encode()

    async def receive(request: Request) -> Response:
        given = request.headers.get("x-telegram-bot-api-secret-token", "").encode()
        if not hmac.compare_digest(given, expected):
            return Response(status_code=403)
        body = await _read(request)
        if body is None:
            return Response(status_code=413)
        try:
            arrival = await intake.take(body, may_answer=True)
        except Unavailable as error:
            log.warning("an update cannot be taken now", error=str(error))
            return Response(status_code=503, headers={"Retry-After": _RETRY_AFTER})
        if arrival.answer is None:
            return Response(status_code=200)
        return Response(orjson.dumps(arrival.answer), media_type="application/json")

    return Starlette(routes=[Route(path, receive, methods=["POST"])])


async def _read(request: Request) -> bytes | None:
    """The body, or None as soon as it is larger than any update."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            return None
    return bytes(body)
