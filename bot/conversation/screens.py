"""The screen of an open question: its text keys and its buttons are derived from the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conversation.engine import Ask, Navigation, Reply, list_editable, make_button_data
from bot.core.screen import Button, Screen, Words
from bot.core.text_folding import fold_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.conversation.engine import Option

BACK, CANCEL, EDIT, KEEP = (Words(f"move.{name}") for name in ("back", "cancel", "edit", "keep"))


def show_question(ask: Ask) -> Screen:
    """Return the screen of an open question, with the reason if the last reply was rejected."""
    step, base = ask.step, f"{ask.flow.name}.{ask.step.name}"
    if is_editing(ask):
        return _show_editable_answers(ask)
    prompt, sharing = step.input.prompt(ask.answers), step.input.sharing(ask.answers)
    question = Words(f"{base}.{prompt}", step.input.params(ask.answers))
    return Screen(
        (*_show_rejection(ask, base), question),
        choices=tuple(_make_choice(ask, option) for option in step.input.options(ask.answers)),
        moves=_make_moves(ask),
        sharing=None if sharing is None else (sharing, Words(f"{base}.share")),
    )


def is_editing(ask: Ask) -> bool:
    """Return True if the review page asks which answer to change."""
    return bool(ask.answers.get(f"{ask.step.name}.editing"))


def _show_editable_answers(ask: Ask) -> Screen:
    flow, step = ask.flow, ask.step
    return Screen(
        (Words(f"{flow.name}.{step.name}.which"),),
        choices=tuple(
            Button(
                Words(f"{flow.name}.{other.name}.title"),
                make_button_data(flow, step, Navigation.EDIT, other.name),
            )
            for other in list_editable(flow, ask.answers)
        ),
        moves=(Button(KEEP, make_button_data(flow, step, Navigation.EDIT, step.name)),),
    )


def _show_rejection(ask: Ask, base: str) -> tuple[Words, ...]:
    if ask.rejected is None:
        return ()
    return (Words(f"{base}.rejected.{ask.rejected.reason}", ask.rejected.params),)


def _make_choice(ask: Ask, option: Option) -> Button:
    return Button(
        option.label, make_button_data(ask.flow, ask.step, Navigation.CHOOSE, option.value)
    )


def _make_moves(ask: Ask) -> tuple[Button, ...]:
    flow, step = ask.flow, ask.step
    moves = []
    if any(flow.is_answered(s, ask.answers) for s in flow.list_applicable_steps(ask.answers)):
        moves.append(Button(BACK, make_button_data(flow, step, Navigation.BACK)))
    if step.input.is_review:
        moves.append(Button(EDIT, make_button_data(flow, step, Navigation.EDIT)))
    moves.append(Button(CANCEL, make_button_data(flow, step, Navigation.CANCEL)))
    return tuple(moves)


def match_typed_label(ask: Ask, reply: Reply, to_text: Callable[[Words | str], str]) -> Reply:
    """Return the press that a reply means if its text is a button's label; else the reply.

    Case and diacritics are ignored. `to_text` returns the label's text in the chat's language.
    """
    if not reply.text or reply.attachment is not None:
        return reply
    typed = fold_text(reply.text)
    screen = show_question(ask)
    for button in (*screen.choices, *screen.moves):
        if fold_text(to_text(button.label)) == typed:
            sign = button.data[len(f"{ask.flow.name}.{ask.step.name}")]
            value = button.data.partition(sign)[2]
            return Reply(step=ask.step.name, move=Navigation(sign), choice=value)
    return reply
