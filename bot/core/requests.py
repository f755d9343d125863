"""Requests of people to features, and the features' responses, without a messenger's own types.

A channel turns its updates into requests, and responses into its messages. The controllers of the
features (`bot/*/controller.py`) turn requests into responses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.core.preferences import Preferences
from bot.core.typed_numbers import parse_number

if TYPE_CHECKING:
    from bot.core.screen import Screen, Words
    from bot.core.shown_files import ShownFile
    from bot.core.unit_of_work import UnitOfWork


class Refused(Exception):
    """Raised when a person may not do something, or not now. `words` is the text that says why.

    With a `screen` that screen is shown instead. The transaction is then rolled back: nothing has
    changed.
    """

    def __init__(self, words: Words, screen: Screen | None = None) -> None:
        super().__init__(words.key)
        self.words = words
        self.screen = screen


@dataclass(frozen=True, slots=True)
class Chat:
    """A private chat with a person: its id, its language, and the person's preferences."""

    id: int
    language: str
    preferences: Preferences = field(default_factory=Preferences)


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that a person asks for with a command, a button or a deep link.

    `verb` is the key of its route: "/mine" for a command, "mine:withdraw" for a button,
    "start:code_" for a deep link. `argument` is the text after it, such as a receipt code.
    `person_name` is the name in the person's profile. `bot_name` is the bot's user name, for links
    that open the bot. `prepared` is what the route prepared, see `Route`; None if nothing.
    """

    chat: Chat
    update_id: int
    verb: str
    argument: str = ""
    person_name: str = ""
    bot_name: str = ""
    prepared: Any = None

    @property
    def action(self) -> str:
        """Return the part of the verb after the colon; the verb itself for a command."""
        return self.verb.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class GroupRequest:
    """A command that somebody gives in a group.

    `thread_id` is the id of the group's topic in which it is written, if any. `person_id` is None
    for an anonymous administrator, whose messages are sent as the group.
    """

    group_id: int
    thread_id: int | None
    person_id: int | None
    update_id: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file made by the bot: sent as a picture, or as a document with a name."""

    content: bytes
    name: str
    is_picture: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """A place on the map, in degrees, with its name and its address."""

    latitude: float
    longitude: float
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Show:
    """Show a screen in place of the message whose button was pressed, or as a `new` message.

    `files` are sent after it. With an `upload` the screen is the caption of that file, in a new
    message. `language`: the new language, if the request changed the chat's language; else None.
    `about` says what a reply to it is about: a view's name (see `message_subjects`), and the code.
    """

    screen: Screen
    new: bool = False
    files: tuple[ShownFile, ...] = ()
    upload: Upload | None = None
    language: str | None = None
    about: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ShowPin:
    """Show a place on the map."""

    pin: Pin


@dataclass(frozen=True, slots=True)
class Notice:
    """Show a short text above the chat after a pressed button; otherwise send it as a message."""

    words: Words


@dataclass(frozen=True, slots=True)
class StartFlow:
    """Start a guided conversation: the flow with this name, with facts as its first answers.

    Its first question is a `new` message, or replaces the message whose button was pressed. If
    another conversation is open, the person is asked which one to continue. With `resumes`, they
    are not asked: the open one goes on.
    """

    flow: str
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    new: bool = True
    resumes: bool = False


@dataclass(frozen=True, slots=True)
class SwitchFlow:
    """Drop the open conversation. Start the one that the person asked for meanwhile."""


@dataclass(frozen=True, slots=True)
class CancelFlow:
    """Cancel the guided conversation that is open in the chat."""


# What a controller returns: one response, or several to show in this order.
Response = Show | ShowPin | Notice | StartFlow | SwitchFlow | CancelFlow
Responses = Response | tuple[Response, ...]

# The functions of a Route.
HandleRequest = Callable[["UnitOfWork", Request], Awaitable[Responses]]
RecordRefusal = Callable[["UnitOfWork", Request], Awaitable[None]]
Prepare = Callable[["UnitOfWork", int, str], Awaitable[Callable[[], Any] | None]]


@dataclass(frozen=True, slots=True)
class Route:
    """The function `handle` of a controller that handles the requests with a verb.

    `reads_only`: it changes nothing, so it needs no writing transaction. `searches`: it looks
    through texts for the argument, which can take a while. `record_refusal` is called
    in a transaction of its own after the function raised Refused; the default is
    `refusals.record_request`.

    `prepare` is for a computation that takes long. It gets the chat id and the argument, runs
    first, in a transaction of its own that only reads, and returns a function without arguments,
    or None. After the end of that transaction the function runs in a thread; what it returns is
    `Request.prepared`. The rows may have changed since: `handle` checks again what depends on them.
    """

    handle: HandleRequest
    reads_only: bool = False
    searches: bool = False
    record_refusal: RecordRefusal | None = None
    prepare: Prepare | None = None


# A route without a function starts or cancels a conversation, and needs no transaction of its own.
AnyRoute = Route | StartFlow | SwitchFlow | CancelFlow
# The routes of a feature by verb: "/mine", "mine:show", "start:code_"; "mine:*" stands for all
# other buttons of "mine".
Routes = Mapping[str, AnyRoute]
# The functions of group commands, by command without a slash, such as "link_group". Each returns
# the text to answer in the group.
GroupRoutes = Mapping[str, Callable[["UnitOfWork", GroupRequest], Awaitable["Words"]]]


def split_argument(argument: str) -> tuple[str, int | None]:
    """Return the code and the number of an argument "CODE.NUMBER".

    The number is None if the argument has none.
    """
    code, _, typed = argument.partition(".")
    return code, parse_number(typed)
