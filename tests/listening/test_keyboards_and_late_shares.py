"""Reply keyboards go with their question; what is shared later than asked is not lost silently."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from bot.texts import load_texts

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town

Act = Callable[["Town", "Person"], Awaitable[None]]


def _has_keyboard(person: Person) -> bool:
    """Return True if the person's chat shows keys in place of their own keyboard."""
    keyboard = person.town.simulator.state.get_chat(person.id).input_area.keyboard
    return bool((keyboard or {}).get("keyboard"))


async def _ask_for_place(ann: Person) -> None:
    await ann.begins()
    await ann.says("Đèn đường hỏng ba tuần nay rồi.")
    await ann.reaches("feedback.area")
    await ann.taps("feedback.area.options.locate")


async def _ask_for_phone(ann: Person) -> None:
    await ann.begins()
    await ann.says("Đèn đường hỏng ba tuần nay rồi.")
    await ann.reaches("feedback.review")
    await ann.taps("move.edit")
    await ann.taps("feedback.identity.title")
    await ann.taps("feedback.identity.options.phone")


async def _answer_phone(_town: Town, ann: Person) -> None:
    await ann.says("0912 345 678")


async def _command(_town: Town, ann: Person) -> None:
    await ann.says("/huy")


async def _danger(_town: Town, ann: Person) -> None:
    await ann.says("Có người cầm dao đuổi tôi, cứu tôi với")


async def _another_flow(_town: Town, ann: Person) -> None:
    await ann.says("/dulieu")
    await ann.says("/diendan")
    await ann.taps("forums.news")
    await ann.taps("subscription.add")


async def _expiry(town: Town, ann: Person) -> None:
    town.advance(days=8)
    await ann.says("An Biên")


async def _key_after_expiry(town: Town, ann: Person) -> None:
    town.advance(days=8)
    await ann.says(load_texts("vi")["move.cancel"])


async def _edit(_town: Town, ann: Person) -> None:
    await ann.edits("Đèn đường hỏng ba tuần nay rồi.", "Đèn đường ở phường An Biên hỏng rồi.")


async def _erasure(_town: Town, ann: Person) -> None:
    await ann.says("/dulieu")
    await ann.taps("mydata.withdraw")
    await ann.taps("mydata.yes.withdraw")


ENDS: list[Act] = [
    _command,
    _danger,
    _another_flow,
    _expiry,
    _key_after_expiry,
    _erasure,
    _answer_phone,
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("ask", [_ask_for_phone, _ask_for_place])
async def test_the_keys_go_as_soon_as_their_question_is_over(
    town: Town, ask: Callable[[Person], Awaitable[None]], end: Act
) -> None:
    """However it ends, the person gets their own keyboard back."""
    if (ask, end) == (_ask_for_place, _answer_phone):
        return
    ann = town.resident("Ann")
    await ask(ann)
    assert _has_keyboard(ann)
    await end(town, ann)
    assert not _has_keyboard(ann), ann.sees


async def test_the_keys_go_after_an_edit_that_answers_their_question(town: Town) -> None:
    """The edited text names the place, so that the question for it is over."""
    ann = town.resident("Ann")
    await _ask_for_place(ann)
    await _edit(town, ann)
    assert ann.is_asked("feedback.review")
    assert not _has_keyboard(ann)


SHARES = ["contact", "location"]


@pytest.mark.parametrize("share", SHARES)
async def test_what_is_shared_at_the_card_is_kept_or_refused(town: Town, share: str) -> None:
    """The question for it is over."""
    ann = town.resident("Ann")
    await ann.begins()
    await ann.says("Đèn đường ở phường An Biên hỏng ba tuần nay rồi.")
    await ann.reaches("feedback.review")
    before, count = await town.read_answers(ann.id), len(ann.heard)
    await _share(ann, share)
    assert len(ann.heard) > count
    kept = await town.read_answers(ann.id) != before
    assert kept or "chưa được ghi" in ann.sees


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("state", ["nothing", "consent", "details", "after"])
async def test_what_is_shared_at_other_times_is_kept_or_refused(
    town: Town, share: str, state: str
) -> None:
    """Never without a word."""
    ann = town.resident("Ann")
    if state == "consent":
        await ann.says("/feedback")
    if state == "details":
        await ann.begins()
    if state == "after":
        await ann.gives("Đèn đường hỏng ba tuần nay rồi.")
    before, count = await town.read_answers(ann.id), len(ann.heard)
    await _share(ann, share)
    assert len(ann.heard) > count
    kept = await town.read_answers(ann.id) != before
    assert kept or "chưa được ghi" in ann.sees


async def _share(ann: Person, what: str) -> None:
    if what == "contact":
        await ann.does("contact")
    else:
        await ann.does("location", 20.86, 106.68)
