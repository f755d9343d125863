"""What was promised at a forum: a case of the unit that holds it, due on the day that was named.

It is kept when the case is answered: by one person, and approved by another.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import TYPE_CHECKING

from bot.areas.units import VINTAGE
from bot.feedback import rules
from bot.feedback.alerts import alert
from bot.feedback.service import RECEIVED
from bot.folding import fold
from bot.forums.hall_flow import topics_of
from bot.texts import load
from storage import audit, forums, submissions
from storage.models import Identity, Kind, State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.policy import Policy
    from storage.models import Forum, Officer

_NOBODY = 0  # is no pseudonym


async def promise(
    connection: AsyncConnection,
    forum: Forum,
    officer: Officer,
    words: Mapping[str, Any],
    now: datetime,
    *,
    policy: Policy,
) -> None:
    """Store what was promised, as `text`, `owner` and `due`, and make it a case."""
    due_on, language = date.fromisoformat(words["due"]), policy.officers_language
    said = load(language)["forum.promised"].format(
        title=forum.title, text=words["text"], owner=words["owner"]
    )
    topics = topics_of(words["text"])
    case = await submissions.add(
        connection,
        _NOBODY,
        {
            "code": rules.receipt_code(secrets.choice),
            "kind": Kind.PROPOSAL,
            "topics": [topic.value for topic in topics],
            "unit_code": forum.host_unit,
            "unit_vintage": VINTAGE,
            "handled_by": rules.handled_by(Kind.PROPOSAL, topics, forum.host_unit),
            "text": said,
            "folded": fold(said),
            "urgent": False,
            "hides_personal": False,
            "version": 1,
            "state": State.RECEIVED,
            "identity": Identity.UNNAMED,
            "phone": None,
            "confidential": False,  # it was promised to everybody
            "language": language,
            "forum": None,  # nobody gave it as an opinion
            "created_at": now,
            "due_at": policy.workdays.end_of(due_on),
        },
        [],
    )
    await forums.promise(
        connection,
        {
            "forum_id": forum.id,
            "text": words["text"],
            "owner": words["owner"],
            "due_on": due_on,
            "submission_id": case.id,
            "created_at": now,
        },
    )
    await audit.append(
        connection, RECEIVED, now, role=officer.role, actor_id=officer.id,
        submission_id=case.id, details={"forum": forum.code, "promised": True},
    )  # fmt: skip
    await alert(connection, case, now, policy=policy)
