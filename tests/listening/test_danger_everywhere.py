"""A text with signs of danger comes first in every state, and the open question stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.conversation.consent import NOTICE_VERSION
from bot.feedback.urgent_flow import URGENT
from bot.runtime.flow_bindings import FLOW_BINDINGS
from storage import conversations
from storage.models import Role
from tests.town.casework import accept_case, answer_case

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.town.person import Person
    from tests.town.town import Town

DANGER = "có người cầm dao đuổi tôi"
_OF_RESIDENTS = [
    each.flow for each in FLOW_BINDINGS if not each.of_officers and each.flow.name != URGENT
]
# Enough facts to show the first questions of every flow.
_FACTS: dict[str, Any] = {
    "@agreed": NOTICE_VERSION,
    "@code": "HP-2345-6789",
    "@about": "HP-2345-6789",
    "@forum_code": "F",
    "@number": 1,
}


@pytest.mark.parametrize("flow", _OF_RESIDENTS, ids=lambda flow: flow.name)
async def test_every_conversation_of_residents_is_interrupted(town: Town, flow: Any) -> None:
    """After the report its open question is asked again, with the same answers."""
    ann = town.resident("Ann")
    await ann.says("/start")
    vault = town.app.policy.pseudonyms
    async with town.app.database.transaction() as connection:
        row = await conversations.lock_conversation(connection, vault, ann.id)
        assert row is not None
        draft = conversations.Draft(row.key, flow.name, _FACTS, row.updates, town.now)
        await conversations.save_drafts(connection, vault, [draft])
    await ann.says(DANGER)
    assert ann.sees.startswith("GỌI NGAY 113")
    await ann.taps("urgent.report.options.now")
    await ann.says("Bỏ qua")
    restored = await town.find_chat(ann.id)
    assert restored is not None
    assert (restored.flow, restored.answers) == (flow.name, _FACTS)


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
