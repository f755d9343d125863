"""What officers do with a case: one transaction each, rights checked in the change itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.areas.units import CITY, police
from bot.casework import rules
from bot.casework.workflow import BY_NAME, allows
from bot.conversation.flow import Refused
from bot.feedback import notices
from bot.feedback.followup import resumed
from bot.feedback.service import alert, tell
from bot.screen import Button, Words
from storage import audit, officers, submissions
from storage.models import RemarkKind, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.casework.workflow import Transition
    from bot.conversation.flow import Chat
    from bot.feedback.service import Policy
    from storage.models import Answer, Officer, Submission

REFUSED = "case.refused"
_LIFETIME = timedelta(days=30)
_LEADERS = frozenset({Role.APPROVER, Role.COORDINATOR})


async def begin(connection: AsyncConnection, chat_id: int, action: str, code: str) -> None:
    """Raise Refused unless the person of a chat may do this with a case as it is now."""
    await _found(connection, chat_id, action, code)


async def finish(
    connection: AsyncConnection,
    chat: Chat,
    answers: Mapping[str, Any],
    now: datetime,
    *,
    action: str,
    policy: Policy,
) -> None:
    """Do an action that a short conversation gave the words for; raises Refused."""
    await act(connection, chat.id, action, answers["@code"], now, answers, policy=policy)


async def act(
    connection: AsyncConnection,
    chat_id: int,
    action: str,
    code: str,
    now: datetime,
    words: Mapping[str, Any],
    *,
    policy: Policy,
) -> Submission:
    """Do an action; the case as it is then. Raises Refused, with nothing changed."""
    officer, case, answer, transition = await _found(connection, chat_id, action, code)
    changed = await submissions.change(
        connection, case, by=officer, **_changes(transition, officer, case, now, words, policy)
    )
    if changed is None:  # somebody was first
        raise Refused(Words("case.too_late", {"code": case.code}))
    if action == "approve" and not (
        answer and await submissions.approve(connection, answer.id or 0, officer.id or 0, now)
    ):
        raise Refused(Words("case.too_late", {"code": case.code}))
    await _keep(connection, transition, officer, changed, now, words)
    await audit.append(
        connection, f"case.{action}", now, role=officer.role, actor_id=officer.id,
        submission_id=case.id, details={"from": case.state, "to": changed.state},
    )  # fmt: skip
    if transition.tells:
        await _tell(connection, transition, changed, answer, now, words, policy)
    await _tell_officers(connection, transition, officer, changed, now, policy)
    return changed


async def _found(
    connection: AsyncConnection, chat_id: int, action: str, code: str
) -> tuple[Officer, Submission, Answer | None, Transition]:
    officer = await officers.find(connection, chat_id)
    case = await submissions.by_code(connection, code)
    transition = BY_NAME.get(action)
    if officer is None or case is None or transition is None:
        raise Refused(Words(REFUSED))
    if not rules.may_open(officer.role, officer.unit_code, case.handled_by):
        raise Refused(Words(REFUSED))
    answer = await submissions.answer(connection, case.id or 0)
    if not allows(transition, officer, case, answer):
        raise Refused(Words("case.not_now", {"code": case.code}))
    return officer, case, answer, transition


def _changes(
    transition: Transition,
    officer: Officer,
    case: Submission,
    now: datetime,
    words: Mapping[str, Any],
    policy: Policy,
) -> dict[str, Any]:
    changes: dict[str, Any] = {"state": transition.to or case.state}
    match transition.name:
        case "accept":
            changes["assignee_id"] = officer.id
        case "acknowledge":
            changes |= {"assignee_id": officer.id, "closed_at": now}
        case "not_ours":
            changes |= {"handled_by": CITY, "assignee_id": None, "alerted_at": None}
        case "ask":
            changes["paused_at"] = now
        case "propose" if case.paused_at is not None:
            changes |= resumed(case, now, policy)
        case "approve":
            changes["answered_at"] = now
        case "transfer":
            changes |= {"transferred_to": words["body"], "assignee_id": officer.id}
        case "reject":
            changes["closed_at"] = now
    return changes


async def _keep(
    connection: AsyncConnection,
    transition: Transition,
    officer: Officer,
    case: Submission,
    now: datetime,
    words: Mapping[str, Any],
) -> None:
    """Keep the words that an action came with."""
    if transition.name == "propose":
        proposed = {name: words[name] for name in ("text", "measure", "deadline")}
        of = {"submission_id": case.id, "proposed_by": officer.id, "proposed_at": now}
        await submissions.propose(connection, proposed | of)
    elif transition.asks:
        kind = RemarkKind.QUESTION if transition.name == "ask" else RemarkKind.NOTE
        text = "\n".join(str(words[name]) for name in words if name[0] != "@")
        remark = {"submission_id": case.id, "kind": kind, "officer_id": officer.id}
        await submissions.remark(connection, {**remark, "text": text, "at": now})


async def _tell(
    connection: AsyncConnection,
    transition: Transition,
    case: Submission,
    answer: Answer | None,
    now: datetime,
    words: Mapping[str, Any],
    policy: Policy,
) -> None:
    given = {name: value for name, value in words.items() if name[0] != "@"}
    if transition.name == "approve" and answer is not None:
        given = {"text": answer.text, "measure": answer.measure, "deadline": answer.deadline}
    params = {"code": case.code, "unit": police(case.handled_by), **given}
    ways = {"ask": ("reply",), "approve": ("rating",)}.get(transition.name, ())
    buttons = tuple(Button(Words(f"mine.{way}"), f"mine:{way}={case.code}") for way in ways)
    await notices.tell(
        connection,
        case,
        f"{transition.name}:{case.version}",
        (Words(f"notice.{transition.name}", params),),
        now,
        policy=policy,
        buttons=buttons,
        always=bool(ways),
    )


async def _tell_officers(
    connection: AsyncConnection,
    transition: Transition,
    officer: Officer,
    case: Submission,
    now: datetime,
    policy: Policy,
) -> None:
    """Tell the next officer: the leaders of what is proposed, who proposed of what came back."""
    if transition.name == "not_ours":
        await alert(connection, case, now, policy=policy)
        return
    if transition.name == "propose":
        serving = await officers.on_duty(connection, (case.handled_by, CITY), case.topics)
        told = [each for each in serving if each.role in _LEADERS and each.id != officer.id]
    elif transition.name in {"approve", "send_back"} and case.assignee_id is not None:
        told = [each for each in await officers.everybody(connection)
                if each.id == case.assignee_id and each.active]  # fmt: skip
    else:
        return
    key, words = f"{transition.name}:{case.version}", f"alert.{transition.name}"
    await tell(connection, case, told, key, words, now, policy=policy)
