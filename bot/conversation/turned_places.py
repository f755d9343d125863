"""The question about a place whose numbers were typed the other way round: pure functions.

Of "106.6822, 20.8561" only the other order is a place on Earth that people here can mean. The place
is stored in that order, and its writer is asked whether it is meant. The note `turned` of the step
that gathers messages is the id of the message. Without a press the place stays: "done" confirms it.

`note` is always the key of the gathered messages, such as "details.messages".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation.flow import Option, StepNotes
from bot.conversation.meanings import Meaning
from bot.conversation.reply import PlaceProblem
from bot.core.screen import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.conversation.flow import Answers
    from bot.conversation.reply import Reply
    from bot.core.screen import Param

_TURNED, _NO_PLACE = "turned", "no-place"  # values of the buttons


def note_turned_place(note: str, reply: Reply) -> Mapping[str, Any]:
    """Return the note of a message whose place was turned around."""
    return {_make_key(note): reply.message_id}


def forget_turned_place(note: str) -> Mapping[str, Any]:
    """Return the change that ends the question."""
    return {_make_key(note): None}


def renew_turned_place(note: str, edited: Reply, answers: Answers) -> Mapping[str, Any]:
    """Return the changed note after a message was edited; {} if the question stays as it is."""
    if edited.place_problem is PlaceProblem.SWAPPED:
        return note_turned_place(note, edited)
    return forget_turned_place(note) if answers.get(_make_key(note)) == edited.message_id else {}


def list_turning_options(note: str, answers: Answers) -> tuple[Option, ...]:
    """Return the buttons of the question; () if no place is in doubt."""
    place = _find_place(note, answers)
    if place is None:
        return ()
    words = _describe(place)
    return (
        Option(_TURNED, Words("turned_place.options.turned", words), (Meaning.YES,)),
        Option(_NO_PLACE, Words("turned_place.options.no-place"), (Meaning.NO,)),
    )


def describe_turned_place(note: str, answers: Answers) -> Mapping[str, Param]:
    """Return the numbers of the place in doubt as parameters of the question."""
    place = _find_place(note, answers)
    return {} if place is None else _describe(place)


def decide_turned_place(note: str, reply: Reply, answers: Answers) -> StepNotes | None:
    """Return the notes after a button of the question; None for any other reply.

    The place is removed if it is not meant. Its text stays.
    """
    if reply.choice not in {_TURNED, _NO_PLACE} or not list_turning_options(note, answers):
        return None
    decided = dict(forget_turned_place(note))
    if reply.choice == _NO_PLACE:
        asked = answers[_make_key(note)]
        decided[note] = [
            _remove_place(each) if each["id"] == asked else each for each in answers[note]
        ]
    return StepNotes(decided)


def _make_key(note: str) -> str:
    return f"{note.rpartition('.')[0]}.turned"


def _find_place(note: str, answers: Answers) -> Mapping[str, Any] | None:
    """Return the stored place in doubt; None if there is none, or its message is gone."""
    asked = answers.get(_make_key(note))
    if asked is None:
        return None
    found = (each for each in answers.get(note, ()) if each["id"] == asked)
    return next((_get_place(each) for each in found), None)


def _get_place(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the place that the words of a gathered message state."""
    if message.get("place"):
        return dict(message["place"])
    file = message["file"]
    return dict(file) if file and file["type"] == "place" else None


def _remove_place(message: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        name: value for name, value in message.items() if name not in {"place", "near", "turned"}
    }
    return kept if message.get("place") else {**kept, "file": None}


def _describe(place: Mapping[str, Any]) -> Mapping[str, Param]:
    return {name: str(round(place[name], 6)) for name in ("latitude", "longitude")}
