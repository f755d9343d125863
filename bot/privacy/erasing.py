"""The erasure of one submission: in the database, and in the chats of the officers who read it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from bot.casework.actions import OFFICER_ACTIONS
from bot.conversation.message_subjects import CASE_VIEW
from bot.notifications import to_officers
from bot.privacy.encryption import Unreadable
from storage import erasure, message_subjects, outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.core.unit_of_work import UnitOfWork
    from storage.models import ErasureReason, State, Submission

# The flows of messages that show a case to officers: the case, and the questions of each action.
_OFFICER_FLOWS = frozenset({CASE_VIEW, "ban", *(action.name for action in OFFICER_ACTIONS)})


async def erase_submission(
    work: UnitOfWork,
    submission: Submission,
    *,
    state: State,
    reason: ErasureReason,
    at: datetime | None = None,
) -> bool:
    """Erase a submission, and take back the bot's messages about it in officers' chats.

    `state` is its new state. `at` is the time that is stored, by default the present. Return False
    and do nothing if it was changed since it was read.
    """
    sealed = await message_subjects.list_sealed_ids(
        work.connection, submission.code, _OFFICER_FLOWS
    )
    shown = list(_decrypt_addresses(work, sealed))
    sent = await outbox.list_sent_to_officers(work.connection, submission.id)
    if not await erasure.erase_submission(
        work.connection, submission, at or work.now, state=state, reason=reason
    ):
        return False
    shown += [(row.chat_id, row.message_id) for row in sent if row.message_id is not None]
    await to_officers.retract_messages(work, submission, shown)
    return True


def _decrypt_addresses(work: UnitOfWork, sealed: Sequence[str]) -> Iterator[tuple[int, int]]:
    for each in sealed:
        with suppress(Unreadable):  # its key was removed; the erasure must not wait for it
            yield work.policy.pseudonyms.decrypt_message(each)
