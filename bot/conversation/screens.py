"""The screen of an open question: its text keys and its buttons are derived from the step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation.button_data import make_button_data, parse_button_data
from bot.conversation.engine import Ask, list_editable, list_given
from bot.conversation.old_encodings import CONVERTED, ORIGINAL, list_waiting
from bot.conversation.reply import Navigation, Reply
from bot.conversation.subjects import describe_subject, hash_subject
from bot.core.screen import Button, Screen, Words
from bot.core.text_folding import fold_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from bot.conversation.flow import Flow, Option, Rejected, Step

_MAX_SHOWN = 2000  # characters of a converted text
# The labels of the navigation buttons. KEEP changes no answer and returns to the review.
BACK, CANCEL, EDIT, KEEP = (Words(f"move.{name}") for name in ("back", "cancel", "edit", "keep"))


def show_question(ask: Ask, title: Words | str = "") -> Screen:
    """Return the screen of an open question, with the reason if the last reply was rejected.

    `title` names the conversation, where it has a subject. A question that `is_brief` was just
    shown, and has only one line beside its buttons.
    """
    subject = show_subject(ask.answers, title)
    screen = _show_whole_question(ask, subject)
    if not ask.is_brief:
        return screen
    line = _show_rejection(ask) or (Words("draft.choose"),)
    return replace(screen, paragraphs=(*subject, *ask.notices, *line))


def _show_whole_question(ask: Ask, subject: tuple[Words, ...]) -> Screen:
    step, base = ask.step, f"{ask.flow.name}.{ask.step.name}"
    if is_editing(ask):
        return _show_editable_answers(ask, subject)
    if waiting := list_waiting(step.name, ask.answers):
        return _show_conversion(ask, subject, waiting)
    prompt, sharing = step.input.prompt(ask.answers), step.input.sharing(ask.answers)
    key = prompt if "." in prompt else f"{base}.{prompt}"  # several questions share a key
    question = Words(key, step.input.params(ask.answers))
    return Screen(
        (*subject, *ask.notices, *_show_rejection(ask), question, *_show_progress(ask)),
        choices=tuple(_make_choice(ask, option) for option in step.input.options(ask.answers)),
        navigation=_make_navigation(ask),
        sharing=None if sharing is None else (sharing, Words(f"{base}.share")),
    )


def _show_progress(ask: Ask) -> tuple[Words, ...]:
    """Return how many questions are left, if there are several."""
    is_known = ask.flow.progress_from in ask.answers
    left = ask.flow.count_open_steps(ask.answers) if is_known else 0
    return (Words("draft.left", {"count": left}),) if left > 1 else ()


def _show_conversion(
    ask: Ask, subject: tuple[Words, ...], waiting: Sequence[Mapping[str, Any]]
) -> Screen:
    """Return the question which version of a text in an old encoding is meant."""
    texts = [each["converted"] or each["text"] for each in waiting]
    shown = "\n".join(text for text in texts if text)[:_MAX_SHOWN]
    return Screen(
        (*subject, *ask.notices, Words("draft.old_encoding", {"text": shown})),
        choices=tuple(
            Button(Words(f"draft.encoding_{value}"), _make_data(ask, Navigation.CHOOSE, value))
            for value in (CONVERTED, ORIGINAL)
        ),
        navigation=_make_navigation(ask),
    )


def is_editing(ask: Ask) -> bool:
    """Return True if the review page (the last step, with all answers) asks which to change."""
    return bool(ask.answers.get(f"{ask.step.name}.editing"))


def _show_editable_answers(ask: Ask, subject: tuple[Words, ...]) -> Screen:
    flow, step = ask.flow, ask.step
    return Screen(
        (*subject, *ask.notices, Words(f"{flow.name}.{step.name}.which")),
        choices=tuple(
            Button(
                Words(f"{flow.name}.{other.name}.title"),
                _make_data(ask, Navigation.EDIT, other.name),
            )
            for other in list_editable(flow, ask.answers)
        ),
        navigation=(Button(KEEP, _make_data(ask, Navigation.EDIT, step.name)),),
    )


def show_subject(answers: Mapping[str, Any], title: Words | str) -> tuple[Words, ...]:
    """Return the lines that name a conversation and its subject; nothing without a subject.

    Of a case of officers they have how its text begins, and who will read what is written.
    """
    about = describe_subject(answers)
    if not about:
        return ()
    excerpt, readers = answers.get("@excerpt"), answers.get("@readers")
    return (
        Words("draft.about", {"title": title, "about": about}),
        *((Words("draft.excerpt", {"text": excerpt}),) if excerpt else ()),
        *((Words(f"draft.readers.{readers}"),) if readers else ()),
    )


def _make_data(ask: Ask, navigation: Navigation, value: str = "") -> str:
    subject = hash_subject(ask.answers)
    return make_button_data(ask.flow, ask.step, navigation, value, subject=subject)


def _show_rejection(ask: Ask) -> tuple[Words, ...]:
    if ask.rejected is None:
        return ()
    return (explain_rejection(ask.flow, ask.step, ask.rejected),)


def explain_rejection(flow: Flow, step: Step, rejected: Rejected) -> Words:
    """Return the text that says why a step did not accept a reply.

    A reason with a dot is the whole key of a text that several questions share.
    """
    reason = rejected.reason
    key = reason if "." in reason else f"{flow.name}.{step.name}.rejected.{reason}"
    return Words(key, rejected.params)


def _make_choice(ask: Ask, option: Option) -> Button:
    return Button(option.label, _make_data(ask, Navigation.CHOOSE, option.value))


def _make_navigation(ask: Ask) -> tuple[Button, ...]:
    flow, step = ask.flow, ask.step
    moves = []
    if step.input.is_review:
        moves.append(Button(EDIT, _make_data(ask, Navigation.EDIT)))
    elif Navigation.BACK in step.input.moves and list_given(flow, ask.answers):
        moves.append(Button(BACK, _make_data(ask, Navigation.BACK)))
    if Navigation.CANCEL in step.input.moves:
        moves.append(Button(CANCEL, _make_data(ask, Navigation.CANCEL)))
    return tuple(moves)


def match_typed_label(ask: Ask, reply: Reply, to_text: Callable[[Words | str], str]) -> Reply:
    """Return the reply of the button whose label was typed; the same reply for any other text.

    Case and diacritics are ignored. `to_text` returns the label's text in the chat's language.
    """
    if not reply.text or reply.attachment is not None:
        return reply
    typed = fold_text(reply.text)
    screen = show_question(ask)
    for button in (*screen.choices, *screen.navigation):
        if fold_text(to_text(button.label)) == typed:
            parsed = parse_button_data(button.data)
            assert parsed is not None
            return replace(parsed[1], message_id=reply.message_id)
    return reply


def show_conflict(asked_name: Words, open_name: Words, notices: tuple[Words, ...] = ()) -> Screen:
    """Ask which conversation to continue: the one that was asked for now, or the open one.

    `notices` are shown above the question.
    """
    return Screen(
        (
            *notices,
            Words("draft.conflict", {"open": open_name, "asked": asked_name}),
        ),
        (
            Button(Words("draft.continue", {"open": open_name}), "draft:resume"),
            Button(Words("draft.switch", {"asked": asked_name}), "draft:switch"),
        ),
    )
