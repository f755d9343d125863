"""What is decided about forums: moments as people type them, opinions under the agenda."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.datetime_parser import InvalidMoment, PastMoment, parse_moment
from bot.core.text_folding import fold_text
from bot.forums.planning.actions import ACTIONS, draw_states, draw_table
from bot.forums.session.agenda_grouping import group_by_agenda
from storage.models import ForumState, Role

CITY = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=CITY)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("20/12/2026 14:00", "2026-12-20 14:00"),
        ("20/12 14h30", "2026-12-20 14:30"),
        ("20-12-2026 8h", "2026-12-20 08:00"),
        ("20.12.2026, 08:05", "2026-12-20 08:05"),
        ("14 giờ 30 ngày 20/12", "2026-12-20 14:30"),
        ("14 giờ ngày 20/12/2026", "2026-12-20 14:00"),
        ("14g30 20/12", "2026-12-20 14:30"),
        ("14 GIO 30, 20/12", "2026-12-20 14:30"),
        ("2 giờ chiều 20/12", "2026-12-20 14:00"),
        ("7h30 tối ngày 20/12", "2026-12-20 19:30"),
        ("8 giờ sáng 20/12", "2026-12-20 08:00"),
        ("1 giờ trưa 20/12", "2026-12-20 13:00"),
        ("12 giờ trưa 20/12", "2026-12-20 12:00"),
        ("11 giờ trưa 20/12", "2026-12-20 11:00"),
        ("10 giờ đêm 20/12", "2026-12-20 22:00"),
        ("20/12 2:30 pm", "2026-12-20 14:30"),
        ("2pm 20/12/2026", "2026-12-20 14:00"),
        ("ngày 20/12 lúc 14 giờ 5", "2026-12-20 14:05"),
        ("14 giờ 30 ngày 20 tháng 12 năm 2026", "2026-12-20 14:30"),
        ("ngày 20 tháng 12, 8h", "2026-12-20 08:00"),
        ("25/11 9:31", "2026-11-25 09:31"),  # a minute from now
        ("25/11 9:30", "2027-11-25 09:30"),  # without a year it is the next such day
        ("2/1 8:00", "2027-01-02 08:00"),
    ],
)
def test_a_moment_is_read_as_it_is_typed(typed: str, meant: str) -> None:
    """Day first, in the city's time; what part of the day it is counts."""
    assert parse_moment(typed, NOW, CITY) == datetime.fromisoformat(meant).replace(tzinfo=CITY)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "mai",
        "20/12/2026",
        "14:00",
        "31/02/2027 9:00",
        "20/13/2026 9:00",
        "20/12/2026 25:00",
        "20/12/2026 9:75",
        "20/12/26 14:00",
        "2026-12-11 14:00",
        "chủ nhật 14h",
        "20/12/2026 1430",
        "12h đêm 20/12",
        "20/12/2026 14:00 đến 21/12/2026 16:00",
    ],
)
def test_what_is_not_surely_a_moment_is_asked_again(typed: str) -> None:
    """Never a guess: a forum on a wrong day costs everybody an evening."""
    with pytest.raises(InvalidMoment):
        parse_moment(typed, NOW, CITY)


def test_what_is_over_is_refused() -> None:
    """Another reason than what cannot be read."""
    with pytest.raises(PastMoment):
        parse_moment("20/11/2026 14:00", NOW, CITY)


def opinion(number: int, text: str, *topics: str) -> Any:
    """An opinion, as far as the agenda is concerned."""
    return SimpleNamespace(id=number, folded=fold_text(text), topics=topics)


def test_opinions_are_put_under_the_agenda() -> None:
    """By their words or their topics; what is like no point stands at the end."""
    agenda = ["An toàn giao thông", "Phòng chống trộm cắp", "Trật tự vỉa hè"]
    forum: Any = SimpleNamespace(agenda=agenda)
    given = [
        opinion(1, "Mất xe máy ở ngõ 5, đề nghị phòng chống trộm cắp", "theft"),
        opinion(2, "vỉa hè phố Cát Cụt mất trật tự"),
        opinion(3, "Đề nghị dạy bơi cho trẻ em", "other"),
        opinion(4, "Xe chạy quá nhanh ở ngã tư", "traffic_safety"),
    ]
    found = {point: [each.id for each in group] for point, group in group_by_agenda(forum, given)}
    assert found == {agenda[0]: [4], agenda[1]: [1], agenda[2]: [2], None: [3]}
    assert list(found) == [*agenda, None]


def test_the_drawing_is_the_tables() -> None:
    """docs/forums.md shows what the code does."""
    drawing = Path(__file__).parents[2] / "docs" / "forums.md"
    assert draw_states() in drawing.read_text("utf-8")
    assert draw_table() in drawing.read_text("utf-8")


def test_every_forum_comes_to_an_end() -> None:
    """From each state a way leads to where it is over, and none leads out of that."""
    over = {ForumState.CLOSED, ForumState.CANCELLED}
    ways = {
        (state, each.to_state) for each in ACTIONS for state in each.from_states if each.to_state
    }
    assert not {state for state, _to in ways} & over
    ending = set(over)
    while more := {state for state, to in ways if to in ending} - ending:
        ending |= more
    assert ending == set(ForumState)


def test_nothing_is_published_but_by_somebody_who_approves() -> None:
    """No other move leads to a notice; who only organises, watches or administers has none."""
    (approving,) = [
        each
        for each in ACTIONS
        if ForumState.SUBMITTED in each.from_states and each.to_state is ForumState.PUBLISHED
    ]
    assert approving.actors == {Role.APPROVER, Role.COORDINATOR}
    assert not any(
        ForumState.DRAFT in each.from_states and each.to_state is ForumState.PUBLISHED
        for each in ACTIONS
    )
