"""The table of actions on cases: what no sequence of actions may break, and its documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.casework.actions import ACTIONS, OFFICER_ACTIONS
from bot.casework.case_access import CaseAccess
from bot.casework.case_action import CaseAction
from bot.casework.documentation import draw_cases, list_actions
from storage.models import Role, State

PAGE = Path(__file__).parents[2] / "docs" / "casework.md"
OVER = {State.ANSWERED, State.CLOSED, State.WITHDRAWN, State.REJECTED, State.ACKNOWLEDGED}


def test_the_page_shows_the_table() -> None:
    """The diagram and the table of docs/casework.md are those of the rows, every row among them."""
    page = PAGE.read_text("utf-8")
    assert draw_cases() in page
    assert list_actions() in page


def test_every_action_has_a_name_of_its_own() -> None:
    """An action can be found by its name."""
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


def test_what_residents_are_told_of_is_in_their_timeline() -> None:
    """A row with a notice to the resident is public."""
    for action in ACTIONS:
        if isinstance(action, CaseAction) and action.resident_notice is not None:
            assert action.public, action.name


@pytest.mark.parametrize("action", OFFICER_ACTIONS, ids=lambda action: action.name)
def test_who_only_watches_or_organises_changes_nothing(action: CaseAction[CaseAccess]) -> None:
    """Observers and organisers have no action; the administrator has no say in cases either."""
    assert not action.actors & {Role.OBSERVER, Role.ORGANISER, Role.ADMINISTRATOR}


def test_nothing_leads_out_of_what_is_over() -> None:
    """But for a note; an answered one is reopened by its resident only."""
    for action in OFFICER_ACTIONS:
        if action.to_state is not None:
            assert not action.from_states & OVER


def test_every_state_of_work_has_a_way_on() -> None:
    """No case can be stuck."""
    for state in (
        State.RECEIVED,
        State.ASSIGNED,
        State.IN_PROGRESS,
        State.AWAITING_RESIDENT,
        State.TRANSFERRED,
        State.ANSWER_PROPOSED,
    ):
        assert any(
            state in each.from_states and each.to_state not in (None, state)
            for each in OFFICER_ACTIONS
        )
