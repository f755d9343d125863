"""QR codes of deep links: a receipt, a ticket, the poster of a forum."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import segno

PREFIX = "code_"  # of the deep link's payload


def make_payload(code: str) -> str:
    """Return the payload of a deep link to a submission: letters, digits and underscores only."""
    return PREFIX + code.replace("-", "")


def draw_receipt_code(username: str, code: str) -> bytes:
    """Return a PNG of the deep link to a submission."""
    return draw_link_code(username, make_payload(code))


def draw_link_code(username: str, payload: str) -> bytes:
    """Return a PNG of a deep link."""
    picture = io.BytesIO()
    _make_code(username, payload).save(picture, kind="png", scale=8, border=3)
    return picture.getvalue()


def print_link_code(username: str, payload: str) -> bytes:
    """Return a PDF of a deep link, which can be printed in any size."""
    picture = io.BytesIO()
    _make_code(username, payload).save(picture, kind="pdf", scale=12, border=4)
    return picture.getvalue()


def _make_code(username: str, payload: str) -> segno.QRCode:
    import segno

    return segno.make(f"https://t.me/{username}?start={payload}", error="m")
