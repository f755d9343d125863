"""Opinions for a forum, as those who plan it have them: under the agenda, within their rights."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.forums.grouping import grouped
from bot.forums.service import found
from bot.rights import READERS
from storage import audit, hearings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.models import Forum, Officer, Submission

READ = "forum.opinions_read"
_PAGE = 12  # opinions on one page
_MOST = 1000  # that are put under the agenda

Group = tuple[str | None, list["Submission"]]


@dataclass(frozen=True)
class Opinions:
    """A page of what was given for a forum, under the points of its agenda.

    `kept` are given too, but not for this officer to read; `opens`: whether they read whole cases.
    The next page begins after `more`, if there is one.
    """

    forum: Forum
    groups: Sequence[Group]
    kept: int
    opens: bool
    more: int = 0


async def opinions(
    connection: AsyncConnection, chat_id: int, code: str, now: datetime, *, skip: int
) -> Opinions | None:
    """What was given for a forum, for one of its organisers, audited; None for anybody else."""
    officer, forum = await found(connection, chat_id, code)
    if officer is None or forum is None:
        return None
    given = await hearings.opinions(connection, forum.code, officer, unit_of(officer), most=_MOST)
    kept = await hearings.count(connection, forum.code) - len(given)
    in_order = [(point, each) for point, group in grouped(forum, given) for each in group]
    page = in_order[skip : skip + _PAGE]
    await audit.append(
        connection, READ, now, role=officer.role, actor_id=officer.id,
        details={"forum": forum.code, "codes": [each.code for _point, each in page]},
    )  # fmt: skip
    return Opinions(
        forum,
        [
            (point, [each for _point, each in pairs])
            for point, pairs in groupby(page, key=lambda pair: pair[0])
        ],
        kept,
        officer.role in READERS,
        skip + _PAGE if len(in_order) > skip + _PAGE else 0,
    )


def unit_of(officer: Officer) -> str | None:
    """The unit whose opinions somebody reads; None for all."""
    return None if officer.unit_code == CITY else officer.unit_code
