"""Screens of residents other than questions: the welcome, settings, their own submissions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.areas.units import name_police
from bot.casework.case_access import ResidentAccess
from bot.casework.resident_actions import RESIDENT_ACTIONS
from bot.core.excerpts import shorten
from bot.core.preferences import QUIET_HOURS, SWITCHES
from bot.core.screen import Button, Lines, Param, Screen, Words
from bot.core.transitions import is_allowed
from bot.notifications.summaries import describe_erasure, describe_submission, list_topics
from bot.texts import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.core.policy import Policy
    from bot.core.preferences import Preferences
    from bot.feedback.views import OwnSubmission
    from storage.models import Answer, Attachment, Audit, Remark, Submission

PAGE_SIZE = 5  # submissions on one page of the list
_EXCERPT = 1500  # characters of a submission's text
_FIRST_WORDS = 60  # characters of a text in the list
_MAX_REMARKS = 10  # of a submission, the newest ones
_REMARK_EXCERPT = 500  # characters of each


def show_start(language: str, *, has_draft: bool, unit: str | None = None) -> Screen:
    """Return the welcome, the emergency numbers and the main menu, with the other languages.

    `has_draft`: the menu offers to continue the open conversation, not to start one. `unit` is the
    code of the unit whose deep link was opened.
    """
    link_note = (Words("start.unit", {"unit": name_police(unit)}),) if unit else ()
    return Screen(
        (Words("start.text"), *link_note, Words("start.emergency")),
        (
            Button(Words("start.resume" if has_draft else "start.feedback"), "feedback:begin"),
            Button(Words("start.mine"), "mine:list="),
            Button(Words("start.forums"), "forums:coming=0"),
            Button(Words("start.help"), "help:"),
            Button(Words("start.settings"), "settings:"),
            *(
                Button(Words(f"settings.{other}"), f"welcome:{other}")
                for other in LANGUAGES
                if other != language
            ),
        ),
    )


def show_help() -> Screen:
    """Return the commands, the official channels, and a warning about fraud."""
    keys = ("help.text", "start.emergency", "help.official", "help.caution")
    return Screen(
        tuple(Words(key) for key in keys),
        (Button(Words("start.feedback"), "feedback:begin"),),
    )


def show_courtesy(name: str, area: str | None = None) -> Screen:
    """Return the answer to a message that is no opinion, with the main buttons.

    `name` is the last part of the key of its text. `area` is the code of the unit that the person
    named last, to be sent to its police.
    """
    unit = name_police(area) if area else Words("help.nearest")
    return Screen(
        (Words(f"help.{name}", {"unit": unit} if name == "human" else {}),),
        (
            Button(Words("start.feedback"), "feedback:begin"),
            Button(Words("start.mine"), "mine:list="),
            Button(Words("start.help"), "help:"),
        ),
    )


def show_settings(preferences: Preferences) -> Screen:
    """Return the settings: language, quiet hours, notices that can be switched off."""
    quiet = [
        Button(
            Words("settings.chosen", {"what": Words(f"settings.quiet.{name}")})
            if (preferences.quiet or "none") == name
            else Words(f"settings.quiet.{name}"),
            f"settings:quiet={name}",
        )
        for name in ("none", *QUIET_HOURS)
    ]
    switches = [
        Button(
            Words(f"settings.{'hear' if name in preferences.muted else 'mute'}.{name}"),
            f"settings:mute={name}",
        )
        for name in SWITCHES
    ]
    return Screen(
        (Words("settings.text"), Words("settings.notices")),
        (
            *(Button(Words(f"settings.{code}"), f"settings:{code}") for code in LANGUAGES),
            *quiet,
            *switches,
            Button(Words("settings.forums"), "subscription:list="),
        ),
    )


def show_unknown_code() -> Screen:
    """Return the screen for a receipt code that none of the person's own submissions has."""
    return Screen((Words("mine.unknown"),), (Button(Words("mine.back"), "mine:list="),))


def confirm_withdrawal(receipt_code: str) -> Screen:
    """Return the question that is asked before a submission is withdrawn."""
    return Screen(
        (Words("mine.sure", {"code": receipt_code}),),
        (
            Button(Words("mine.withdraw"), f"mine:withdrawn={receipt_code}"),
            Button(Words("mine.keep"), f"mine:show={receipt_code}"),
        ),
    )


def confirm_identity_change(action: str, code: str) -> Screen:
    """Return the question that is asked before a name or a phone number is hidden."""
    return Screen(
        (Words(f"mine.sure_{action}", {"code": code}),),
        (
            Button(Words(f"mine.{action}"), f"mine:{action}_yes={code}"),
            Button(Words("mine.unchanged"), f"mine:show={code}"),
        ),
    )


def show_submissions(submissions: Sequence[Submission], zone: ZoneInfo) -> Screen:
    """Return the list of a person's submissions, newest first, with days in `zone`.

    At most PAGE_SIZE are shown. If more are passed, there is a button to the older ones.
    """
    if not submissions:
        return Screen((Words("mine.none"),))
    shown = submissions[:PAGE_SIZE]
    buttons = [
        Button(
            Words("mine.item", {"code": each.code, "state": Words(f"state.{each.state}")}),
            f"mine:show={each.code}",
        )
        for each in shown
    ]
    lines = Lines(tuple(_show_in_list(each, zone) for each in shown))
    if len(submissions) > PAGE_SIZE:
        buttons.append(Button(Words("mine.older"), f"mine:before={shown[-1].id}"))
    return Screen((Words("mine.list", {"lines": lines}),), tuple(buttons))


def _show_in_list(submission: Submission, zone: ZoneInfo) -> Words:
    """Return a submission in a list: its code, day and state, and its first words."""
    words = " ".join(submission.text.split())
    text: Param = shorten(words, _FIRST_WORDS) if words else Words("mine.remark.only_files")
    return Words(
        "mine.line",
        {
            "code": submission.code,
            "on": submission.created_at.astimezone(zone).date(),
            "state": Words(f"state.{submission.state}"),
            "text": describe_erasure(submission) or text,
        },
    )


def show_submission(own: OwnSubmission, now: datetime, policy: Policy) -> Screen:
    """Return one submission with its timeline, and buttons for the actions of its resident."""
    submission, zone = own.submission, policy.zone
    words = Words(
        "mine.one",
        {
            **describe_submission(submission, zone),
            "topic": describe_erasure(submission) or list_topics(submission.topics),
            "unit": name_police(submission.handled_by),
            "files": _name_files(own.files),
            "text": shorten(submission.text, _EXCERPT),
        },
    )
    can_show = submission.erased_at is None and bool(own.files)
    see_files = (Button(Words("mine.files"), f"mine:files={submission.code}"),) if can_show else ()
    return Screen(
        (
            words,
            *_show_remarks(own.remarks),
            *_show_answer(own.answer),
            Words("mine.timeline", {"entries": _show_timeline(own.timeline)}),
        ),
        (
            *(
                Button(Words(f"mine.{verb}"), f"mine:{verb}={submission.code}")
                for verb in _list_verbs(own, now, policy)
            ),
            *see_files,
            Button(Words("mine.back"), "mine:list="),
        ),
    )


def _name_files(files: Sequence[Attachment]) -> Param:
    """Return how many files there are of each kind, and the names of those that have one."""
    if not files:
        return Words("mine.no_files")
    counts = Counter(each.type for each in files if not each.file_name)
    kinds = (
        Words("mine.files_of", {"count": count, "kind": Words(f"files.{kind}")})
        for kind, count in counts.items()
    )
    names = (Words("mine.file_named", {"name": each.file_name or ""}) for each in files)
    return (*kinds, *(words for each, words in zip(files, names, strict=True) if each.file_name))


def show_own_files(own: OwnSubmission, shown: int) -> Screen:
    """Return what stands above the files of a submission; `shown` of them can be shown now."""
    hidden = len(own.files) - shown
    paragraphs = [Words("mine.files_shown", {"code": own.submission.code, "count": shown})]
    if hidden:
        paragraphs.append(Words("mine.files_not_shown", {"count": hidden}))
    return Screen(tuple(paragraphs))


def _show_remarks(remarks: Sequence[Remark]) -> list[Words]:
    """Return a paragraph for each of the newest remarks; of a correction both versions."""
    shown = remarks[-_MAX_REMARKS:]
    older = len(remarks) - len(shown)
    return [
        *([Words("mine.older_remarks", {"count": older})] if older else []),
        *(_show_remark(each) for each in shown),
    ]


def _show_remark(remark: Remark) -> Words:
    text: Param = Words("mine.remark.only_files")
    if remark.text:
        text = shorten(remark.text, _REMARK_EXCERPT)
    before = shorten(remark.replaces or "–", _REMARK_EXCERPT)
    return Words(f"mine.remark.{remark.kind}", {"at": remark.at, "text": text, "before": before})


def _show_answer(answer: Answer | None) -> tuple[Words, ...]:
    if answer is None:
        return ()
    parts = {"text": answer.text, "measure": answer.measure, "deadline": answer.deadline}
    return (Words("mine.answer", parts),)


def _show_timeline(entries: Sequence[Audit]) -> Lines:
    """Return one line for each entry: the time, the event, the role of the actor."""
    return Lines(
        tuple(
            Words(
                "mine.entry",
                {
                    "at": entry.at,
                    "what": Words(
                        f"mine.events.{entry.action}",
                        {"role": Words(f"role.{entry.actor_role}")},
                    ),
                },
            )
            for entry in entries
        )
    )


def _list_verbs(own: OwnSubmission, now: datetime, policy: Policy) -> list[str]:
    """Return the verbs of the buttons: what the resident may do now, and the receipt."""
    access = ResidentAccess(own.submission, now, policy.reopen_within, own.main, own.ban)
    allowed = [
        action for action in RESIDENT_ACTIONS if action.has_button and is_allowed(action, access)
    ]
    usual = [action.verb for action in allowed if not action.is_rare]
    return [*usual, "receipt", *(action.verb for action in allowed if action.is_rare)]
