"""A text with signs of danger comes first in every state, and the open question stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.feedback.urgent_flow import URGENT
from bot.runtime.flow_bindings import FLOW_BINDINGS
from storage import conversations
from storage.models import Role
from tests.listening.test_asides_everywhere import list_states
from tests.town.casework import accept_case, answer_case

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.conversation.engine import Ask
    from bot.conversation.flow import Flow
    from tests.town.person import Person
    from tests.town.town import Town

DANGER = "có người cầm dao đuổi tôi"
_OF_RESIDENTS = [
    each.flow for each in FLOW_BINDINGS if not each.of_officers and each.flow.name != URGENT
]


async def _put_in_state(town: Town, ann: Person, ask: Ask) -> None:
    """Store a conversation in this state as the open one of a person."""
    vault = town.app.policy.pseudonyms
    async with town.app.database.transaction() as connection:
        row = await conversations.lock_conversation(connection, vault, ann.id)
        assert row is not None
        answers = dict(ask.answers)
        draft = conversations.Draft(row.key, ask.flow.name, answers, row.updates, town.now)
        await conversations.save_drafts(connection, vault, [draft])


@pytest.mark.parametrize("flow", _OF_RESIDENTS, ids=lambda flow: flow.name)
async def test_from_every_state_danger_a_code_and_cancel_do_what_they_say(
    town: Town, flow: Flow
) -> None:
    """113 comes first, and the answers wait; a code changes no answer; /huy ends it."""
    ann = town.resident("Ann")
    await ann.says("/start")
    for ask in list_states(flow):
        await _put_in_state(town, ann, ask)
        if next(each for each in FLOW_BINDINGS if each.flow is flow).takes_asides:
            await ann.says("HP-2222-2222")
            assert ann.was_told("mine.unknown"), ask.step.name
        chat = await town.find_chat(ann.id)
        assert chat is not None
        assert _keep(chat.answers) == _keep(ask.answers), ask.step.name
        await ann.says(DANGER)
        assert ann.sees.startswith("GỌI NGAY 113"), ask.step.name
        chat = await town.find_chat(ann.id)
        assert chat is not None
        assert chat.flow == URGENT
        assert _keep(chat.answers["@suspended"]["answers"]) == _keep(ask.answers), ask.step.name
        await _put_in_state(town, ann, ask)
        await ann.says("/huy")
        chat = await town.find_chat(ann.id)
        assert chat is not None
        assert chat.flow is None, ask.step.name


def _keep(answers: Any) -> dict[str, Any]:
    """Return the answers without what tells where a page is shown and what was written last."""
    return {key: each for key, each in answers.items() if not key.startswith(("@last", "@page"))}


@pytest.mark.parametrize("flow", _OF_RESIDENTS, ids=lambda flow: flow.name)
async def test_an_interrupted_conversation_goes_on(town: Town, flow: Flow) -> None:
    """After the report its open question is asked again, with the same answers."""
    ann = town.resident("Ann")
    await ann.says("/start")
    (first, *_) = list_states(flow)
    await _put_in_state(town, ann, first)
    await ann.says(DANGER)
    await ann.taps("urgent.report.options.now")
    await ann.says("Bỏ qua")
    restored = await town.find_chat(ann.id)
    assert restored is not None
    assert (restored.flow, _keep(restored.answers)) == (flow.name, _keep(first.answers))


async def _writes_first(ann: Person, _town: Town) -> None:
    await ann.says("Đề nghị lắp thêm đèn đường ở ngõ 12.")


async def _is_asked_for_the_area(ann: Person, _town: Town) -> None:
    await ann.begins()
    await ann.says("Đề nghị lắp thêm đèn đường ở ngõ 12.")


async def _looks_at_the_list_of_areas(ann: Person, town: Town) -> None:
    await _is_asked_for_the_area(ann, town)
    await ann.taps("feedback.area.options.list")


async def _is_at_the_card(ann: Person, town: Town) -> None:
    await _is_asked_for_the_area(ann, town)
    await ann.taps("feedback.area.options.skip")


async def _changes_the_kind(ann: Person, town: Town) -> None:
    await _is_at_the_card(ann, town)
    await ann.taps("move.edit")
    await ann.taps("feedback.kind.title")


async def _adds_something(ann: Person, town: Town) -> None:
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    town.advance(hours=2)
    await ann.says(f"/mine {code}")
    await ann.taps("mine.addition")


async def _rates_an_answer(ann: Person, town: Town) -> None:
    officer, leader = await town.officer("Binh"), await town.officer("Chi", role=Role.APPROVER)
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await accept_case(officer, code)
    await answer_case(officer, leader, code)
    await ann.says(f"/mine {code}")
    await ann.taps("mine.rating")
    await ann.taps("rating.score.options.0")


@pytest.mark.parametrize(
    "reach",
    [
        _writes_first,
        _is_asked_for_the_area,
        _looks_at_the_list_of_areas,
        _is_at_the_card,
        _changes_the_kind,
        _adds_something,
        _rates_an_answer,
    ],
    ids=lambda each: each.__name__,
)
@pytest.mark.parametrize("denies", [True, False], ids=["denied", "reported"])
async def test_no_question_is_in_the_way(
    town: Town, reach: Callable[[Person, Town], Awaitable[None]], *, denies: bool
) -> None:
    """The number comes first; nothing that was written before is lost."""
    ann = town.resident("Ann")
    await reach(ann, town)
    before = await town.read_answers(ann.id)
    await ann.says(DANGER)
    assert ann.sees.startswith("GỌI NGAY 113")
    await ann.taps("urgent.report.options.not_urgent" if denies else "urgent.report.options.now")
    if not denies:
        await ann.says("Bỏ qua")
    after = await town.read_answers(ann.id)
    kept = {name: value for name, value in before.items() if not name.startswith("@last")}
    if denies:
        # What was written is taken as an answer or as part of the text.
        kept.pop("details", None)
        kept.pop("reason.messages", None)
        assert DANGER in str(after)
    assert kept.items() <= after.items()


async def test_a_caption_counts_as_text(town: Town) -> None:
    """A photo of a knife with three words is a report, too."""
    ann = town.resident("Ann")
    await ann.does("photo", caption=DANGER)
    assert ann.sees.startswith("GỌI NGAY 113")
    await ann.taps("urgent.report.options.now")
    (record,) = await town.export_submissions()
    assert (record["text"], len(record["attachments"])) == (DANGER, 1)


async def test_officers_keep_their_conversation(town: Town) -> None:
    """The number stands above the next question, and what they wrote is an answer."""
    officer = await town.officer("Binh")
    ann = town.resident("Ann")
    code = await ann.gives("Đèn đường hỏng ba tuần rồi.")
    await accept_case(officer, code)
    await officer.taps("case.do.note")
    await officer.says(DANGER)
    assert officer.sees.startswith("GỌI NGAY 113")
    assert not officer.is_offered("urgent.report.options.now")
