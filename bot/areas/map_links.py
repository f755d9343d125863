"""Read the position in a link to a map: Google Maps, OpenStreetMap, Apple Maps, `geo:` and others.

Links are only read, never opened. A short link, or a link with a name in place of a position, says
nothing without the network: see `is_unreadable_link`.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote_plus, urlsplit

from bot.areas.coordinates import FoundPosition, find_coordinates, order_position

_LINK = re.compile(r"(?:https?://|geo:|(?<![\w.@])(?:[\w-]+\.)+[a-z]{2,6}/)[^\s<>]+", re.IGNORECASE)
_MAP_HOST = re.compile(
    r"(?:^|\.)(?:google(?:\.com?)?(?:\.[a-z]{2})?|goo\.gl|app\.goo\.gl|openstreetmap\.org|osm\.org"
    r"|maps\.apple(?:\.com)?|waze\.com|bing\.com|here\.com|wego\.here\.com)$"
)
_SHORT_HOSTS = ("maps.app.goo.gl", "goo.gl", "osm.org", "maps.apple", "g.co", "share.google")
_NUMBER = r"(-?\d{1,3}(?:\.\d+)?)"
_PAIR = re.compile(rf"{_NUMBER}\s*[,~]\s*{_NUMBER}")
# The place of a Google link; what follows @ is only the middle of the visible map.
_GOOGLE_PLACE = re.compile(rf"!3d{_NUMBER}!4d{_NUMBER}")
_VIEW = re.compile(rf"@{_NUMBER},{_NUMBER}")
_OSM_VIEW = re.compile(rf"map=\d+(?:\.\d+)?/{_NUMBER}/{_NUMBER}")
_PLACE_PARAMETERS = (
    "query", "q", "coordinate", "destination", "daddr", "ll", "cp", "center", "sll", "viewpoint",
    "cbll",
)  # fmt: skip


def find_map_position(text: str) -> FoundPosition | None:
    """Return the position of the first link to a map that has one; None without one."""
    for link in _LINK.findall(text):
        position = _read_link(link)
        if position is not None:
            return position
    return None


def is_unreadable_link(text: str) -> bool:
    """Return True if a text has a link to a map, but none that says a position by itself."""
    links = [link for link in _LINK.findall(text) if _is_map(link)]
    return bool(links) and find_map_position(text) is None


def _is_map(link: str) -> bool:
    if link.lower().startswith("geo:"):
        return True
    host, path = _split_host(link)
    if host in _SHORT_HOSTS:
        return host not in {"goo.gl", "g.co", "share.google"} or "map" in path
    is_map = "map" in f"{host}{path}" or host.endswith(("waze.com", "here.com"))
    return is_map and _MAP_HOST.search(host) is not None


def _split_host(link: str) -> tuple[str, str]:
    """Return the host of a link in lower case and its path; empty ones if it is no address."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:
        return "", ""
    return (parts.hostname or "").removeprefix("www."), parts.path


def _read_link(link: str) -> FoundPosition | None:
    if not _is_map(link):
        return None
    if link.lower().startswith("geo:"):
        return _read_geo(link)
    parts = urlsplit(link if "://" in link else f"https://{link}")
    decoded = unquote_plus(link)
    if places := _GOOGLE_PLACE.findall(decoded):
        return _to_position(*places[-1])
    position = _read_parameters(parts.query, parts.fragment) or _read_path(parts.path)
    if position is not None:
        return position
    view = _VIEW.search(decoded) or _OSM_VIEW.search(decoded)
    return _to_position(*view.groups()) if view else None


def _read_parameters(query: str, fragment: str) -> FoundPosition | None:
    parameters = parse_qs(query) | parse_qs(fragment)
    if "mlat" in parameters and "mlon" in parameters:
        return _read_words(f"{parameters['mlat'][0]},{parameters['mlon'][0]}")
    found = (_read_words(parameters.get(name, [""])[0]) for name in _PLACE_PARAMETERS)
    return next(filter(None, found), None)


def _read_path(path: str) -> FoundPosition | None:
    """Return the position that the last possible segment of a path names: of a route, its end."""
    segments = [each for each in unquote_plus(path).split("/") if not each.startswith("@")]
    return next(filter(None, map(_read_words, reversed(segments))), None)


def _read_geo(link: str) -> FoundPosition | None:
    """Return the position of a `geo:` link (RFC 5870); Android's `geo:0,0?q=` has it behind."""
    path, _, query = link[len("geo:") :].partition("?")
    asked = _read_words(parse_qs(query).get("q", [""])[0])
    match = _PAIR.match(unquote_plus(path))
    return asked or (_to_position(*match.groups()) if match else None)


def _read_words(words: str) -> FoundPosition | None:
    match = _PAIR.match(words.removeprefix("loc:").strip())
    return _to_position(*match.groups()) if match else find_coordinates(words)


def _to_position(latitude: str, longitude: str) -> FoundPosition | None:
    return order_position(float(latitude), float(longitude))
