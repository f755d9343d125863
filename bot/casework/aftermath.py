"""What follows when something was done with a case: words kept, and who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY, police
from bot.casework.workflow import NEW
from bot.feedback import notices
from bot.feedback.alerts import alert, announce, leaders, taken, tell
from bot.screen import Button, Words
from storage import casework, forums, officers, submissions
from storage.models import RemarkKind, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.casework.workflow import Standing, Transition
    from bot.policy import Policy
    from storage.models import Officer, Submission


@dataclass(frozen=True, slots=True)
class Deed:
    """An action that was done: by whom with what before, the case after it, the words given."""

    connection: AsyncConnection
    transition: Transition
    at: Standing
    case: Submission
    words: Mapping[str, Any]
    now: datetime
    policy: Policy

    @property
    def name(self) -> str:
        """The action's name."""
        return self.transition.name

    @property
    def given(self) -> dict[str, Any]:
        """The words, without the facts."""
        return {name: value for name, value in self.words.items() if name[0] != "@"}


async def follow(deed: Deed) -> None:
    """Keep the words, tell the resident, tell the officers: all in the deed's transaction."""
    await _keep(deed)
    await _settle(deed)
    if deed.transition.tells:
        await _tell_residents(deed)
    await _tell_officers(deed)


async def _keep(deed: Deed) -> None:
    of = {"submission_id": deed.case.id}
    if deed.name == "propose":
        proposed = {name: deed.words[name] for name in ("text", "measure", "deadline")}
        by = {"proposed_by": deed.at.officer.id, "proposed_at": deed.now}
        await submissions.propose(deed.connection, of | proposed | by)
    elif deed.name in _KEPT_WORDS:
        kind = RemarkKind.QUESTION if deed.name == "ask" else RemarkKind.NOTE
        text = "\n".join(str(deed.words[name]) for name in _KEPT_WORDS[deed.name])
        remark = {**of, "kind": kind, "officer_id": deed.at.officer.id, "at": deed.now}
        await submissions.remark(deed.connection, {**remark, "text": text})


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


async def _settle(deed: Deed) -> None:
    """What belongs to the case beside its row."""
    case_id, officer_id = deed.case.id or 0, deed.at.officer.id or 0
    if deed.name == "approve":
        await forums.keep(deed.connection, case_id, deed.now)
    if deed.name == "merge":
        await casework.hand_on_merged(deed.connection, case_id, deed.case.merged_into or 0)
    if deed.name in {"recuse", "exclude"}:
        kept_off = officer_id if deed.name == "recuse" else int(deed.words["officer"])
        await casework.recuse(deed.connection, case_id, kept_off, officer_id, deed.now)
    if deed.name in {"reject", "divert"}:
        # What was merged into it is for somebody to look at by itself.
        await casework.release_merged(deed.connection, case_id)


async def _tell_residents(deed: Deed) -> None:
    """Tell the resident; of an answer also those whose opinions were merged into this one."""
    await _tell_resident(deed, deed.case)
    if deed.name in {"approve", "transfer", "extend"}:
        for merged in await casework.merged_into(deed.connection, deed.case.id or 0):
            await _tell_resident(deed, merged)


async def _tell_resident(deed: Deed, case: Submission) -> None:
    given = deed.given
    answer = deed.at.answer
    if deed.name == "approve" and answer is not None:
        given = {"text": answer.text, "measure": answer.measure, "deadline": answer.deadline}
    due = deed.case.due_at.astimezone(deed.policy.zone).date()
    unit = police(deed.case.handled_by)
    params = {"code": case.code, "unit": unit, "due": due, **given}
    is_own = case.id == deed.case.id
    ways = {"ask": ("reply",), "approve": ("rating",)}.get(deed.name, ()) if is_own else ()
    await notices.tell(
        deed.connection,
        case,
        f"{deed.name}:{deed.case.version}",
        (Words(f"notice.{deed.name}", params),),
        deed.now,
        policy=deed.policy,
        buttons=tuple(Button(Words(f"mine.{way}"), f"mine:{way}={case.code}") for way in ways),
        always=bool(ways),
    )


async def _tell_officers(deed: Deed) -> None:
    """Tell who has it now, who approves, who proposed; and who was alerted that it is settled."""
    before, case = deed.at.case, deed.case
    was_released = case.state is State.RECEIVED and before.assignee_id != case.assignee_id
    moved = case.handled_by != before.handled_by
    if before.state in NEW and (case.state not in NEW or moved or deed.name == "assign"):
        words = "alert.taken" if deed.name == "accept" else "alert.settled"
        await taken(deed.connection, case, deed.at.officer, deed.now, deed.policy, words)
    if was_released or moved:
        await alert(deed.connection, case, deed.now, policy=deed.policy)
        return
    match deed.name:
        case "assign":
            chosen = await officers.by_ids(deed.connection, [case.assignee_id or 0])
            await announce(
                deed.connection, case, chosen, deed.now, policy=deed.policy, words="alert.assigned"
            )
        case "acknowledge":
            unit = await officers.active(deed.connection, (case.handled_by,))
            await _tell(deed, [each for each in unit if each.id != deed.at.officer.id])
        case "propose":
            found = await leaders(
                deed.connection, case, (case.handled_by, CITY), deed.now, deed.policy
            )
            await _tell(deed, [each for each in found if each.id != deed.at.officer.id])
        case "approve" | "send_back" if case.assignee_id is not None:
            await _tell(deed, await who_has(deed.connection, case, deed.now))


async def _tell(deed: Deed, told: Sequence[Officer]) -> None:
    await tell(
        deed.connection, deed.case, told, deed.name, f"alert.{deed.name}", deed.now,
        policy=deed.policy, occasion=str(deed.case.version),
    )  # fmt: skip


async def who_has(
    connection: AsyncConnection, case: Submission, now: datetime
) -> Sequence[Officer]:
    """Whose case it is, or who does that officer's work now."""
    found = await officers.by_ids(connection, [case.assignee_id or 0])
    away = [each for each in found if each.away_until is not None and each.away_until > now]
    if away and away[0].substitute_id is not None:
        return await officers.by_ids(connection, [away[0].substitute_id])
    return found
