"""Kind 11: after a merge of two cases, people are not told, or cannot go on with their opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from storage.models import Role, State
from tests.town.casework import (
    WARD,
    WARD_NAME,
    accept_case,
    answer_case,
    choose_action,
    open_case,
)

if TYPE_CHECKING:
    from tests.town.person import Person
    from tests.town.town import Town


@dataclass
class Merged:
    """Two merged cases and their people: `second` of Bao was merged into `first` of Ann."""

    town: Town
    officer: Person
    other: Person
    leader: Person
    ann: Person
    bao: Person
    first: str
    second: str

    async def answer(self) -> None:
        """Answer the main case."""
        await answer_case(self.other, self.leader, self.first)

    async def opens(self, person: Person, code: str) -> None:
        """Let a resident look at an opinion."""
        await person.says(f"/mine {code}")

    async def get_second(self) -> State:
        """Return the state of the merged case."""
        return (await self.town.get_submission(self.second)).state


# How the second opinion was given, and what an officer did with it before the merge.
WAYS = {
    "named, new": ("channel", ()),
    "unnamed, new": ("unnamed", ()),
    "named, accepted": ("channel", ("accept",)),
    "unnamed, accepted": ("unnamed", ("accept",)),
    "asked a question": ("channel", ("accept", "ask")),
}
every_way = pytest.mark.parametrize("way", list(WAYS.values()), ids=list(WAYS))


async def merge(town: Town, way: tuple[str, tuple[str, ...]]) -> Merged:
    """Merge Bao's case into Ann's, which another officer has accepted."""
    identity, steps = way
    officer = await town.officer("Binh", unit=WARD)
    other = await town.officer("Dung", unit=WARD)
    leader = await town.officer("Cường", unit=WARD, role=Role.APPROVER)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    first = await ann.gives("Đèn đường ngõ 5 Lê Lợi hỏng ba tuần nay", area=WARD_NAME)
    await accept_case(other, first)
    second = await bao.gives("den duong o ngo 5 le loi bi hong", area=WARD_NAME, identity=identity)
    if "accept" in steps:
        await accept_case(officer, second)
    if "ask" in steps:
        await officer.taps("case.do.ask")
        await officer.writes("Ở cột số mấy?")
    await choose_action(officer, second, "merge")
    await officer.says(first)
    pair = Merged(town, officer, other, leader, ann, bao, first, second)
    assert await pair.get_second() is State.MERGED
    return pair


@every_way
async def test_the_main_case_hears_of_the_merge(
    town: Town, way: tuple[str, tuple[str, ...]]
) -> None:
    """Its resident and its officer are told once; neither learns the other's code."""
    pair = await merge(town, way)
    assert pair.ann.count_told("notice.joined") == 1
    assert pair.other.count_told("alert.joined") == 1
    assert pair.officer.count_told("alert.joined") == 0
    assert pair.bao.count_told("notice.joined") == 0
    assert pair.first in pair.ann.sees
    assert not pair.ann.has_heard(pair.second)


@every_way
async def test_a_merged_resident_adds(town: Town, way: tuple[str, tuple[str, ...]]) -> None:
    """The officer of the main case is told, and reads the addition under the merged code."""
    pair = await merge(town, way)
    await pair.opens(pair.bao, pair.second)
    await pair.bao.taps("mine.addition")
    await pair.bao.says("Cột đèn số 12.")
    await pair.bao.taps("addition.details.options.done")
    assert pair.other.is_told("alert.added")
    assert pair.second in pair.other.sees
    await open_case(pair.other, pair.second)
    assert "Cột đèn số 12." in pair.other.sees
    assert await pair.get_second() is State.MERGED


@every_way
async def test_a_merged_resident_reads_and_rates_the_answer(
    town: Town, way: tuple[str, tuple[str, ...]]
) -> None:
    """Under their own code, by the button of the answer and of the opinion; not before."""
    pair = await merge(town, way)
    await pair.opens(pair.bao, pair.second)
    assert not pair.bao.is_told("mine.answer")
    assert not pair.bao.is_offered("mine.rating")
    await pair.answer()
    assert pair.bao.is_told("notice.approve")
    assert pair.bao.is_offered("mine.rating")
    await pair.opens(pair.bao, pair.second)
    assert "Thay bóng" in pair.bao.sees
    assert pair.first not in pair.bao.sees
    assert not pair.bao.is_offered("mine.withdraw")
    await pair.bao.taps("mine.rating", of=pair.second)
    await pair.bao.taps("rating.score.options.2")
    assert pair.bao.is_told("rating.done")
    assert (await town.get_submission(pair.second)).rating == 2
    assert (await town.get_submission(pair.first)).rating is None


@every_way
async def test_a_merged_resident_asks_again(town: Town, way: tuple[str, tuple[str, ...]]) -> None:
    """The opinion becomes a case of its own; the main case stays answered."""
    pair = await merge(town, way)
    await pair.answer()
    await pair.opens(pair.bao, pair.second)
    await pair.bao.taps("mine.reopening", of=pair.second)
    await pair.bao.writes("Vẫn hỏng.")
    assert pair.bao.is_told("reopening.done")
    second = await town.get_submission(pair.second)
    assert second.state in {State.ASSIGNED, State.RECEIVED}
    assert (second.merged_into, second.closed_at, second.answered_at) == (None, None, None)
    assert pair.other.is_told("alert.reopened")
    assert (await town.get_submission(pair.first)).state is State.ANSWERED


@every_way
async def test_a_merged_resident_withdraws(town: Town, way: tuple[str, tuple[str, ...]]) -> None:
    """Only their own: the main case goes on, and its answer does not come to them."""
    pair = await merge(town, way)
    await pair.opens(pair.bao, pair.second)
    await pair.bao.taps("mine.withdraw")
    await pair.bao.taps("mine.withdraw")
    assert pair.bao.is_told("mine.withdrawn")
    assert pair.other.is_told("alert.withdrawn")
    assert await pair.get_second() is State.WITHDRAWN
    await pair.answer()
    assert not pair.bao.has_heard("Thay bóng")
    assert pair.ann.has_heard("Thay bóng")


async def test_a_second_answer_can_be_rated_again(town: Town) -> None:
    """Ann asked again; the new answer reaches Bao, who may rate it, too."""
    pair = await merge(town, WAYS["named, new"])
    await pair.answer()
    await pair.bao.taps("mine.rating", of=pair.second)
    await pair.bao.taps("rating.score.options.1")
    await pair.opens(pair.ann, pair.first)
    await pair.ann.taps("mine.reopening", of=pair.first)
    await pair.ann.writes("Vẫn hỏng.")
    await accept_case(pair.other, pair.first)
    await pair.answer()
    assert pair.bao.is_offered("mine.rating")
    await pair.bao.taps("mine.rating", of=pair.second)
    await pair.bao.taps("rating.score.options.2")
    assert (await town.get_submission(pair.second)).rating == 2


async def test_an_officer_who_may_not_read_the_merged_case_hears_nothing_of_it(town: Town) -> None:
    """Bao's case is of the city; Ann's is of the ward: the addition goes to the city."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    other = await town.officer("Dung", unit=WARD)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    first = await ann.gives("Đèn đường hỏng", area=WARD_NAME)
    await accept_case(other, first)
    second = await bao.gives("Công an không đến", area=WARD_NAME, topic="officer_attitude")
    await choose_action(city, second, "merge")
    await city.says(first)
    await bao.says(f"/mine {second}")
    await bao.taps("mine.addition")
    await bao.says("Gọi ba lần.")
    await bao.taps("addition.details.options.done")
    assert not other.has_heard(second)
    assert city.is_told("alert.added")


async def test_merged_cases_are_listed_with_date_and_text(town: Town) -> None:
    """Each line of the main case has the code, the time and the beginning of the text."""
    pair = await merge(town, WAYS["named, new"])
    await open_case(pair.other, pair.first)
    second = await town.get_submission(pair.second)
    at = second.created_at.astimezone(town.app.policy.zone)
    assert at.weekday() == 2
    line = (
        f"{pair.second} ({at:%H giờ %M, ngày %d/%m/%Y} (thứ Tư)): den duong o ngo 5 le loi bi hong"
    )
    assert line in pair.other.sees


async def test_similar_cases_are_listed_with_date_and_text(town: Town) -> None:
    """A long text is shortened and on one line."""
    officer = await town.officer("Binh", unit=WARD)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    text = "Đèn đường ngõ 5 Lê Lợi hỏng ba tuần nay.\n" + "Rất tối. " * 30
    first = await ann.gives(text, area=WARD_NAME)
    second = await bao.gives(text, area=WARD_NAME)
    await open_case(officer, second)
    assert officer.is_told("case.alike")
    assert f"{first} (" in officer.sees
    assert "): Đèn đường ngõ 5 Lê Lợi hỏng ba tuần nay. Rất tối." in officer.sees
    assert "…" in officer.sees


async def test_the_text_of_a_merged_case_is_only_for_its_readers(town: Town) -> None:
    """Bao's case is of another ward: the main case's officer sees code and date, the city all."""
    city = await town.officer("Giang", role=Role.COORDINATOR)
    other = await town.officer("Dung", unit=WARD)
    ann, bao = town.resident("Ann"), town.resident("Bao")
    first = await ann.gives("Đèn đường hỏng", area=WARD_NAME)
    second = await bao.gives("Đèn đường tắt", area="Phường Hải An")
    await choose_action(city, second, "merge")
    await city.says(first)
    assert (await town.get_submission(second)).state is State.MERGED
    await open_case(other, first)
    assert second in other.sees
    assert other.is_told("case.listed.hidden")
    assert "Đèn đường tắt" not in other.sees
    await open_case(city, first)
    assert "Đèn đường tắt" in city.sees


async def test_an_erased_merged_case_is_listed_as_erased(town: Town) -> None:
    """Its text is gone; the line says so."""
    pair = await merge(town, WAYS["named, new"])
    await pair.bao.says("/dulieu")
    await pair.bao.taps("mydata.erase")
    await pair.bao.taps("mydata.yes.erase")
    await open_case(pair.other, pair.first)
    assert "le loi" not in pair.other.sees
    assert pair.other.is_told("erased.request")
