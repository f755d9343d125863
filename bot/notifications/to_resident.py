"""What residents are told of their opinions without asking, through the outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.preferences import UPDATES, Preferences
from bot.core.screen import Button, Screen, Words
from bot.core.unit_of_work import UnitOfWork
from storage import conversations, evidence, outbox, submissions

if TYPE_CHECKING:
    from datetime import datetime

    from storage.models import Attachment, EvidenceState, Submission

_LIFETIME = timedelta(days=30)


async def notify_resident(
    work: UnitOfWork,
    submission: Submission,
    kind: str,
    paragraphs: tuple[Words, ...],
    *,
    occasion: str = "",
    buttons: tuple[Button, ...] = (),
    always: bool = False,
) -> None:
    """Tell the resident of a submission something, once for each kind and occasion.

    What is not for `always` is left out when the resident switched it off, and waits out their
    quiet hours otherwise. An erased submission has nobody to tell.
    """
    owner = await submissions.find_owner(work.connection, submission.id)
    if owner is None:
        return
    chat = await conversations.find_conversation(
        work.connection, work.policy.pseudonyms.decrypt_chat_id(owner.sealed)
    )
    chosen = Preferences.of(chat.preferences if chat else {})
    if not always and UPDATES in chosen.muted:
        return
    show = Button(Words("receipt.show"), f"mine:open={submission.code}")
    message = outbox.OutboxMessage(
        dedup_key=":".join(filter(None, (kind, occasion, submission.code))),
        kind=kind,
        submission_id=submission.id,
        chat_id=owner.alias,
        sealed=owner.sealed,
        priority=outbox.Priority.REPLY,
        language=chat.language if chat else submission.language,
        screen=Screen(paragraphs, (*buttons, show)).to_json(),
        expires_at=work.now + _LIFETIME,
        not_before=chosen.earliest(work.now, work.policy.zone),
    )
    await outbox.enqueue_messages(work.connection, [message], work.now)


async def notify_file_failed(
    work: UnitOfWork, attachment: Attachment, state: EvidenceState
) -> None:
    """An attachment could not be stored: say which, why, and what can be done."""
    submission = await evidence.get_submission_of(work.connection, attachment)
    what = attachment.file_name or Words(f"files.{attachment.type}")
    words = Words(
        f"files.given_up.{state}",
        {"code": submission.code, "file": what, "number": attachment.position + 1},
    )
    await notify_resident(
        work, submission, "file", (words,), occasion=str(attachment.id), always=True
    )


async def notify_draft_expires(
    work: UnitOfWork, chat_id: int, language: str, *, expires_at: datetime
) -> None:
    """Remind a chat that its draft will be deleted, with buttons to resume or drop it."""
    message = outbox.OutboxMessage(
        dedup_key=f"draft:{chat_id}:{int(expires_at.timestamp())}",
        kind="draft",
        chat_id=chat_id,
        priority=outbox.Priority.REMINDER,
        language=language,
        screen=Screen(
            (Words("draft.reminder", {"until": expires_at}),),
            tuple(Button(Words(f"draft.{name}"), f"draft:{name}") for name in ("resume", "drop")),
        ).to_json(),
        expires_at=expires_at,
        critical=False,
    )
    await outbox.enqueue_messages(work.connection, [message], work.now)
