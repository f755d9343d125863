"""From an open question to what is shown: every key and every button follows from the step."""

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
    """The screen of an open question, with what was wrong about the last reply, if anything."""
    step, base = ask.step, f"{ask.flow.name}.{ask.step.name}"
    if is_editing(ask):
        return _what_to_edit(ask)
    prompt, wanted = step.input.prompt(ask.answers), step.input.asks(ask.answers)
    asked = Words(f"{base}.{prompt}", step.input.show(ask.answers))
    return Screen(
        (*_refusal(ask, base), asked),
        choices=tuple(_choice(ask, option) for option in step.input.options(ask.answers)),
        moves=_moves(ask),
        asks=None if wanted is None else (wanted, Words(f"{base}.share")),
    )


def is_editing(ask: Ask) -> bool:
    """Whether the review page asks which answer to change."""
    return bool(ask.answers.get(f"{ask.step.name}.editing"))


def _what_to_edit(ask: Ask) -> Screen:
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


def _refusal(ask: Ask, base: str) -> tuple[Words, ...]:
    if ask.rejected is None:
        return ()
    return (Words(f"{base}.rejected.{ask.rejected.reason}", ask.rejected.params),)


def _choice(ask: Ask, option: Option) -> Button:
    return Button(
        option.label, make_button_data(ask.flow, ask.step, Navigation.CHOOSE, option.value)
    )


def _moves(ask: Ask) -> tuple[Button, ...]:
    flow, step = ask.flow, ask.step
    moves = []
    if any(flow.is_answered(other, ask.answers) for other in flow.applying(ask.answers)):
        moves.append(Button(BACK, make_button_data(flow, step, Navigation.BACK)))
    if step.input.reviews:
        moves.append(Button(EDIT, make_button_data(flow, step, Navigation.EDIT)))
    moves.append(Button(CANCEL, make_button_data(flow, step, Navigation.CANCEL)))
    return tuple(moves)


def match_typed_label(ask: Ask, reply: Reply, say: Callable[[Words | str], str]) -> Reply:
    """A reply that types a button's label, with or without diacritics, as the press it means."""
    if not reply.text or reply.attachment is not None:
        return reply
    typed = fold_text(reply.text)
    shown = show_question(ask)
    for button in (*shown.choices, *shown.moves):
        if fold_text(say(button.label)) == typed:
            sign = button.data[len(f"{ask.flow.name}.{ask.step.name}")]
            value = button.data.partition(sign)[2]
            return Reply(step=ask.step.name, move=Navigation(sign), choice=value)
    return reply
