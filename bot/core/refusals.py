"""Audit entries about refused attempts.

The first refused attempt of a person within an hour gets an entry at once. The others of that hour
are counted, and get one entry together when it is over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from storage import audit, officers, refusals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.requests import Request
    from bot.core.unit_of_work import UnitOfWork

REFUSED = "request.refused"  # the action in the audit log, if a feature has no name of its own
COUNTED = "refused.counted"  # the action of the entry that counts the others of an hour

_NOBODY = "none"  # the role of somebody who is no officer
_PAGE = 500  # counts in one transaction
# What is stored of a value that a person typed or forged: the name of an action, or a code. Digits
# alone may be a chat id.
_SAFE = re.compile(r"(?=[^0-9]*[A-Za-z])[A-Za-z0-9:_/*.-]{1,32}", re.ASCII)


async def append_refusal(
    work: UnitOfWork,
    name: str,
    chat_id: int,
    details: Mapping[str, str],
    *,
    submission_id: int | None = None,
) -> None:
    """Write into the audit log, or count, that the person of a chat tried what is not allowed.

    `name` is the entry's action, such as "case.refused". `details` may be any text: only what looks
    like a name or a code is stored. The chat of somebody who is no officer is not stored, and of
    that person only the first attempt of an hour is described: two codes would be linked.
    """
    officer = await officers.find_officer(work.connection, chat_id)
    safe = {key: value if _SAFE.fullmatch(value) else "?" for key, value in details.items()}
    hour = _floor_to_hour(work.now)
    tag = f"officer {officer.id}" if officer else work.policy.pseudonyms.make_tag(chat_id, hour)
    attempt = " ".join((name, *safe.values()))
    if await refusals.count_refusal(work.connection, hour, tag, officer, attempt) > 1:
        return
    await audit.append_entry(
        work.connection,
        name,
        work.now,
        role=officer.role if officer else _NOBODY,
        actor_id=officer.id if officer else None,
        submission_id=submission_id,
        details=safe,
    )


async def record_request(work: UnitOfWork, request: Request) -> None:
    """Write a refused request into the audit log, or count it."""
    details = {"verb": request.verb, "argument": request.argument}
    await append_refusal(work, REFUSED, request.chat.id, details)


async def append_counts(work: UnitOfWork) -> bool:
    """Write an entry for each person whose further attempts of an hour that is over were counted.

    Return True if there may be more.
    """
    found = await refusals.take_counts(work.connection, _floor_to_hour(work.now), _PAGE)
    for each in found:
        if each.count == 1:
            continue
        details = {"hour": each.hour.isoformat(), "times": each.count - 1}
        await audit.append_entry(
            work.connection,
            COUNTED,
            work.now,
            role=each.role or _NOBODY,
            actor_id=each.officer_id,
            details=details | ({"attempts": each.attempts} if each.officer_id else {}),
        )
    return len(found) == _PAGE


def _floor_to_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
