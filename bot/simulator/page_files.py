"""The chat page's files."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

_FOLDER = Path(__file__).parent / "page"


def list_page_routes() -> list[Route]:
    """`/` and `/page/<file>`."""
    return [Route("/", _index), Route("/page/{name}", _file)]


async def _index(_request: Request) -> Response:
    return _respond("index.html")


async def _file(request: Request) -> Response:
    return _respond(request.path_params["name"])


def _respond(name: str) -> Response:
    # Only a name that the folder has: no path can lead out of it.
    if name not in {path.name for path in _FOLDER.iterdir() if path.is_file()}:
        return Response("Not Found\n", 404, media_type="text/plain")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    content = (_FOLDER / name).read_bytes()
    return Response(content, 200, {"Cache-Control": "no-cache"}, media_type=media_type)
