"""The screens that turns lead to, and the rows of drafts that they leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.conversation.consent import UNCONSENTED_LIFETIME, waits_for_consent
from bot.conversation.engine import Ask, Done, Stopped, TurnResult, present
from bot.conversation.flow import UNKNOWN_CHOICE
from bot.conversation.screens import show_question, show_subject
from bot.conversation.subjects import describe_subject, forget_asked, get_code
from bot.core.preferences import Preferences
from bot.core.requests import Chat
from bot.core.screen import Button, Screen, Words
from storage import conversations
from storage.conversations import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from bot.conversation.bindings import FlowBinding
    from bot.conversation.flow import Flow
    from storage.conversations import StoredChat

STALE = Words("draft.stale")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TurnScreen:
    """The screen to show after a turn, its language, and True if the turn finished a flow.

    A screen without paragraphs is not shown. `is_refusal`: a message was not accepted. Such a
    screen is shown at once, so that no answer to a later message takes its place. A pressed button
    is answered with `notice`. `about` says what a reply to the screen is about: the flow, and the
    code of its subject; None for a question without a subject. `is_unknown_choice`: the pressed
    button is none of the open question. `is_forbidden`: a flow of officers was refused. `is_taken`:
    the message is part of a conversation to which its writer has consented. `is_repeated`: the
    update was handled before. `is_of_earlier`: the pressed message is of an earlier question and
    loses its buttons; the screen comes in a new message.
    """

    screen: Screen
    language: str
    finished: bool = False
    is_refusal: bool = False
    notice: Words | None = None
    about: tuple[str, str] | None = None
    is_unknown_choice: bool = False
    is_forbidden: bool = False
    is_taken: bool = False
    is_repeated: bool = False
    is_of_earlier: bool = False


Decided = tuple[TurnScreen | None, Draft | None]  # what a turn shows, and the draft to store


def show_turn(binding: FlowBinding, turn: TurnResult, language: str) -> TurnScreen:
    """Return the screen for the result of a turn: a question, the reason of a stop, or the end."""
    match turn:
        case Ask():
            is_refusal = turn.rejected is not None
            is_unknown = turn.rejected is not None and turn.rejected.reason == UNKNOWN_CHOICE
            notice = STALE if turn.is_stale else None
            code = get_code(turn.answers)
            return TurnScreen(
                # A question of officers may show the words of a case.
                replace(show_question(turn, Words(binding.title)), protected=binding.of_officers),
                language,
                is_refusal=is_refusal,
                notice=notice,
                about=(turn.flow.name, code) if code else None,
                is_unknown_choice=is_unknown,
                is_taken=binding.of_officers
                or not (is_refusal or waits_for_consent(turn.flow, turn.answers)),
            )
        case Stopped(reason):
            words = Words(f"{binding.flow.name}.stopped.{reason}")
            return TurnScreen(Screen((words,)), language)
        case Done():
            usual = Words(f"{binding.flow.name}.done")
            words = binding.describe_end(turn.answers) if binding.describe_end else usual
            subject = show_subject(turn.answers, Words(binding.title))
            screen = Screen(
                (*subject, words), _list_openers(binding, turn), protected=binding.of_officers
            )
            return TurnScreen(screen, language, finished=True, is_taken=True)


def _list_openers(binding: FlowBinding, turn: Done) -> tuple[Button, ...]:
    """Return the button that opens the subject of a finished conversation, if it has one."""
    code = get_code(turn.answers)
    if binding.opens is None or not code:
        return ()
    label, verb = binding.opens
    return (Button(Words(label), f"{verb}={code}"),)


def name_draft(binding: FlowBinding, facts: Mapping[str, Any]) -> Words:
    """Return the words for a conversation: its title, and its subject if it has one."""
    title, about = Words(binding.title), describe_subject(facts)
    return Words("draft.named", {"title": title, "about": about}) if about else title


def show_open_question(binding: FlowBinding, row: StoredChat) -> TurnScreen:
    """Return the open question of a stored conversation."""
    return show_turn(binding, present(binding.flow, forget_asked(row.answers)), row.language)


def show_stale(binding: FlowBinding, row: StoredChat) -> TurnScreen:
    """Return the open question, after the button of another one was pressed."""
    return replace(show_open_question(binding, row), notice=STALE)


def show_handled(row: StoredChat) -> TurnScreen:
    """Return that an update was handled before, and that its conversation has ended."""
    return mark_repeated(TurnScreen(Screen((Words("draft.handled"),)), row.language))


def mark_repeated(shown: TurnScreen) -> TurnScreen:
    """Return the screen with the notice that it may have been shown before."""
    return replace(shown, screen=shown.screen.mark_repeated(), is_repeated=True)


def make_chat(row: StoredChat) -> Chat:
    """Return the chat of a stored conversation, with its language and preferences."""
    return Chat(row.chat_id, row.language, Preferences.from_json(row.preferences))


def shorten_unconsented(flow: Flow, draft: Draft, now: datetime) -> Draft:
    """Return a draft of somebody who has not consented yet with its short life; others unchanged.

    It is counted from the first message. The person read it with the question, so there is no
    reminder.
    """
    if draft.started_at is None or not waits_for_consent(flow, draft.answers):
        return draft
    return replace(draft, expires_at=draft.started_at + UNCONSENTED_LIFETIME, reminded_at=now)


def close_draft(row: StoredChat, update_id: int) -> Draft:
    """Return the row without an open conversation, with one more handled update."""
    updates = conversations.remember_update(row.updates, update_id)
    return Draft(row.key, updates=updates)


def close_expired(row: StoredChat, update_id: int, *, is_asked: bool) -> Decided:
    """Close a draft that has expired; show that if the message was for its question.

    Without a draft return what was handled before, None for a new update.
    """
    if row.flow is None:
        return (show_handled(row) if update_id in row.updates else None), None
    if not is_asked:
        return None, None
    expired = TurnScreen(Screen((Words("draft.expired"),)), row.language)
    return expired, close_draft(row, update_id)


def keep_draft(row: StoredChat, update_id: int) -> Draft:
    """Return the conversation unchanged, with one more handled update."""
    updates = conversations.remember_update(row.updates, update_id)
    return replace(copy_draft(row), updates=updates)


def copy_draft(row: StoredChat) -> Draft:
    """Return a stored conversation as a draft to write, unchanged."""
    return Draft(
        key=row.key,
        flow=row.flow,
        answers=row.answers,
        updates=row.updates,
        started_at=row.started_at,
        expires_at=row.expires_at,
        reminded_at=row.reminded_at,
    )


def count_turn(row: StoredChat, now: datetime) -> tuple[datetime, int]:
    """Return since when the turns of this minute are counted, and their number with this one."""
    if row.counted_from is None or now - row.counted_from >= _MINUTE:
        return now, 1
    return row.counted_from, row.counted + 1


def refuse_flood(row: StoredChat, now: datetime, most: int) -> Decided | None:
    """Return the request to slow down if this turn is above `most` a minute; otherwise None.

    It is a message for the first turn above, and a notice for every press. Only the first one is
    stored.
    """
    counted_from, count = count_turn(row, now)
    if count <= most:
        return None
    words, is_first = Words("abuse.too_fast"), count == most + 1
    shown = TurnScreen(Screen((words,) if is_first else ()), row.language, notice=words)
    counted = replace(copy_draft(row), counted_from=counted_from, counted=count)
    return shown, counted if is_first else None
