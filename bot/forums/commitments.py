"""What was promised at a forum: a case of the unit that holds it, due on the day that was named.

It is kept when the case is answered: by one person, and approved by another.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bot.core.unit_of_work import UnitOfWork
from bot.forums.session.flow import suggest_topics
from bot.forums.session.staff_entry import StaffEntry, add_staff_entry
from bot.texts import load_texts
from storage import forums
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from storage.models import Forum, Officer


async def add_commitment(
    work: UnitOfWork, forum: Forum, officer: Officer, words: Mapping[str, Any]
) -> None:
    """Store what was promised, as `text`, `owner` and `due`, and make it a case."""
    due_on = date.fromisoformat(words["due"])
    said = load_texts(work.policy.default_language)["forum.promised"].format(
        title=forum.title, text=words["text"], owner=words["owner"]
    )
    what = StaffEntry(
        "promised",
        Kind.PROPOSAL,
        suggest_topics(words["text"]),
        forum.host_unit,
        said,
        work.policy.workdays.end_of(due_on),
    )
    case = await add_staff_entry(work, forum, officer, what)
    await forums.add_commitment(
        work.connection,
        {
            "forum_id": forum.id,
            "text": words["text"],
            "owner": words["owner"],
            "due_on": due_on,
            "submission_id": case.id,
            "created_at": work.now,
        },
    )
