"""Assignment: choose the officer for a new case among those on duty, and alert officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.areas.units import CITY
from bot.casework import submission_rules
from bot.casework.case_access import ClockAccess
from bot.casework.permissions import (
    CASE_WORKER_ROLES,
    LEADER_ROLES,
    is_away,
    is_rostered,
    may_open,
)
from bot.core.requests import Refused
from bot.core.transitions import Guard, Transition, perform_transition
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_officers
from bot.notifications.to_officers import ALERT_KIND, CaseNotice
from storage import audit, casework, officers, outbox, submissions
from storage.models import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.models import Officer, Submission

ALERTED = "submission.alerted"  # the action in the audit log
_PAGE = 100  # submissions in one transaction

# The actions that can be done from an alert, without opening the case.
_ALERT_VERBS = ("accept", "transfer", "not_ours")


# The row of the table of actions for the assignment by the bot.
HAND_OUT = Transition[ClockAccess](
    name="hand_out",
    actors=frozenset({audit.SYSTEM}),
    from_states=submission_rules.NEW,
    to_state=State.ASSIGNED,
    guard=Guard[ClockAccess]("somebody is on duty for it"),
    changes=lambda attempt: dict(attempt.answers),
    recorded_as=ALERTED,
)


async def assign_and_alert(work: UnitOfWork, submission: Submission) -> bool:
    """Assign a new submission to the next officer on duty, and alert that officer.

    For an urgent one, all officers on duty are alerted. Returns False if nobody is on duty;
    `assign_waiting_submissions` tries again later.
    """
    on_duty = await list_serving_officers(work, submission)
    if not on_duty:
        return False
    chosen = await _choose_next_assignee(
        work, submission_rules.select_best_suited(on_duty, submission)
    )
    alerted = on_duty if submission.urgent else [chosen]
    columns = {
        "assignee_id": chosen.id,
        "alerted_at": work.now,
        "acknowledge_by": work.policy.compute_acknowledge_by(work.now, urgent=submission.urgent),
    }
    access = ClockAccess(submission, {"officers": [officer.id for officer in alerted]})
    try:
        assigned = await perform_transition(work, HAND_OUT, access, columns)
    except Refused:  # Somebody did something with it meanwhile, and told the officers concerned.
        return True
    await _send_alerts(work, assigned, alerted)
    return True


async def _choose_next_assignee(work: UnitOfWork, suited: Sequence[Officer]) -> Officer:
    """Return the officer with the fewest open cases, and store that it was their turn."""
    if len(suited) == 1:
        return suited[0]
    loads = await casework.count_open_cases(work.connection, [each.id for each in suited])
    chosen = submission_rules.choose_next_officer(suited, loads)
    await officers.update_officer(work.connection, chosen.id, assigned_at=work.now)
    return chosen


async def alert_officers(
    work: UnitOfWork, submission: Submission, recipients: Sequence[Officer], *, text: str
) -> None:
    """Alert officers of a case that they may accept, with the text whose key is `text`.

    The alert is recorded in the audit log.
    """
    await _send_alerts(work, submission, recipients, text)
    await audit.append_entry(
        work.connection,
        ALERTED,
        work.now,
        role=audit.SYSTEM,
        submission_id=submission.id,
        details={"officers": [officer.id for officer in recipients]},
    )


async def _send_alerts(
    work: UnitOfWork, submission: Submission, recipients: Sequence[Officer], text: str = ""
) -> None:
    """Alert officers in private, and the groups of their units unless the case is protected.

    Nobody knows who reads a group.
    """
    notice = _make_alert(submission, text)
    await to_officers.notify_officers(work, submission, recipients, notice)
    if submission_rules.is_protected(submission):
        return
    for unit in dict.fromkeys(officer.unit_code for officer in recipients):
        group = await casework.find_unit_chat(work.connection, unit)
        if group is not None:
            await to_officers.notify_unit_group(work, submission, group, notice)


async def alert_unit_in_private(work: UnitOfWork, submission: Submission, unit: str) -> None:
    """Alert officers of a unit to a case whose alert cannot be sent to the unit's group.

    They are the officers on duty or, without any, all who work on cases. Officers who have an alert
    of the case already, or may not read it, get none.
    """
    officers_of_unit = await list_on_duty(work, [unit], submission.topics)
    if not officers_of_unit:
        active = await officers.list_active(work.connection, (unit,))
        officers_of_unit = [each for each in active if each.role in CASE_WORKER_ROLES]
    recused = await casework.list_recused(work.connection, submission.id)
    sent = await outbox.list_by_submission(work.connection, submission.id, ALERT_KIND)
    alerted = {alert.chat_id for alert in sent}
    recipients = [
        officer
        for officer in officers_of_unit
        if officer.chat_id not in alerted and may_open(officer, submission, recused)
    ]
    await to_officers.notify_officers(work, submission, recipients, _make_alert(submission))


def _make_alert(submission: Submission, text: str = "") -> CaseNotice:
    """Return the alert of a case, with the usual text unless `text` is the key of another."""
    usual = "alert.urgent" if submission.urgent else "alert.text"
    return CaseNotice(ALERT_KIND, text or usual, str(submission.version), _ALERT_VERBS)


async def list_serving_officers(work: UnitOfWork, submission: Submission) -> list[Officer]:
    """Return the officers on duty who may read a submission: of its unit, else of the city.

    Officers with a recusal are left out.
    """
    units = submission_rules.list_units_to_alert(submission.handled_by)
    on_duty = await list_on_duty(work, units, submission.topics)
    # Nobody can have been kept off a submission that was just received.
    is_new = submission.version == 1
    recused = (
        frozenset[int]() if is_new else await casework.list_recused(work.connection, submission.id)
    )
    readers = [each for each in on_duty if may_open(each, submission, recused)]
    nearest = next((unit for unit in units if any(o.unit_code == unit for o in readers)), None)
    return [officer for officer in readers if officer.unit_code == nearest]


async def list_reader_chats(work: UnitOfWork, case: Submission) -> frozenset[int]:
    """Return the private chats of the officers who may open a case."""
    recused = await casework.list_recused(work.connection, case.id)
    active = await officers.list_active(work.connection, (case.handled_by, CITY))
    return frozenset(each.chat_id for each in active if may_open(each, case, recused))


async def list_on_duty(
    work: UnitOfWork, units: Sequence[str], topics: Iterable[str]
) -> list[Officer]:
    """Return the officers of units who work on cases and are on duty for any of the topics.

    An officer who is away is replaced by the substitute, whatever the substitute's topics are.
    """
    local, wanted = work.now.astimezone(work.policy.zone), set(topics)
    serving = [
        officer
        for officer in await officers.list_on_duty(work.connection, units)
        if officer.role in CASE_WORKER_ROLES
        and is_rostered(officer, local)
        and (not officer.topics or wanted & set(officer.topics))
    ]
    present = [officer for officer in serving if not is_away(officer, work.now)]
    substitute_ids = {each.substitute_id for each in serving if is_away(each, work.now)}
    substitute_ids -= {None, *(officer.id for officer in present)}
    if substitute_ids:
        ids = [substitute_id for substitute_id in substitute_ids if substitute_id is not None]
        substitutes = await officers.list_by_ids(work.connection, ids)
        present += [officer for officer in substitutes if not is_away(officer, work.now)]
    return present


async def assign_waiting_submissions(work: UnitOfWork, after: int) -> tuple[int, int | None]:
    """Assign a page of the submissions that have no officer yet, urgent ones first.

    `after` is the last id of the page before. Returns the number of assigned submissions and the
    last id of this page, None if it was the last page.
    """
    page = await submissions.list_unalerted(work.connection, after=after, max_rows=_PAGE)
    alerted = 0
    for submission in sorted(page, key=lambda each: not each.urgent):
        alerted += await assign_and_alert(work, submission)
    return alerted, page[-1].id if len(page) == _PAGE else None


def merge_officers(*groups: Sequence[Officer]) -> list[Officer]:
    """Return the officers of several groups in order, each once."""
    return list({officer.id: officer for group in groups for officer in group}.values())


def select_leaders(found: Iterable[Officer]) -> list[Officer]:
    """Return the leaders among officers."""
    return [each for each in found if each.role in LEADER_ROLES]


async def list_leaders(
    work: UnitOfWork, submission: Submission, units: Sequence[str]
) -> list[Officer]:
    """Return the leaders of units who may read a case: those on duty, or all if none is on duty."""
    recused = await casework.list_recused(work.connection, submission.id)

    def select(found: Iterable[Officer]) -> list[Officer]:
        return [each for each in select_leaders(found) if may_open(each, submission, recused)]

    on_duty = select(await list_on_duty(work, units, submission.topics))
    missing = [unit for unit in units if all(each.unit_code != unit for each in on_duty)]
    if not missing:
        return on_duty
    return on_duty + select(await officers.list_active(work.connection, missing))


async def list_current_assignees(work: UnitOfWork, case: Submission) -> Sequence[Officer]:
    """Return the assignee of a case or, while that officer is away, their substitute.

    If the substitute may not read the case, return the leaders of its unit.
    """
    assignees = await officers.list_by_ids(work.connection, [case.assignee_id or 0])
    away = [officer for officer in assignees if is_away(officer, work.now)]
    if not away or away[0].substitute_id is None:
        return assignees
    substitutes = await officers.list_by_ids(work.connection, [away[0].substitute_id])
    recused = await casework.list_recused(work.connection, case.id)
    readers = [each for each in substitutes if may_open(each, case, recused)]
    return readers or await list_leaders(work, case, (case.handled_by,))


async def list_responsible_officers(work: UnitOfWork, case: Submission) -> Sequence[Officer]:
    """Return the assignee who accepted a case and is not away; otherwise the officers on duty.

    Few may read a protected case. If none of them is on duty, return the leaders of its unit.
    """
    if case.assignee_id is not None and case.state is not State.ASSIGNED:
        assignees = await officers.list_by_ids(work.connection, [case.assignee_id])
        if assignees and not is_away(assignees[0], work.now):
            return assignees
    serving = await list_serving_officers(work, case)
    if serving or not submission_rules.is_protected(case):
        return serving
    return await list_leaders(work, case, (case.handled_by,))
