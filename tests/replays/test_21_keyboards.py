"""Kind 21: keys of a question stay after it, and an old key acts on a new draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.conversation.flow import shares_nothing
from bot.conversation.reply_keyboards import ReplyKeyboards
from bot.core.screen import Screen, Words
from bot.runtime import jobs
from bot.runtime.flow_bindings import FLOW_BINDINGS
from bot.texts import load_texts
from tests.transport.rows import add_fault, meet

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.town.person import Person
    from tests.town.town import Town

TEXTS = load_texts("vi")
BACK, CANCEL, SKIP = TEXTS["move.back"], TEXTS["move.cancel"], TEXTS["feedback.area.options.skip"]
# Labels that mean nothing at the question for the text. "Hủy" and "Quay lại" are understood
# everywhere, as words; their keys go away with their question.
LABELS = (SKIP, TEXTS["feedback.phone.share"])


def get_keys(person: Person) -> list[str]:
    """Return the labels of the keys that a person's chat shows."""
    keyboard = person.town.simulator.state.get_chat(person.id).input_area.keyboard
    return [key["text"] for row in (keyboard or {}).get("keyboard", []) for key in row]


async def ask_for_phone(person: Person) -> None:
    """Bring a person to the question for their phone number, which shows keys."""
    await person.begins()
    await person.says("Đèn đường hỏng.")
    await person.chooses_phone()
    assert person.is_asked("feedback.phone")


async def ask_for_place(person: Person) -> None:
    """Bring a person to the question for a position, which shows keys."""
    await person.begins()
    await person.says("Đèn đường hỏng.")
    await person.reaches("feedback.area")
    await person.taps("feedback.area.options.locate")


async def ask_for_correction(person: Person) -> None:
    """Bring a person to the question for another phone number, which shows keys."""
    await person.gives("Đèn đường hỏng.")
    await person.says("/mydata")
    await person.presses_data("mydata:correct")


# The keys go away with their question

ASKS = {"phone": ask_for_phone, "place": ask_for_place, "correction": ask_for_correction}
LEAVES: dict[str, Callable[[Person], Any]] = {
    "cancel key": lambda person: person.does("text", CANCEL),
    "command": lambda person: person.says("/cancel"),
    "drop button": lambda person: person.presses_data("draft:drop"),
    "another flow": lambda person: person.presses_data("subscription:add"),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("leave", LEAVES.values(), ids=LEAVES)
async def test_the_keys_go_away_with_their_question(
    town: Town, ask: Callable[[Person], Any], leave: Callable[[Person], Any]
) -> None:
    """Whichever way the question is left."""
    ann = town.resident("Ann")
    await ask(ann)
    assert CANCEL in get_keys(ann)
    await leave(ann)
    assert get_keys(ann) == []


@pytest.mark.parametrize(
    ("ask", "answer", "then"),
    [
        (ask_for_phone, ("text", "0912 345 678"), "feedback.review"),
        (ask_for_phone, ("contact",), "feedback.review"),
        (ask_for_phone, ("text", BACK), "feedback.identity"),
        (ask_for_place, ("text", SKIP), "feedback.review"),
        (ask_for_place, ("location", 20.8561, 106.6822), "feedback.area"),
        (ask_for_place, ("text", "an biên"), "feedback.area"),
    ],
)
async def test_the_next_question_has_its_buttons_and_no_keys(
    town: Town, ask: Callable[[Person], Any], answer: tuple[Any, ...], then: str
) -> None:
    """The keys are removed by a message of its own: the question has inline buttons."""
    ann = town.resident("Ann")
    await ask(ann)
    await ann.does(*answer)
    assert ann.is_asked(then)
    assert get_keys(ann) == []
    assert CANCEL in ann.buttons


async def test_a_rejected_answer_keeps_the_keys(town: Town) -> None:
    """The question is asked again, and its keys are needed."""
    ann = town.resident("Ann")
    await ask_for_phone(ann)
    await ann.says("không nhớ")
    assert ann.is_asked("feedback.phone")
    assert CANCEL in get_keys(ann)


async def test_the_keys_of_an_expired_draft_go_away(town: Town) -> None:
    """With the next message, whether or not the draft was deleted meanwhile."""
    for sweeps in (False, True):
        ann = town.resident("Ann")
        await ask_for_phone(ann)
        town.advance(days=30)
        if sweeps:
            await jobs.purge_expired_data(
                town.app.database, town.app.policy, town.app.settings, town.now
            )
        await ann.says(CANCEL)
        assert get_keys(ann) == []
        assert await list_open_flows(town, ann) == [None]


async def test_keys_are_removed_by_the_outbox_too(town: Town) -> None:
    """A reply that Telegram did not take at once removes them when it is sent."""
    ann = town.resident("Ann")
    await ask_for_phone(ann)
    add_fault(town, "429", chat_id=ann.id, retry_after=10)
    await ann.says("0912345678")
    assert get_keys(ann) != []
    town.advance(seconds=11)
    await town.deliver()
    assert ann.is_asked("feedback.review")
    assert get_keys(ann) == []


def test_a_stored_screen_still_removes_keys() -> None:
    """The mark goes through the JSON of the outbox; older rows have none."""
    screen = Screen((Words("draft.none"),), removes_keyboard=True)
    assert Screen.from_json(screen.to_json()) == screen
    assert "removes_keyboard" not in Screen((Words("draft.none"),)).to_json()


# An old key does not act on a new draft


async def list_open_flows(town: Town, person: Person) -> list[str | None]:
    """Return the open flow of a person, as the row of the chat stores it."""
    row = await town.find_chat(person.id)
    return [] if row is None else [row.flow]


@pytest.mark.parametrize("label", LABELS)
async def test_an_old_key_does_not_act_on_a_new_draft(town: Town, label: str) -> None:
    """It is neither pressed nor taken as an answer; the open question is asked again."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says(label)
    assert ann.is_told("draft.stale")
    assert ann.is_asked("feedback.details")
    assert await list_open_flows(town, ann) == ["feedback"]
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.review")
    assert "Đèn đường hỏng." in ann.sees
    assert label not in ann.sees


@pytest.mark.parametrize("label", [CANCEL, "huy", "HỦY"])
async def test_a_typed_cancel_is_meant_for_the_open_question(town: Town, label: str) -> None:
    """Whoever types the word of a button that is shown presses it."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says(label)
    assert ann.is_told("feedback.stopped.cancelled")
    assert await list_open_flows(town, ann) == [None]


async def test_a_typed_choice_of_the_open_question_still_counts(town: Town) -> None:
    """The question offers it."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường hỏng.")
    await ann.reaches("feedback.area")
    await ann.says(SKIP)
    assert ann.is_asked("feedback.review")


@pytest.mark.parametrize("label", [BACK, CANCEL, SKIP, "huy"])
async def test_an_old_key_starts_no_draft(town: Town, label: str) -> None:
    """With nothing open it is no opinion."""
    ann = await meet(town, "Ann")
    await ann.says("/feedback")
    await ann.says("/cancel")
    await ann.says(label)
    assert ann.is_told("draft.none")
    assert await list_open_flows(town, ann) == [None]


def test_every_key_is_known() -> None:
    """The labels beside a sharing button are those that its question declares."""
    keyboards = ReplyKeyboards(
        [binding.flow for binding in FLOW_BINDINGS], lambda words, _language: str(words)
    )
    seen = 0
    for flow in (binding.flow for binding in FLOW_BINDINGS):
        for step in flow.steps:
            if step.input.sharing is shares_nothing:
                continue
            answers = {f"{step.name}.page": "locate"}
            assert step.input.sharing(answers) is not None, step.name
            labels = [option.label for option in step.input.options(answers)]
            assert labels == [*step.input.key_labels], step.name
            assert all(keyboards.is_label(str(label), "vi") for label in labels)
            seen += 1
    assert seen >= 3
