"""The receipt as a picture: a QR code that opens the opinion for who may see it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import segno

PREFIX = "code_"  # of the deep link's payload


def make_payload(code: str) -> str:
    """What stands for a receipt code in a deep link, which takes no other signs than these."""
    return PREFIX + code.replace("-", "")


def draw_receipt_code(username: str, code: str) -> bytes:
    """A PNG of the deep link to an opinion."""
    return draw_link_code(username, make_payload(code))


def draw_link_code(username: str, payload: str) -> bytes:
    """A PNG of a deep link."""
    made = io.BytesIO()
    _code(username, payload).save(made, kind="png", scale=8, border=3)
    return made.getvalue()


def print_link_code(username: str, payload: str) -> bytes:
    """A PDF of a deep link, to be printed as large as one likes."""
    made = io.BytesIO()
    _code(username, payload).save(made, kind="pdf", scale=12, border=4)
    return made.getvalue()


def _code(username: str, payload: str) -> segno.QRCode:
    import segno

    return segno.make(f"https://t.me/{username}?start={payload}", error="m")
