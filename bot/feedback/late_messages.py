"""Messages that belong to the text of a submission although another question is open.

People go on writing: a second part of a long paste, a photo, one more sentence at the review card.
All of it becomes part of the text. Only what answers the open question does not. A place in doubt
is never taken without a word: one that was turned around is asked about before all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.areas.resolver import resolve_area
from bot.classification.labels import Intent
from bot.conversation.flow import Rejected, StepNotes
from bot.conversation.inputs import add_late_message, find_place_remark
from bot.conversation.old_encodings import add_waiting, list_waiting
from bot.conversation.reply import PlaceProblem
from bot.conversation.turned_places import note_turned_place
from bot.conversation.typed_words import read_meanings
from bot.core.text_encoding import convert_text
from bot.feedback.text_suggestions import suggest_cached

if TYPE_CHECKING:
    from bot.conversation.flow import Answers, LateReply
    from bot.conversation.inputs import MessageLimits
    from bot.conversation.reply import Reply

_DETAILS = "details"
_CONTENT = frozenset({Intent.OPINION, Intent.ADDITION})
# What the question for a place remembers of an earlier name, page or position.
_AREA_NOTES = frozenset({"area.page", "area.query", "area.near", "area.swapped"})
_LEAST_WORDS = 3  # of a message that is part of the text, and no failed answer
_LEAST_WORDS_BESIDE_PLACE = 5  # at the question for a place, whose name may be misspelt


def add_late_reply(answers: Answers, late: LateReply, *, limits: MessageLimits) -> Answers | None:
    """Return the answers with a message as part of the text; None if it is none.

    Raises Rejected for a message over the limits, and for one that is stored although there is
    something to say about its place.
    """
    reply, step = late.reply, late.step
    if reply.step is not None or reply.phone is not None or step.name == _DETAILS:
        return None
    if reply.attachment is None and read_meanings(reply.text or ""):
        return None
    gathered: list[dict[str, Any]] = list(answers.get(_DETAILS, ()))
    is_part = (late.follows and bool(gathered)) or _is_part(reply, late)
    if not is_part:
        return None
    if list_waiting(_DETAILS, answers) or convert_text(reply.text or "") is not None:
        return _ask_about_encoding(answers, gathered, reply)
    added = add_late_message(gathered, reply, limits, step=_DETAILS)
    if reply.place_problem is PlaceProblem.SWAPPED:
        return _ask_about_place(answers, added[_DETAILS], reply)
    remark = find_place_remark(reply)
    if remark is not None:
        raise Rejected(f"feedback.{_DETAILS}.rejected.{remark}", noted=StepNotes(added))
    changed = {**answers, **added}
    if step.name == "area" and reply.nearby:
        changed = {key: each for key, each in changed.items() if key not in _AREA_NOTES}
        changed["area.near"] = list(reply.nearby)
    return changed


def _ask_about_encoding(
    answers: Answers, gathered: list[dict[str, Any]], reply: Reply
) -> dict[str, Any]:
    """Return the answers with the text open again: its writer confirms the message first."""
    opened = {key: each for key, each in answers.items() if key != _DETAILS}
    noted = {f"{_DETAILS}.messages": gathered} if gathered else {}
    return {**opened, **noted, **add_waiting(_DETAILS, answers, reply)}


def _ask_about_place(
    answers: Answers, gathered: list[dict[str, Any]], reply: Reply
) -> dict[str, Any]:
    """Return the answers with the text open again: its writer confirms the turned place first."""
    note = f"{_DETAILS}.messages"
    closed = {_DETAILS, *_AREA_NOTES}
    opened = {key: each for key, each in answers.items() if key not in closed}
    return {**opened, note: gathered, **note_turned_place(note, reply)}


def _is_part(reply: Reply, late: LateReply) -> bool:
    if reply.attachment is not None:
        # A position outside the city is a failed answer, unless it is the caption of a file.
        return late.step.name != "area" or reply.nearby != () or reply.place is not None
    has_place = reply.place is not None or reply.place_problem is not None
    words = (reply.text or "").split()
    if late.step.name == "area":
        is_long = len(words) >= _LEAST_WORDS_BESIDE_PLACE
        return has_place or (is_long and not resolve_area(reply.text or "").candidates)
    if late.step.input.takes_text:
        return False
    return has_place or (len(words) >= _LEAST_WORDS and seems_content(reply.text or ""))


def seems_content(text: str) -> bool:
    """Return True if a text is an opinion or belongs to one; False for a greeting and the like."""
    return suggest_cached(text).intent in _CONTENT
