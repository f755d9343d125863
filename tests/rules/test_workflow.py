"""The table of casework: what no sequence of actions may break, and its drawing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.casework.actions import TRANSITIONS, draw_states
from storage.models import Role, State

DRAWING = Path(__file__).parents[2] / "docs" / "casework.md"


def test_the_drawing_is_the_tables() -> None:
    """docs/casework.md shows what the code does."""
    assert draw_states() in DRAWING.read_text("utf-8")


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda each: each.name)
def test_who_only_watches_or_organises_changes_nothing(transition: object) -> None:
    """Observers and organisers have no action; the administrator has no say in cases either."""
    roles = getattr(transition, "roles")  # noqa: B009 - typed as object for the ids
    assert not roles & {Role.OBSERVER, Role.ORGANISER, Role.ADMINISTRATOR}


def test_nothing_leads_out_of_what_is_over() -> None:
    """But for a note; an answered one is reopened by its resident only."""
    over = {State.ANSWERED, State.CLOSED, State.WITHDRAWN, State.REJECTED, State.ACKNOWLEDGED}
    for transition in TRANSITIONS:
        if transition.to is not None:
            assert not transition.states & over


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
        assert any(state in each.states and each.to not in (None, state) for each in TRANSITIONS)
