"""Serve the files of the chat page."""

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
    """Return the routes `/` and `/page/<file>`, which serve the chat page."""
    return [Route("/", _serve_index), Route("/page/{name}", _serve_file)]


async def _serve_index(_request: Request) -> Response:
    return _build_response("index.html")


async def _serve_file(request: Request) -> Response:
    return _build_response(request.path_params["name"])


def _build_response(name: str) -> Response:
    # Only names of files in the folder are accepted, so a path cannot leave it.
    if name not in {path.name for path in _FOLDER.iterdir() if path.is_file()}:
        return Response("Not Found\n", 404, media_type="text/plain")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    content = (_FOLDER / name).read_bytes()
    return Response(content, 200, {"Cache-Control": "no-cache"}, media_type=media_type)
