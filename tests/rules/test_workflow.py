"""The table of actions on cases: rules that hold for every row, and its documentation."""

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


def test_the_page_has_the_table_of_actions() -> None:
    """The diagram and the table of docs/casework.md are those of the code."""
    page = PAGE.read_text("utf-8")
    assert draw_cases() in page
    assert list_actions() in page


def test_action_names_are_unique() -> None:
    """An action can be found by its name."""
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


def test_an_action_with_a_notice_to_the_resident_is_public() -> None:
    """Public actions are in the timeline that the resident reads."""
    for action in ACTIONS:
        if isinstance(action, CaseAction) and action.resident_notice is not None:
            assert action.public, action.name


@pytest.mark.parametrize("action", OFFICER_ACTIONS, ids=lambda action: action.name)
def test_some_roles_have_no_action(action: CaseAction[CaseAccess]) -> None:
    """They are observers, organisers and administrators."""
    assert not action.actors & {Role.OBSERVER, Role.ORGANISER, Role.ADMINISTRATOR}


def test_no_officer_changes_the_state_of_a_finished_case() -> None:
    """Only its resident can reopen an answered case."""
    for action in OFFICER_ACTIONS:
        if action.to_state is not None:
            assert not action.from_states & OVER


def test_every_open_state_leads_to_another() -> None:
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
