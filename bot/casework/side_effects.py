"""Side effects of a case action: stored remarks, notices to residents, alerts to officers.

All of them happen in the transaction of the action.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.areas.units import name_police
from bot.casework import assignment
from bot.casework.submission_rules import NEW, is_protected
from bot.conversation.engine import select_sources
from bot.core.screen import Button, Param, Words
from bot.notifications import to_officers, to_resident
from bot.notifications.to_officers import ALERT_KIND, CaseNotice
from storage import casework, correspondence, outbox
from storage.models import Officer, RemarkKind, State

if TYPE_CHECKING:
    from bot.casework.case_access import CaseAccess
    from bot.core.transitions import ActionResult
    from storage.models import Submission


@dataclass(frozen=True, slots=True)
class AlertChange:
    """The text that replaces the earlier alerts of a case after an action, with the officer's name.

    They are replaced if the case is no longer new or another unit handles it, or `always`.
    """

    text: str = "alert.settled"
    always: bool = False


SETTLED_ALERTS = AlertChange()  # of most actions

# Returns the officers to notify of an action.
ListOfficers = Callable[["ActionResult[Any]"], Awaitable[Sequence[Officer]]]


def get_given_answers(result: ActionResult[Any]) -> Mapping[str, Param]:
    """Return the answers of the action's conversation, without the facts."""
    return {name: value for name, value in result.answers.items() if not name.startswith("@")}


def get_answer(result: ActionResult[Any]) -> Mapping[str, Param]:
    """Return the parts of the approved answer: text, measure, deadline."""
    answer = result.access.answer
    return {"text": answer.text, "measure": answer.measure, "deadline": answer.deadline}


@dataclass(frozen=True, slots=True)
class RemarkFields:
    """The answers (by step name) that are stored as a remark of a kind, one line each."""

    kind: RemarkKind
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResidentNotice:
    """A notice to the resident: the text `notice.NAME` of the action, with parameters.

    - `buttons`: the verbs of the resident's actions that get a button.
    - `reaches_merged`: True if the residents of merged cases get it too.
    - `get_params`: returns the parameters; by default the answers of the action's conversation.

    `bot.notifications.notice_kinds` has a row for each action, which says whether its notice waits
    for the end of quiet hours.
    """

    buttons: tuple[str, ...] = ()
    reaches_merged: bool = False
    get_params: Callable[[ActionResult[Any]], Mapping[str, Param]] = get_given_answers


@dataclass(frozen=True, slots=True)
class OfficerNotice:
    """A notice to officers: the key of a text, and the function that lists the officers.

    An `is_alert` notice has the buttons to accept the case, and is sent to the unit's group too.
    """

    text: str
    list_officers: ListOfficers
    is_alert: bool = False


async def store_remark(result: ActionResult[Any], kept: RemarkFields) -> None:
    """Store answers of an action as a remark; store nothing if they are empty."""
    text = "\n".join(str(result.answers[name]) for name in kept.fields if result.answers.get(name))
    if text:
        remark = {
            "submission_id": result.after.id,
            "kind": kept.kind,
            "officer_id": result.access.actor_id,
            "text": text,
            "sources": select_sources(result.answers, kept.fields),
            "at": result.work.now,
        }
        await correspondence.add_remark(result.work.connection, remark)


async def notify_residents(result: ActionResult[Any], notice: ResidentNotice) -> None:
    """Send the notice to the resident, and to those of merged cases if `reaches_merged`."""
    case: Submission = result.after
    await _notify_resident(result, case, notice.get_params(result), notice.buttons)
    if notice.reaches_merged:
        for merged in await casework.list_merged(result.work.connection, case.id):
            await _notify_resident(result, merged, notice.get_params(result), notice.buttons)


async def announce_merge(result: ActionResult[CaseAccess]) -> None:
    """Tell the resident and the officers of the main case that another case was merged into it."""
    work, merged = result.work, result.after
    main = await casework.find_main_case(work.connection, merged)
    assert main is not None
    words = Words("notice.joined", {"code": main.code})
    await to_resident.notify_resident(work, main, "joined", (words,), occasion=str(merged.id))
    officers_in_charge = await assignment.list_responsible_officers(work, main)
    others = [each for each in officers_in_charge if each.id != result.access.officer.id]
    notice = CaseNotice("joined", "alert.joined", str(merged.id))
    await to_officers.notify_officers(work, main, others, notice)


async def _notify_resident(
    result: ActionResult[Any],
    recipient: Submission,
    words: Mapping[str, Param],
    buttons: Sequence[str],
) -> None:
    name, case = result.action.name, result.after
    due = case.due_at.astimezone(result.work.policy.zone).date()
    params = {"code": recipient.code, "unit": name_police(case.handled_by), "due": due, **words}
    await to_resident.notify_resident(
        result.work,
        recipient,
        name,
        (Words(f"notice.{name}", params),),
        occasion=str(case.version),
        buttons=tuple(
            Button(Words(f"mine.{verb}"), f"mine:{verb}={recipient.code}") for verb in buttons
        ),
    )


async def withhold_from_groups(result: ActionResult[Any]) -> None:
    """Cancel the alerts that wait for groups if the case has become one for private chats only.

    If nobody has taken it on yet, officers of the groups' units are alerted in private instead.
    """
    work, case = result.work, result.after
    if not is_protected(case) or is_protected(result.before):
        return
    groups = await outbox.cancel_group_messages(work.connection, case.id, ALERT_KIND, work.now)
    if case.state not in NEW:
        return
    for chat_id in sorted(groups):
        for each in await casework.list_unit_chats(work.connection, chat_id):
            await assignment.alert_unit_in_private(work, case, each.unit_code)


async def notify_officers(result: ActionResult[Any], notice: OfficerNotice) -> None:
    """Send the notice to its officers, each once."""
    work, case = result.work, result.after
    officers = await notice.list_officers(result)
    if notice.is_alert:
        await assignment.alert_officers(work, case, officers, text=notice.text)
    else:
        case_notice = CaseNotice(result.action.name, notice.text, str(case.version))
        await to_officers.notify_officers(work, case, officers, case_notice)


async def replace_alerts(result: ActionResult[CaseAccess], alerts: AlertChange) -> bool:
    """Replace the earlier alerts of a case; assign it again if it has no officer or another unit.

    Returns True if it was assigned again: its new officers have been alerted.
    """
    work, before, case = result.work, result.before, result.after
    is_free: bool = case.state is State.RECEIVED and before.assignee_id != case.assignee_id
    is_moved: bool = case.handled_by != before.handled_by
    is_settled = case.state not in NEW or is_moved or alerts.always
    if before.state in NEW and is_settled:
        readers = await assignment.list_reader_chats(work, case) if is_protected(case) else None
        await to_officers.replace_alerts(
            work, case, result.access.officer, alerts.text, readers=readers
        )
    if is_free or is_moved:
        await assignment.assign_and_alert(work, case)
    return is_free or is_moved
