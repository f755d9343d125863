"""The page of rights is that of the code, and has every pair of a role and a right."""

from __future__ import annotations

import re

from bot.casework.actions import OFFICER_ACTIONS
from bot.forums.planning.actions import ACTIONS as FORUM_ACTIONS
from storage.models import Lane, Role
from tests.rights_matrix import (
    LETTERS,
    NEVER,
    NO_RIGHT,
    PAGE,
    RELATIONS,
    list_cases,
    list_kinds,
    write_page,
)


async def test_the_page_is_written_from_the_code() -> None:
    """After a change of rights: `python -m tests.rights_matrix`, and read what has changed."""
    assert PAGE.read_text("utf-8") == await write_page()


def read_table(heading: str) -> dict[str, list[str]]:
    """Return the cells of each row of the table below a heading, by the first cell."""
    section = PAGE.read_text("utf-8").partition(f"\n{heading}\n")[2].partition("\n#")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:2] == "| "]
    return {row[0]: row[1:] for row in rows}


def test_every_pair_of_a_role_and_a_right_is_listed() -> None:
    """For every relation of units and every lane; a cell says nothing but the lanes."""
    names = {each.name for each in OFFICER_ACTIONS}
    cell = re.compile("|".join([NEVER, "[OUCDoucd]( [OUCDoucd]){0,3}"]))
    assert len(LETTERS) == len(Lane)
    for relation in RELATIONS:
        table = read_table(f"### {relation.title}")
        if not table:
            assert f"### {relation.title}\n{NO_RIGHT}\n" in PAGE.read_text("utf-8")
            continue
        assert table.pop("Right") == list(Role)
        assert names < table.keys()
        for right, cells in table.items():
            assert len(cells) == len(Role), right
            assert all(cell.fullmatch(each) for each in cells), right
    forums = read_table("## Forums")
    assert forums.pop("Right") == [*Role, "Only if"]
    assert forums.keys() == {each.name for each in FORUM_ACTIONS}


def test_every_kind_and_state_is_tried() -> None:
    """A lane without a kind would make its letters disappear from the tables."""
    for lane in Lane:
        assert list_kinds(lane), lane
        assert list_cases(lane, "31", 1), lane
    assert not list_cases(Lane.CONDUCT, "11407", 1)
    assert not list_cases(Lane.DENUNCIATION, "11407", 1)


def test_no_unit_has_a_right_on_what_is_kept_from_it() -> None:
    """Written down beside the code: what a person reads first on the page."""
    for relation in RELATIONS:
        table = read_table(f"### {relation.title}")
        if relation.handled_by != "31":
            cells = [cell for right, row in table.items() if right != "Right" for cell in row]
            assert not re.search("[CDcd]", " ".join(cells))
        if relation.unit != "31" and relation.unit != relation.handled_by:
            assert table == {}
    own = read_table(f"### {RELATIONS[0].title}")
    leaders = {Role.APPROVER, Role.COORDINATOR}
    for right in ("approve", "confirm_ban", "readmit"):
        allowed = {role for role, c in zip(Role, own[right], strict=True) if c != NEVER}
        assert allowed == leaders, right
    for right in ("confirm_ban_everywhere", "keep_ban", "reveal_phone", "route"):
        assert set(own[right]) == {NEVER}, right
