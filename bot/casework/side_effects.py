"""What follows when something was done with a case: words kept, and who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY, name_police
from bot.casework.actions import NEW
from bot.casework.assignment import (
    alert_officers,
    assign_and_alert,
    list_leaders,
    notify_officers,
    update_alerts,
)
from bot.core.screen import Button, Words
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_resident
from storage import casework, forums, officers, submissions
from storage.models import RemarkKind, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.casework.actions import CaseAccess, Transition
    from storage.models import Officer, Submission


@dataclass(frozen=True, slots=True)
class ActionResult:
    """An action that was done: by whom with what before, the case after it, the words given."""

    work: UnitOfWork
    transition: Transition
    at: CaseAccess
    case: Submission
    words: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The action's name."""
        return self.transition.name

    @property
    def given(self) -> dict[str, Any]:
        """The words, without the facts."""
        return {name: value for name, value in self.words.items() if name[0] != "@"}


async def apply_side_effects(deed: ActionResult) -> None:
    """Keep the words, tell the resident, tell the officers: all in the deed's transaction."""
    await _keep(deed)
    await _settle(deed)
    if deed.transition.tells:
        await _tell_residents(deed)
    await _tell_officers(deed)


async def _keep(deed: ActionResult) -> None:
    of = {"submission_id": deed.case.id}
    if deed.name == "propose":
        proposed = {name: deed.words[name] for name in ("text", "measure", "deadline")}
        by = {"proposed_by": deed.at.officer.id, "proposed_at": deed.work.now}
        await submissions.add_answer(deed.work.connection, of | proposed | by)
    elif deed.name in _KEPT_WORDS:
        kind = RemarkKind.QUESTION if deed.name == "ask" else RemarkKind.NOTE
        text = "\n".join(str(deed.words[name]) for name in _KEPT_WORDS[deed.name])
        remark = {**of, "kind": kind, "officer_id": deed.at.officer.id, "at": deed.work.now}
        await submissions.add_remark(deed.work.connection, {**remark, "text": text})


# What the officers of a case read later of the words that an action came with.
_KEPT_WORDS: Mapping[str, tuple[str, ...]] = {
    "ask": ("question",),
    "note": ("text",),
    "send_back": ("reason",),
    "transfer": ("body", "contact"),
    "reject": ("reason",),
    "divert": ("place",),
    "extend": ("reason",),
}


async def _settle(deed: ActionResult) -> None:
    """What belongs to the case beside its row."""
    case_id, officer_id = deed.case.id, deed.at.officer.id
    if deed.name == "approve":
        await forums.mark_commitments_kept(deed.work.connection, case_id, deed.work.now)
    if deed.name == "merge":
        await casework.move_merged(deed.work.connection, case_id, deed.case.merged_into or 0)
    if deed.name in {"recuse", "exclude"}:
        kept_off = officer_id if deed.name == "recuse" else int(deed.words["officer"])
        await casework.add_recusal(
            deed.work.connection, case_id, kept_off, officer_id, deed.work.now
        )
    if deed.name in {"reject", "divert"}:
        # What was merged into it is for somebody to look at by itself.
        await casework.release_merged(deed.work.connection, case_id)


async def _tell_residents(deed: ActionResult) -> None:
    """Tell the resident; of an answer also those whose opinions were merged into this one."""
    await _tell_resident(deed, deed.case)
    if deed.name in {"approve", "transfer", "extend"}:
        for merged in await casework.list_merged(deed.work.connection, deed.case.id):
            await _tell_resident(deed, merged)


async def _tell_resident(deed: ActionResult, case: Submission) -> None:
    given = deed.given
    answer = deed.at.answer
    if deed.name == "approve" and answer is not None:
        given = {"text": answer.text, "measure": answer.measure, "deadline": answer.deadline}
    due = deed.case.due_at.astimezone(deed.work.policy.zone).date()
    unit = name_police(deed.case.handled_by)
    params = {"code": case.code, "unit": unit, "due": due, **given}
    is_own = case.id == deed.case.id
    ways = {"ask": ("reply",), "approve": ("rating",)}.get(deed.name, ()) if is_own else ()
    await to_resident.notify_resident(
        deed.work,
        case,
        deed.name,
        (Words(f"notice.{deed.name}", params),),
        occasion=str(deed.case.version),
        buttons=tuple(Button(Words(f"mine.{way}"), f"mine:{way}={case.code}") for way in ways),
        always=bool(ways),
    )


async def _tell_officers(deed: ActionResult) -> None:
    """Tell who has it now, who approves, who proposed; and who was alerted that it is settled."""
    before, case = deed.at.case, deed.case
    was_released = case.state is State.RECEIVED and before.assignee_id != case.assignee_id
    moved = case.handled_by != before.handled_by
    if before.state in NEW and (case.state not in NEW or moved or deed.name == "assign"):
        words = "alert.taken" if deed.name == "accept" else "alert.settled"
        await update_alerts(deed.work, case, deed.at.officer, words)
    if was_released or moved:
        await assign_and_alert(deed.work, case)
        return
    match deed.name:
        case "assign":
            chosen = await officers.list_by_ids(deed.work.connection, [case.assignee_id or 0])
            await alert_officers(
                deed.work,
                case,
                chosen,
                words="alert.assigned",
            )
        case "acknowledge":
            unit = await officers.list_active(deed.work.connection, (case.handled_by,))
            await _tell(deed, [each for each in unit if each.id != deed.at.officer.id])
        case "propose":
            found = await list_leaders(deed.work, case, (case.handled_by, CITY))
            await _tell(deed, [each for each in found if each.id != deed.at.officer.id])
        case "approve" | "send_back" if case.assignee_id is not None:
            await _tell(
                deed,
                await list_current_assignees(deed.work, case),
            )


async def _tell(deed: ActionResult, told: Sequence[Officer]) -> None:
    await notify_officers(
        deed.work,
        deed.case,
        told,
        deed.name,
        f"alert.{deed.name}",
        occasion=str(deed.case.version),
    )


async def list_current_assignees(work: UnitOfWork, case: Submission) -> Sequence[Officer]:
    """Whose case it is, or who does that officer's work now."""
    found = await officers.list_by_ids(work.connection, [case.assignee_id or 0])
    away = [each for each in found if each.away_until is not None and each.away_until > work.now]
    if away and away[0].substitute_id is not None:
        return await officers.list_by_ids(work.connection, [away[0].substitute_id])
    return found
