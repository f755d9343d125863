"""Messages that residents wrote in an old encoding: both versions are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation.inputs import list_conversions
from storage import correspondence
from storage.models import RemarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.unit_of_work import UnitOfWork


async def store_conversions(
    work: UnitOfWork, submission_id: int, messages: Iterable[Mapping[str, Any]]
) -> None:
    """Store what was written in an old encoding, beside the conversion that its writer confirmed.

    `messages` are records of the resident's messages (see make_message_record).
    """
    for original, text in list_conversions(messages):
        await correspondence.add_remark(
            work.connection,
            {
                "submission_id": submission_id,
                "kind": RemarkKind.CORRECTION,
                "officer_id": None,
                "text": text,
                "replaces": original,
                "at": work.now,
            },
        )
