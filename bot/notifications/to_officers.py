"""Messages to officers: alerts and notices about cases, digests, notices about forums.

Messages about a case name its code, kind, topics and area, never its text or who wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.areas.units import name_police
from bot.core.screen import Button, Screen, Words
from bot.notifications.message import Addressee, Message, make_key, send_message, send_messages
from bot.notifications.summaries import describe_submission
from storage import outbox
from storage.models import OutboxState
from storage.outbox import Priority

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from bot.core.requests import GroupRequest
    from bot.core.screen import Param
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Forum, Officer, Submission, UnitChat

ALERT_KIND = "alert"  # `Outbox.kind` of the messages about a case that an officer may accept

# How long after it was written a message of each type may still be sent.
_CASE_LIFETIME = timedelta(days=30)
_DIGEST_LIFETIME = timedelta(hours=12)
_GROUP_LOST_LIFETIME = timedelta(days=7)
_STORE_LIFETIME = timedelta(days=7)
_GROUP_ANSWER_LIFETIME = timedelta(hours=1)
_HALL_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class CaseNotice:
    """A notice to officers about a case, sent once to each for each kind and occasion.

    - `kind`: the type of message, stored in `Outbox.kind`.
    - `text`: the key of the text.
    - `occasion`: distinguishes notices of one kind about one case. Often the version of the case.
    - `verbs`: the verbs of the actions that get a button, such as "accept".
    """

    kind: str
    text: str
    occasion: str
    verbs: tuple[str, ...] = ()
    priority: Priority = Priority.ASSIGNMENT


async def notify_officers(
    work: UnitOfWork, submission: Submission, officers: Iterable[Officer], notice: CaseNotice
) -> None:
    """Send a notice about a case to the private chats of officers."""
    language = work.policy.default_language
    recipients = [Addressee(officer.chat_id, language) for officer in officers]
    await _send_case_notice(work, submission, recipients, notice)


async def notify_unit_group(
    work: UnitOfWork, submission: Submission, group: UnitChat, notice: CaseNotice
) -> None:
    """Send a notice about a case to a unit's group, or to its linked topic (thread)."""
    language = work.policy.default_language
    recipient = Addressee(group.chat_id, language, thread_id=group.thread_id)
    await _send_case_notice(work, submission, [recipient], notice)


async def _send_case_notice(
    work: UnitOfWork, submission: Submission, recipients: Sequence[Addressee], notice: CaseNotice
) -> None:
    code = submission.code
    words = Words(notice.text, describe_submission(submission, work.policy.zone))
    buttons = [Button(Words(f"case.do.{verb}"), f"case:{verb}={code}") for verb in notice.verbs]
    message = Message(
        kind=notice.kind,
        screen=Screen((words,), (_make_open_button(code), *buttons), protected=True),
        expires_at=work.now + _CASE_LIFETIME,
        priority=notice.priority,
        submission_id=submission.id,
    )
    keys = (make_key(notice.kind, code, each.chat_id, notice.occasion) for each in recipients)
    await send_message(work, message, zip(recipients, keys, strict=True))


def _make_open_button(receipt_code: str) -> Button:
    return Button(Words("alert.open"), f"case:open={receipt_code}")


async def replace_alerts(
    work: UnitOfWork,
    submission: Submission,
    officer: Officer,
    text: str,
    *,
    readers: Collection[int] | None = None,
) -> None:
    """Replace the text of a case's sent alerts, and cancel the alerts that are not sent yet.

    `text` is the key of the new text. It gets the name of `officer`, who did the action. Of a
    protected case, `readers` are the chats that may know more of it than its code.
    """
    await outbox.cancel_by_submission(work.connection, submission.id, ALERT_KIND, work.now)
    params = {**describe_submission(submission, work.policy.zone), "officer": officer.name}
    full = Screen((Words(text, params),), (_make_open_button(submission.code),), protected=True)
    bare = Screen((Words("alert.gone", {"code": submission.code}),))
    replacements = [
        (
            Message(
                kind="taken",
                screen=full if readers is None or alert.chat_id in readers else bare,
                expires_at=work.now + _CASE_LIFETIME,
                priority=Priority.ASSIGNMENT,
                edits=alert.message_id,
                submission_id=submission.id,
            ),
            Addressee(alert.chat_id, alert.language),
            make_key("taken", submission.version, alert.id),
        )
        for alert in await outbox.list_by_submission(work.connection, submission.id, ALERT_KIND)
        if alert.state is OutboxState.SENT and alert.message_id is not None
    ]
    await send_messages(work, replacements)


async def retract_messages(
    work: UnitOfWork, submission: Submission, shown: Iterable[tuple[int, int]]
) -> None:
    """Take back messages that show a case in officers' chats.

    `shown` are the chat id and the message id of each. Telegram deletes a message in its first 48
    hours; the text of an older one is replaced, and an older file stays.
    """
    message = Message(
        kind=outbox.RETRACTION_KIND,
        screen=Screen((Words("case.retracted", {"code": submission.code}),)),
        expires_at=work.now + _CASE_LIFETIME,
        priority=Priority.REMINDER,
    )
    language = work.policy.default_language
    await send_messages(
        work,
        [
            (
                replace(message, edits=message_id),
                Addressee(chat_id, language),
                make_key(message.kind, submission.id, chat_id, message_id),
            )
            for chat_id, message_id in sorted(set(shown))
        ],
    )


async def filter_without_digest(
    work: UnitOfWork, officers: Sequence[Officer], day: date
) -> list[Officer]:
    """Return the officers to whom no digest of a day was sent or enqueued yet."""
    keys = [_make_digest_key(officer, day) for officer in officers]
    sent = {row.dedup_key for row in await outbox.list_by_keys(work.connection, keys)}
    return [officer for officer in officers if _make_digest_key(officer, day) not in sent]


async def send_digest(work: UnitOfWork, officer: Officer, day: date, screen: Screen) -> None:
    """Send an officer `screen` as the digest of a day. A second call for the day sends nothing."""
    message = Message(
        kind="digest",
        screen=screen,
        expires_at=work.now + _DIGEST_LIFETIME,
        priority=Priority.REMINDER,
        critical=False,
    )
    recipient = Addressee(officer.chat_id, work.policy.default_language)
    await send_message(work, message, [(recipient, _make_digest_key(officer, day))])


def _make_digest_key(officer: Officer, day: date) -> str:
    return make_key("digest", f"{day:%Y-%m-%d}", officer.id)


async def notify_group_lost(
    work: UnitOfWork, group: UnitChat, officers: Sequence[Officer], words: Words
) -> None:
    """Tell officers that the bot can no longer write to their unit's group or to its topic.

    `words` is the text. Each officer gets it once for each time the group was linked.
    """
    message = Message(
        kind=words.key,
        screen=Screen((words,)),
        expires_at=work.now + _GROUP_LOST_LIFETIME,
        priority=Priority.ASSIGNMENT,
    )
    linked_at = f"{group.set_at.timestamp():.0f}"
    await send_message(
        work,
        message,
        [
            (
                Addressee(officer.chat_id, work.policy.default_language),
                make_key(words.key, group.chat_id, linked_at, officer.chat_id),
            )
            for officer in officers
        ],
    )


async def notify_channel_lost(work: UnitOfWork, leaders: Sequence[Officer], last_post: int) -> None:
    """Tell leaders that posts do not reach the channel for announcements.

    Each leader gets it once after `last_post`, the id of the newest post that reached it.
    """
    words = Words("group.lost_channel")
    message = Message(
        kind=words.key,
        screen=Screen((words,)),
        expires_at=work.now + _GROUP_LOST_LIFETIME,
        priority=Priority.ASSIGNMENT,
    )
    recipients = [
        (
            Addressee(officer.chat_id, work.policy.default_language),
            make_key(words.key, last_post, officer.chat_id),
        )
        for officer in leaders
    ]
    await send_message(work, message, recipients)


async def notify_store_nearly_full(
    work: UnitOfWork, officers: Sequence[Officer], *, used: int, quota: int
) -> None:
    """Tell officers that the store of files is nearly full. `used` and `quota` are bytes."""
    figures = {
        "percent": 100 * used // quota,
        "used": used // 1_000_000,
        "quota": quota // 1_000_000,
    }
    message = Message(
        kind="store.nearly_full",
        screen=Screen((Words("store.nearly_full", figures),)),
        expires_at=work.now + _STORE_LIFETIME,
        priority=Priority.ASSIGNMENT,
    )
    await _send_once(work, message, officers)


async def notify_joined(
    work: UnitOfWork, joined: Officer, leaders: Sequence[Officer], inviter: str | None
) -> None:
    """Tell leaders that somebody became an officer. `inviter` is the name of who asked for it."""
    by = inviter or Words("invites.by_operator")
    words = Words(
        "officer.joined",
        {
            "name": joined.name,
            "role": Words(f"role.{joined.role}"),
            "unit": name_police(joined.unit_code),
            "by": by,
        },
    )
    message = Message(
        kind="joined",
        screen=Screen((words,)),
        expires_at=work.now + _CASE_LIFETIME,
        priority=Priority.ASSIGNMENT,
    )
    await _send_once(work, message, leaders, joined.id)


async def _send_once(
    work: UnitOfWork, message: Message, officers: Sequence[Officer], *occasion: object
) -> None:
    """Send a message to officers, once to each for an `occasion` at this time."""
    language, at = work.policy.default_language, f"{work.now.timestamp():.0f}"
    recipients = [
        (Addressee(each.chat_id, language), make_key(message.kind, *occasion, at, each.id))
        for each in officers
    ]
    await send_message(work, message, recipients)


async def answer_group_command(work: UnitOfWork, request: GroupRequest, words: Words) -> None:
    """Send `words` as the answer to a command, to the group and topic in which it was given."""
    message = Message(
        kind="group",
        screen=Screen((words,)),
        expires_at=work.now + _GROUP_ANSWER_LIFETIME,
        priority=Priority.REPLY,
    )
    group = Addressee(request.group_id, work.policy.default_language, thread_id=request.thread_id)
    key = make_key("group", request.group_id, request.update_id)
    await send_message(work, message, [(group, key)])


async def notify_planners(
    work: UnitOfWork,
    forum: Forum,
    officers: Sequence[Officer],
    text: str,
    further: tuple[Words, ...] = (),
    buttons: tuple[Button, ...] = (),
    /,
    *,
    occasion: str = "",
    **params: Param,
) -> None:
    """Send a text about a forum to the officers who plan or hold it.

    `text` is the key of the text. It gets the title, the start and the reason of the forum, and
    `params`. Each officer gets it once per `occasion`, or by default once per version of the forum.
    `further` paragraphs and `buttons` stand below it.
    """
    words = Words(
        text,
        {"title": forum.title, "at": forum.starts_at, "reason": forum.reason or "", **params},
    )
    open_button = Button(Words("forum.open"), f"forum:open={forum.code}")
    message = Message(
        kind=text,
        screen=Screen((words, *further), (*buttons, open_button)),
        expires_at=max(forum.starts_at, work.now + work.policy.reopen_within),
        priority=Priority.ASSIGNMENT,
        forum_id=forum.id,
    )
    await send_message(
        work,
        message,
        [
            (
                Addressee(officer.chat_id, work.policy.default_language),
                make_key(text, forum.code, occasion or forum.version, officer.chat_id),
            )
            for officer in officers
        ],
    )


async def confirm_hall_answer(
    work: UnitOfWork, officer: Officer, submission: Submission, screen: Screen
) -> None:
    """Send `screen` to the officer who entered an answer that was given orally at a forum."""
    message = Message(
        kind="hall",
        screen=screen,
        expires_at=work.now + _HALL_LIFETIME,
        priority=Priority.REPLY,
        submission_id=submission.id,
    )
    recipient = Addressee(officer.chat_id, work.policy.default_language)
    key = make_key("hall", submission.code, submission.version)
    await send_message(work, message, [(recipient, key)])
