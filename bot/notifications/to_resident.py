"""Messages to residents: about their submissions, their drafts, and the forums they attend."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.preferences import Preferences
from bot.core.screen import Button, Screen, Words
from bot.notifications.message import Addressee, Message, make_key, send_message, send_messages
from bot.notifications.notice_kinds import get_notice_kind, schedule_notice
from storage import conversations, evidence, outbox, submissions
from storage.outbox import Priority
from storage.rounding import round_to_hour

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.core.requests import Chat
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import (
        Announcement,
        Attachment,
        Forum,
        Registration,
        Submission,
    )

_LIFETIME = timedelta(days=30)  # how long after it was written a message may still be sent


# Submissions


async def notify_resident(
    work: UnitOfWork,
    submission: Submission,
    kind: str,
    paragraphs: tuple[Words, ...],
    *,
    occasion: str = "",
    buttons: tuple[Button, ...] = (),
) -> None:
    """Send paragraphs and buttons to the resident of a submission, once per kind and occasion.

    - `kind`: the type of message, stored in `Outbox.kind`.
    - `occasion`: distinguishes messages of one kind about one submission.

    The module `notice_kinds` says for each kind whether it waits for the end of the quiet hours and
    can be switched off.
    A message about an urgent submission never waits. If the submission is erased, nothing is sent.
    """
    owner = await submissions.find_owner(work.connection, submission.id)
    if owner is None:
        return
    chat = await conversations.find_conversation(
        work.connection,
        work.policy.pseudonyms,
        work.policy.pseudonyms.decrypt_chat_id(owner.sealed),
    )
    preferences = Preferences.from_json(chat.preferences if chat else {})
    if get_notice_kind(kind).switch in preferences.muted:
        return
    expires_at = work.now + _LIFETIME
    show_button = Button(Words("receipt.show"), f"mine:open={submission.code}")
    message = Message(
        kind=kind,
        screen=Screen(paragraphs, (*buttons, show_button)),
        expires_at=expires_at,
        priority=Priority.REPLY,
        submission_id=submission.id,
    )
    recipient = Addressee(
        owner.alias,
        chat.language if chat else submission.language,
        owner.sealed,
        not_before=schedule_notice(
            work, kind, preferences, expires_at, is_urgent=submission.urgent
        ),
    )
    await send_message(work, message, [(recipient, make_key(kind, occasion, submission.code))])


async def notify_file_failed(work: UnitOfWork, attachment: Attachment, reason: str) -> None:
    """Tell a resident that officers will not see a file. `reason` is the name of the text."""
    submission = await evidence.get_submission_of(work.connection, attachment)
    file = attachment.file_name or Words(f"files.{attachment.type}")
    words = Words(
        f"files.given_up.{reason}",
        {"code": submission.code, "file": file, "number": attachment.position + 1},
    )
    await notify_resident(work, submission, "file", (words,), occasion=str(attachment.id))


async def send_receipt(
    work: UnitOfWork, submission: Submission, recipient: Addressee, screen: Screen
) -> None:
    """Send `screen` as the receipt of a submission. A second call sends nothing."""
    message = Message(
        kind="receipt",
        screen=screen,
        expires_at=work.now + _LIFETIME,
        priority=Priority.REPLY,
        submission_id=submission.id,
    )
    await send_message(work, message, [(recipient, make_key("receipt", submission.code))])


async def confirm_oral_submission(
    work: UnitOfWork, submission: Submission, recipient: Addressee, screen: Screen
) -> None:
    """Send `screen` to the person who entered an oral submission. A second call sends nothing."""
    message = Message(
        kind="spoken",
        screen=screen,
        expires_at=work.now + _LIFETIME,
        priority=Priority.REPLY,
        submission_id=submission.id,
    )
    await send_message(work, message, [(recipient, make_key("spoken", submission.code))])


async def notify_draft_expires(work: UnitOfWork, chat: Chat, *, expires_at: datetime) -> None:
    """Warn a chat that its draft will be deleted at `expires_at`, with buttons to resume or drop.

    `chat.id` is the real chat id. The message is stored under the pseudonym of the chat: its writer
    is neither a named nor an unnamed resident yet. It is not sent after the hour in which the draft
    expires has begun: the exact time would connect the chat with what it did at that moment.
    """
    message = Message(
        kind="draft",
        screen=Screen(
            (Words("draft.reminder", {"until": expires_at}),),
            tuple(Button(Words(f"draft.{name}"), f"draft:{name}") for name in ("resume", "drop")),
        ),
        expires_at=round_to_hour(expires_at),
        priority=Priority.REMINDER,
        critical=False,
    )
    not_before = schedule_notice(work, "draft", chat.preferences, expires_at)
    address = work.policy.pseudonyms.make_chat_address(chat.id)
    recipient = Addressee(
        address.pseudonym, chat.language, address.encrypted_chat_id, not_before=not_before
    )
    key = make_key("draft", address.pseudonym, int(message.expires_at.timestamp()))
    await send_message(work, message, [(recipient, key)])


# Forums


async def notify_attendee(
    work: UnitOfWork,
    forum: Forum,
    registration: Registration,
    kind: str,
    screen: Screen,
    *,
    announcement_id: int | None = None,
) -> None:
    """Send a screen about a forum to one registered person.

    Without `announcement_id` every call sends a message. With it, the person gets this message
    instead of that announcement, once; nothing is sent if the person has had the announcement.
    """
    message = Message(
        kind=kind,
        screen=screen,
        expires_at=forum.starts_at,
        priority=Priority.REPLY,
        forum_id=forum.id,
    )
    chat = await conversations.find_conversation(
        work.connection,
        work.policy.pseudonyms,
        work.policy.pseudonyms.decrypt_chat_id(registration.sealed),
    )
    preferences = Preferences.from_json(chat.preferences if chat else {})
    recipient = Addressee(
        registration.alias,
        registration.language,
        registration.sealed,
        not_before=schedule_notice(work, kind, preferences, forum.starts_at),
    )
    milliseconds = int(work.now.timestamp() * 1000)
    key = (
        make_key(kind, forum.id, registration.id, milliseconds)
        if announcement_id is None
        else make_key("forum", announcement_id, registration.alias)
    )
    await send_message(work, message, [(recipient, key)])


async def remind_attendees(
    work: UnitOfWork, forum: Forum, offset: int, reminders: Iterable[tuple[Addressee, Screen]]
) -> None:
    """Send reminders to attendees of a forum, one screen for each.

    `offset` is the number of minutes before the start. Each attendee gets one reminder per offset
    and `Forum.start_version`.
    """
    await send_messages(
        work,
        [
            (
                Message(
                    kind="remind",
                    screen=screen,
                    expires_at=forum.starts_at,
                    priority=Priority.REMINDER,
                    forum_id=forum.id,
                    start_version=forum.start_version,
                ),
                recipient,
                make_key("remind", forum.id, forum.start_version, offset, recipient.chat_id),
            )
            for recipient, screen in reminders
        ],
    )


async def send_announcement(
    work: UnitOfWork,
    announcement: Announcement,
    recipients: Sequence[Addressee],
    screen: Screen,
    *,
    expires_at: datetime,
) -> None:
    """Send an announcement of a forum to some of its recipients. Each recipient gets it once.

    It is not sent after `expires_at`.
    """
    message = Message(
        kind="forum",
        screen=screen,
        expires_at=expires_at,
        priority=Priority.ANNOUNCEMENT,
        critical=False,
        announcement_id=announcement.id,
    )
    keys = (make_key("forum", announcement.id, recipient.chat_id) for recipient in recipients)
    await send_message(work, message, zip(recipients, keys, strict=True))
    chat_ids = [recipient.chat_id for recipient in recipients]
    await outbox.park_messages(work.connection, chat_ids)


async def post_in_channel(
    work: UnitOfWork,
    forum: Forum,
    occasion: tuple[str, int],
    screen: Screen,
    *,
    expires_at: datetime,
) -> None:
    """Post an announcement of a forum in the configured channel, once per occasion.

    `occasion` is the kind of the announcement, and the version of the forum or of its start. It is
    not posted after `expires_at`, and not at all if no channel is configured.
    """
    if work.policy.channel is None:
        return
    message = Message(
        kind="channel",
        screen=screen,
        expires_at=expires_at,
        priority=Priority.ANNOUNCEMENT,
        critical=False,
        forum_id=forum.id,
    )
    channel = Addressee(work.policy.channel, work.policy.default_language)
    await send_message(work, message, [(channel, _make_channel_key(forum, occasion))])


async def cancel_channel_posts(
    work: UnitOfWork, forum: Forum, occasions: Iterable[tuple[str, int]]
) -> None:
    """Cancel the posts of a forum for these occasions that are not sent yet."""
    keys = [_make_channel_key(forum, occasion) for occasion in occasions]
    await outbox.cancel_by_keys(work.connection, keys, work.now)


def _make_channel_key(forum: Forum, occasion: tuple[str, int]) -> str:
    return make_key("channel", forum.id, *occasion)
