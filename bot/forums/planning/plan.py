"""The plan of a forum: its columns from the answers of a conversation, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.core.requests import Refused
from bot.core.screen import Words
from bot.forums.planning.flow import get_start, get_submission_deadline, split_lines
from bot.forums.shared.public_texts import refuse_links
from bot.texts import load_texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum


def make_columns(work: UnitOfWork, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a forum from the answers.

    Raises Refused for a start in the past, and for links.
    """
    starts_at = get_start(answers)
    if starts_at <= work.now:
        raise Refused(Words("forum.past"))
    usual_title = load_texts(work.policy.default_language)["forum.usual_title"]
    columns = {
        "title": answers["title"] or usual_title,
        "area": answers["area"],
        "venue": answers["venue"],
        "latitude": answers["place"][0] if answers["place"] else None,
        "longitude": answers["place"][1] if answers["place"] else None,
        "starts_at": starts_at,
        "capacity": answers["capacity"] or None,
        "head": answers["head"],
        "agenda": split_lines(answers["agenda"]),
        "invited": split_lines(answers["invited"]),
        "topics": answers["topic"],
        "opinions_until": get_submission_deadline(answers),
    }
    refuse_links(work, columns)
    return columns


def make_facts(forum: Forum, zone: ZoneInfo) -> dict[str, Any]:
    """Return the answers of a stored plan, to start the conversation that changes it.

    "@forum_code" is the code of the forum. Times are in `zone`.
    """
    return {
        "@forum_code": forum.code,
        "title": forum.title,
        "area": forum.area,
        "venue": forum.venue,
        "place": [] if forum.latitude is None else [forum.latitude, forum.longitude],
        "starts": forum.starts_at.astimezone(zone).isoformat(),
        "capacity": forum.capacity or 0,
        "head": forum.head,
        "agenda": "\n".join(forum.agenda),
        "invited": "\n".join(forum.invited),
        "topic": forum.topics,
        "until": str((forum.starts_at - forum.opinions_until).days),
    }
