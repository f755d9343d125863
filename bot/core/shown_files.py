"""Files as officers may see them: nothing in them leads to what they may not see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A place in degrees; a venue has a title and an address."""

    latitude: float
    longitude: float
    title: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that may be shown.

    - `number`: its number within the submission, from 1.
    - `type`: the type of message, such as "photo" or "place".
    - `stored`: the name in the store of what may be shown; None if nothing is stored.
    - `name`: a file name that tells nothing of the author.
    - `telegram_id`: Telegram's id of the file as the author sent it; None if it must not be sent.
    - `place`: the place, for the type "place".
    """

    number: int
    type: str
    stored: str | None = None
    name: str = ""
    telegram_id: str | None = None
    place: ShownPlace | None = None
