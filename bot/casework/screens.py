"""Screens for officers: cases, lists, statistics, templates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.areas.units import name_police
from bot.casework.templates import may_change
from bot.core.excerpts import shorten
from bot.core.screen import Button, Lines, Param, Screen, Words
from bot.notifications.summaries import (
    describe_ban_scope,
    describe_erasure,
    describe_state,
    describe_submission,
    list_topics,
)
from storage.models import Identity, State

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from zoneinfo import ZoneInfo

    from bot.casework.case_view import CaseView
    from storage.casework import CaseStatistics
    from storage.models import Answer, Invite, Officer, Remark, Submission, Template

_MAX_LISTED = 20  # cases in a list on another case's page
_LISTED_EXCERPT = 80  # characters of the text of each


def show_case(opened: CaseView, zone: ZoneInfo) -> Screen:
    """Return a case in full, with the buttons of the usual actions."""
    submission = opened.submission
    erased = describe_erasure(submission)
    words = Words(
        "case.text",
        {
            **describe_submission(submission, zone),
            "topic": erased or list_topics(submission.topics),
            "at": submission.created_at,
            "identity": _name_contact(opened),
            "files": erased or opened.file_count,
            "text": erased or submission.text,
        },
    )
    confidential = (Words("case.confidential"),) if submission.confidential else ()
    notes = (
        Words(f"case.files.{name}", {"numbers": ", ".join(map(str, numbers))})
        for name, numbers in opened.file_notes.items()
    )
    sources = _show_sources(submission.sources, zone)
    remarks = (
        shown
        for each in opened.remarks
        for shown in (_show_remark(each), *_show_sources(each.sources, zone))
    )
    answer: tuple[Words, ...] = ()
    if opened.answer is not None:
        shown_sources = _show_sources(opened.answer.sources, zone)
        answer = (_show_answer(opened.answer, submission.state), *shown_sources)
    merged = _list_cases("case.merged", opened.merged, opened.readable)
    alike = _list_cases("case.alike", opened.alike, opened.readable)
    kept_off = [
        Words("case.recusal", {"officer": each.excluded.name, "by": each.by.name, "at": each.at})
        for each in opened.exclusions
    ]
    recusals = (Words("case.recusals", {"lines": Lines(tuple(kept_off))}),) if kept_off else ()
    verbs = [each.verb for each in opened.actions if not each.is_rare]
    more = Button(Words("case.more"), f"case:more={submission.code}")
    return Screen(
        (
            *confidential,
            words,
            *sources,
            *remarks,
            *answer,
            *notes,
            *merged,
            *alike,
            *recusals,
            *_show_ban(opened),
        ),
        () if erased else (*_make_buttons(verbs, submission), more),
        protected=True,
    )


def _show_ban(opened: CaseView) -> tuple[Words, ...]:
    """Return the ban that is proposed or in force for the case, and the appeal against it."""
    ban = opened.ban
    if ban is None:
        return ()
    params: dict[str, Param] = {
        "scope": describe_ban_scope(ban.unit_code),
        "days": ban.days,
        "until": ban.until or "–",
        "reason": ban.reason,
        "by": opened.ban_by or "–",
    }
    shown = [Words(f"case.ban.{ban.state}", params)]
    if ban.appealed_at is not None:
        name = "kept" if ban.kept_at else "appealed"
        shown.append(Words(f"case.ban.{name}", {"at": ban.kept_at or ban.appealed_at}))
    if opened.appeal:
        shown.append(Words("case.ban.appeal", {"text": opened.appeal}))
    return tuple(shown)


def show_more_actions(opened: CaseView) -> Screen:
    """Return the buttons of the rare actions on a case."""
    verbs = [each.verb for each in opened.actions if each.is_rare]
    words = Words("case.what", {"code": opened.submission.code})
    return Screen((words,), _make_buttons(verbs, opened.submission), protected=True)


def _show_sources(sources: list[dict[str, Any]] | None, zone: ZoneInfo) -> tuple[Words, ...]:
    """Return a paragraph for each part that its sender did not write themself."""
    return tuple(
        Words(
            f"case.source.{each['kind']}",
            {
                "part": each["part"],
                "who": each["who"] or "–",
                "text": each["text"] or "–",
                "at": datetime.fromtimestamp(each["at"], zone) if each["at"] else "–",
            },
        )
        for each in sources or ()
    )


def _show_remark(remark: Remark) -> Words:
    """Return a remark; of a correction both versions."""
    params: dict[str, Param] = {
        "at": remark.at,
        "text": remark.text or "–",
        "before": remark.replaces or "–",
    }
    return Words(f"case.remark.{remark.kind}", params)


def _make_buttons(verbs: Sequence[str], case: Submission) -> tuple[Button, ...]:
    return tuple(Button(Words(f"case.do.{verb}"), f"case:{verb}={case.code}") for verb in verbs)


def _list_cases(
    key: str, cases: Sequence[Submission], readable: Collection[int]
) -> tuple[Words, ...]:
    """Return a paragraph with a line for each case: code, date, and how the text begins.

    The text is left out if the officer may not read that case. Nothing if there are no cases.
    """
    if not cases:
        return ()
    lines = [_describe_listed_case(each, readable) for each in cases[:_MAX_LISTED]]
    if len(cases) > _MAX_LISTED:
        lines.append(Words("case.listed.others", {"count": len(cases) - _MAX_LISTED}))
    return (Words(key, {"lines": Lines(tuple(lines))}),)


def _describe_listed_case(case: Submission, readable: Collection[int]) -> Words:
    text: Param = shorten(" ".join(case.text.split()), _LISTED_EXCERPT)
    if case.id not in readable:
        text = Words("case.listed.hidden")
    params: dict[str, Param] = {
        "code": case.code,
        "at": case.created_at,
        "text": describe_erasure(case) or text,
    }
    return Words("case.listed.one", params)


def _show_answer(answer: Answer, state: State) -> Words:
    """Return the answer of a case in a state: it was sent, waits for approval, or neither."""
    waits = state is State.ANSWER_PROPOSED
    key = "case.answer" if answer.approved_at else f"case.{'proposed' if waits else 'unapproved'}"
    parts = {name: getattr(answer, name) for name in ("text", "measure", "deadline")}
    return Words(key, parts)


def show_case_list(
    found: Sequence[Submission],
    title: str,
    zone: ZoneInfo,
    *,
    more: str = "",
    filters: Sequence[str] = (),
) -> Screen:
    """Return a list of cases, each with a button, and buttons to the next page and to other lists.

    `title` is the key of its text. `more` is the argument of the next page's button, "" without
    one. `filters` are the names of the other lists.
    """
    others = [
        Button(Words(f"cases.to.{name}"), f"cases:{name}=") for name in filters if name != title
    ]
    if not found:
        return Screen((Words("cases.none"),), tuple(others))
    buttons = [
        Button(
            Words(
                "cases.urgent" if each.urgent else "cases.item",
                {
                    "code": each.code,
                    "state": describe_state(each),
                    "due": each.due_at.astimezone(zone).date(),
                },
            ),
            f"case:open={each.code}",
        )
        for each in found
    ]
    if more:
        buttons.append(Button(Words("cases.more"), f"cases:{more}"))
    return Screen((Words(f"cases.{title}"),), (*buttons, *others), protected=True)


def show_statistics(unit_code: str, found: CaseStatistics, days: int) -> Screen:
    """Return the statistics of the cases of the last `days` days, by kind and state."""
    kinds = [
        Words("stats.line", {"what": Words(f"feedback.kind.options.{kind}"), "count": count})
        for kind, count in found.kinds.items()
    ]
    states = [
        Words("stats.line", {"what": Words(f"state.{state}"), "count": count})
        for state, count in found.states.items()
    ]
    total = sum(found.kinds.values())
    rating = "–" if found.rating is None else f"{found.rating:.1f}"
    return Screen(
        (
            Words("stats.text", {"unit": name_police(unit_code), "days": days, "count": total}),
            *((Words("stats.kinds", {"lines": Lines(tuple(kinds))}),) if kinds else ()),
            *((Words("stats.states", {"lines": Lines(tuple(states))}),) if states else ()),
            Words(
                "stats.handling",
                {
                    "answered": found.answered,
                    "in_time": found.in_time,
                    "overdue": found.overdue,
                    "rating": rating,
                },
            ),
        )
    )


def show_invites(found: Sequence[tuple[Invite, str | None]]) -> Screen:
    """Return the open invites, each with the name of who asked for it and a button to revoke it."""
    if not found:
        return Screen((Words("invites.none"),))
    shown = [
        Words(
            "invites.one",
            {
                "number": each.id,
                "unit": name_police(each.unit_code),
                "role": Words(f"role.{each.role}"),
                "by": by or Words("invites.by_operator"),
                "until": each.expires_at,
            },
        )
        for each, by in found[:_MAX_LISTED]
    ]
    drops = [
        Button(Words("invites.revoke", {"number": each.id}), f"invites:revoke={each.id}")
        for each, _by in found[:_MAX_LISTED]
    ]
    return Screen((Words("invites.text"), *shown), tuple(drops))


def show_templates(officer: Officer, found: Sequence[Template]) -> Screen:
    """Return the templates, with buttons to delete and to add one if the officer may."""
    shown = [Words("templates.one", {"name": each.name, "text": each.text}) for each in found]
    drops = [
        Button(Words("templates.drop", {"name": each.name}), f"templates:drop={each.id}")
        for each in found
        if may_change(officer, each)
    ]
    adds = [Button(Words("templates.add"), "templates:add=")] if may_change(officer) else []
    paragraphs = (Words("templates.text"), *(shown or [Words("templates.none")]))
    return Screen(paragraphs, (*drops, *adds))


def _name_contact(opened: CaseView) -> Param:
    if erased := describe_erasure(opened.submission):
        return erased
    if opened.phone:
        return opened.phone
    if opened.phone_is_kept:
        return Words("case.phone_kept")
    named_as = "channel" if opened.submission.identity is Identity.CHANNEL else "unnamed"
    return Words(f"case.{named_as}")


def show_welcome(officer: Officer) -> Screen:
    """Return the welcome of a new officer."""
    return Screen((Words("officer.welcome", {"unit": name_police(officer.unit_code)}),))
