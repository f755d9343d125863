"""The Bot API over aiohttp: a request class for python-telegram-bot, in place of httpx.

Measured: httpx is the bottleneck of a busy bot, and slows down as concurrency grows; see
docs/decisions/0004-transport.md.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientProxyConnectionError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
    ServerTimeoutError,
    TCPConnector,
)
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.channels.telegram.api import MAX_CONNECTIONS
from bot.channels.telegram.errors import NotSent
from bot.channels.telegram.json_text import parse_json
from bot.core.visible_text import remove_direction_marks

if TYPE_CHECKING:
    from aiohttp import BaseConnector
    from telegram._utils.types import ODVInput

_CONTROL = re.compile("[\x00-\x1f\x7f]")  # characters that would end a header
_JSON = {"Content-Type": "application/json"}
_NEVER_LEFT = (
    ClientConnectorError,
    ClientProxyConnectionError,
    ConnectionTimeoutError,
)


@lru_cache(maxsize=256)
def _url(url: str) -> URL:
    # The token's colon may come percent-encoded, and must stay as it came.
    return URL(url, encoded=True)


class AiohttpRequest(BaseRequest):
    """Sends requests to the Bot API. The library calls these methods."""

    def __init__(
        self,
        *,
        connections: int = MAX_CONNECTIONS,
        proxy: str | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 15.0,
    ) -> None:
        """Create the request object.

        - `connections`: the maximum number of requests at once.
        - `proxy`: the URL of a proxy.
        - `connect_timeout`: seconds, including the wait for a free connection.
        - `read_timeout`: seconds between two parts of a response.
        """
        self._connections = connections
        self._proxy = proxy
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._session: ClientSession | None = None
        self._unsent_errors: tuple[type[Exception], ...] = _NEVER_LEFT

    @property
    def read_timeout(self) -> float:
        """Return the default read timeout in seconds."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the session, if it is not open. It must be called before `do_request`."""
        if self._session is None or self._session.closed:
            connector = self._make_connector()
            self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar())

    def _make_connector(self) -> BaseConnector:
        if not self._proxy:
            return TCPConnector(limit=self._connections, ttl_dns_cache=300)
        from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError

        self._unsent_errors = (*_NEVER_LEFT, ProxyConnectionError, ProxyError)
        return ProxyConnector.from_url(self._proxy, limit=self._connections)

    async def shutdown(self) -> None:
        """Close the session and its connections."""
        if self._session is not None:
            await self._session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Return a response as JSON. Raises TelegramError for other content, such as HTML."""
        try:
            return parse_json(payload)
        except (ValueError, RecursionError) as error:
            raise TelegramError("the answer is not JSON") from error

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request. Return the status and the body of the response.

        Raises NotSent if there was no connection, and TimedOut or NetworkError if the request may
        have arrived.
        """
        if self._session is None:
            raise RuntimeError("initialize() comes first")
        timeout = ClientTimeout(
            connect=_seconds(connect_timeout, self._connect_timeout),
            sock_read=_seconds(read_timeout, self._read_timeout),
        )
        try:
            async with self._session.request(
                method, _url(url), timeout=timeout, **_body(request_data)
            ) as response:
                return response.status, await response.read()
        except self._unsent_errors as error:
            raise NotSent(f"no connection: {type(error).__name__}") from error
        except (TimeoutError, ServerTimeoutError) as error:
            raise TimedOut("no answer in time") from error
        except ClientError as error:
            raise NetworkError(f"the connection broke: {type(error).__name__}") from error


def _seconds(given: ODVInput[float], default: float) -> float | None:
    return given if isinstance(given, float | int) or given is None else default


def _body(request_data: RequestData | None) -> dict[str, Any]:
    if request_data is None:
        return {}
    # Everything that people read passes here, so that no text is shown in another order.
    if not request_data.contains_files:
        body = orjson.dumps(request_data.parameters)
        shown = body if body.isascii() else remove_direction_marks(body.decode()).encode()
        return {"data": shown, "headers": _JSON}
    # RFC 7578: a file name is sent in UTF-8, and not percent-encoded.
    fields = request_data.json_parameters.items()
    form = FormData(
        {name: remove_direction_marks(value) for name, value in fields}, quote_fields=False
    )
    for name, (file_name, content, mime_type) in request_data.multipart_data.items():
        shown_name = remove_direction_marks(_CONTROL.sub(" ", file_name or "")) or None
        form.add_field(name, content, filename=shown_name, content_type=mime_type)
    return {"data": form}
