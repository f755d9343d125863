"""Commitments: promises made at a forum; each is a case of the host unit.

A commitment is kept when the answer to its case is approved.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bot.core.unit_of_work import UnitOfWork
from bot.forums.shared.public_texts import refuse_links
from bot.forums.staff_entry import StaffEntry, add_staff_entry, suggest_topics
from bot.texts import load_texts
from storage import forums
from storage.models import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from storage.models import Forum, Officer


async def add_commitment(
    work: UnitOfWork, forum: Forum, officer: Officer, answers: Mapping[str, Any]
) -> None:
    """Store a commitment and open its case.

    `answers` are "text", "owner" (who promised it, as text) and "due", a day as ISO 8601. The case
    is due at the end of that day. Everybody reads it: raises Refused for a link.
    """
    refuse_links(work, {name: answers[name] for name in ("text", "owner")})
    due_on = date.fromisoformat(answers["due"])
    template = load_texts(work.policy.default_language)["forum.promised"]
    text = template.format(title=forum.title, text=answers["text"], owner=answers["owner"])
    entry = StaffEntry(
        "promised",
        Kind.PROPOSAL,
        suggest_topics(answers["text"]),
        forum.host_unit,
        text,
        work.policy.calendar.get_end_of_day(due_on),
    )
    submission = await add_staff_entry(work, forum, officer, entry)
    await forums.add_commitment(
        work.connection,
        {
            "forum_id": forum.id,
            "text": answers["text"],
            "owner": answers["owner"],
            "due_on": due_on,
            "submission_id": submission.id,
            "created_at": work.now,
        },
    )
