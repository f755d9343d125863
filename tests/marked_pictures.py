"""Pictures with a marker in every metadata field that a library can write."""

from __future__ import annotations

import io
from typing import Any

import pillow_heif
from PIL import Image, PngImagePlugin, TiffImagePlugin

MARKER = "NGUYENVANANH7391"
PLACE = (20.0, 51.0, 17.0)  # degrees, minutes, seconds: the latitude and longitude in EXIF


def _make_exif() -> Image.Exif:
    exif = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298):  # description, maker, artist…
        exif[tag] = MARKER
    exif.get_ifd(0x8769)[0x9286] = MARKER.encode()  # the comment of the user
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4], gps[27] = "N", PLACE, "E", PLACE, MARKER.encode()
    return exif


def make_picture(form: str, *, frames: int = 1) -> bytes:
    """Return a picture with the marker in all of EXIF, XMP, comments and its end that it can have.

    `form` is the name that Pillow gives to the format, such as "JPEG".
    """
    images = [Image.new("RGB", (32, 24), colour) for colour in ("green", "red", "blue")[:frames]]
    more: dict[str, Any] = {"exif": _make_exif(), "xmp": f"<x>{MARKER}</x>".encode()}
    if frames > 1:
        more |= {"save_all": True, "append_images": images[1:], "duration": 100}
    if form == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", MARKER)
        texts.add_text("Comment", MARKER, zip=True)
        texts.add_itxt("XML:com.adobe.xmp", MARKER, zip=True)
        more = {"exif": more["exif"], "pnginfo": texts} | {
            key: more[key] for key in ("save_all", "append_images", "duration") if key in more
        }
    elif form == "JPEG":
        more["comment"] = MARKER
        more["icc_profile"] = MARKER.encode() * 4
    elif form == "GIF":
        more = {**more, "comment": MARKER.encode()}
        more.pop("exif"), more.pop("xmp")
    elif form == "TIFF":
        info = TiffImagePlugin.ImageFileDirectory_v2()
        for tag in (270, 271, 305, 315, 33432):
            info[tag] = MARKER
        info[700] = MARKER.encode()
        more = {"tiffinfo": info}
    content = io.BytesIO()
    if form == "HEIF":
        pillow_heif.register_heif_opener()
    images[0].save(content, form, **more)
    after_end = MARKER.encode() if form in {"JPEG", "PNG", "GIF"} else b""
    return content.getvalue() + after_end
