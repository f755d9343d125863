"""QR codes of deep links: a receipt, a ticket, the poster of a forum."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import segno

SUBMISSION_PREFIX = "code_"  # the payload of a deep link to a submission begins with it


def make_payload(receipt_code: str) -> str:
    """Return the payload of a deep link to the submission with a receipt code.

    Telegram allows only letters, digits, "_" and "-"; the hyphens of the code are removed.
    """
    return SUBMISSION_PREFIX + receipt_code.replace("-", "")


def draw_receipt_code_png(username: str, receipt_code: str) -> bytes:
    """Return the QR code of the deep link to a submission, as PNG. `username` is the bot's."""
    return draw_link_code_png(username, make_payload(receipt_code))


def draw_link_code_png(username: str, payload: str) -> bytes:
    """Return the QR code of a deep link to the bot `username`, as PNG."""
    picture = io.BytesIO()
    _make_code(username, payload).save(picture, kind="png", scale=8, border=3)
    return picture.getvalue()


def draw_link_code_pdf(username: str, payload: str) -> bytes:
    """Return the QR code of a deep link to the bot `username`, as PDF for print in any size."""
    picture = io.BytesIO()
    _make_code(username, payload).save(picture, kind="pdf", scale=12, border=4)
    return picture.getvalue()


def _make_code(username: str, payload: str) -> segno.QRCode:
    import segno

    return segno.make(f"https://t.me/{username}?start={payload}", error="m")
