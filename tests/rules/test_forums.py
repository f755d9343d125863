"""Rules about forums:

times as people type them, opinions under the agenda, the table of actions.
"""

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
def test_a_typed_time_is_parsed(typed: str, meant: str) -> None:
    """The day is first, in the city's time zone. Words for parts of the day are understood."""
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
def test_an_ambiguous_time_is_refused(typed: str) -> None:
    """The parser never guesses: a wrong day costs many people an evening."""
    with pytest.raises(InvalidMoment):
        parse_moment(typed, NOW, CITY)


def test_a_past_time_is_refused() -> None:
    """The error differs from that of an unreadable time."""
    with pytest.raises(PastMoment):
        parse_moment("20/11/2026 14:00", NOW, CITY)


def make_opinion(number: int, text: str, *topics: str) -> Any:
    """Return a submission with the columns that the grouping reads."""
    return SimpleNamespace(id=number, folded=fold_text(text), topics=topics)


def test_opinions_are_grouped_under_the_agenda() -> None:
    """An opinion matches a point by its words or topics. Those without a point come last."""
    agenda = ["An toàn giao thông", "Phòng chống trộm cắp", "Trật tự vỉa hè"]
    forum: Any = SimpleNamespace(agenda=agenda)
    opinions = [
        make_opinion(1, "Mất xe máy ở ngõ 5, đề nghị phòng chống trộm cắp", "theft"),
        make_opinion(2, "vỉa hè phố Cát Cụt mất trật tự"),
        make_opinion(3, "Đề nghị dạy bơi cho trẻ em", "other"),
        make_opinion(4, "Xe chạy quá nhanh ở ngã tư", "traffic_safety"),
    ]
    found = {
        point: [each.id for each in group] for point, group in group_by_agenda(forum, opinions)
    }
    assert found == {agenda[0]: [4], agenda[1]: [1], agenda[2]: [2], None: [3]}
    assert list(found) == [*agenda, None]


def test_the_documented_states_are_those_of_the_code() -> None:
    """The state diagram in docs/forums.md is the one that the table of actions gives."""
    drawing = Path(__file__).parents[2] / "docs" / "forums.md"
    assert draw_states() in drawing.read_text("utf-8")
    assert draw_table() in drawing.read_text("utf-8")


def test_every_forum_state_leads_to_a_final_state() -> None:
    """No action leads out of a final state."""
    over = {ForumState.CLOSED, ForumState.CANCELLED}
    ways = {
        (state, each.to_state) for each in ACTIONS for state in each.from_states if each.to_state
    }
    assert not {state for state, _to in ways} & over
    ending = set(over)
    while more := {state for state, to in ways if to in ending} - ending:
        ending |= more
    assert ending == set(ForumState)


def test_only_an_approval_publishes_a_forum() -> None:
    """Only approvers and coordinators may approve."""
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
