"""Who is on duty for an opinion, whose turn it is, and how officers are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.casework import submission_rules
from bot.casework.case_access import ClockAccess
from bot.casework.permissions import LEADERS, RESTRICTED, WORKERS, is_away, is_rostered, may_open
from bot.core.requests import Refused
from bot.core.transitions import Guard, Transition, perform
from bot.core.unit_of_work import UnitOfWork
from bot.notifications import to_officers
from bot.notifications.to_officers import ALERT, CaseNotice
from storage import audit, casework, officers, submissions
from storage.models import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.models import Officer, Submission

ALERTED = "submission.alerted"
_PAGE = 100  # submissions looked at in one transaction

# The actions that can be done from an alert, without opening the case.
_ALERT_VERBS = ("accept", "transfer", "not_ours")


HAND_OUT = Transition[ClockAccess](
    name="hand_out",
    actors=frozenset({audit.SYSTEM}),
    from_states=submission_rules.NEW,
    to_state=State.ASSIGNED,
    guard=Guard[ClockAccess]("somebody is on duty for it"),
    changes=lambda attempt: dict(attempt.words),
    recorded_as=ALERTED,
)


async def assign_and_alert(work: UnitOfWork, submission: Submission) -> bool:
    """Assign a new submission to the officer on duty whose turn it is, and alert them.

    Everybody on duty is alerted of an urgent one. Returns False if nobody is on duty;
    `alert_waiting` tries again later.
    """
    on_duty = await list_serving(work, submission)
    if not on_duty:
        return False
    chosen = await _choose_next(work, submission_rules.select_best_suited(on_duty, submission))
    alerted = on_duty if submission.urgent else [chosen]
    columns = {
        "assignee_id": chosen.id,
        "alerted_at": work.now,
        "acknowledge_by": work.policy.acknowledge_by(work.now, urgent=submission.urgent),
    }
    access = ClockAccess(submission, {"officers": [officer.id for officer in alerted]})
    try:
        assigned = await perform(work, HAND_OUT, access, columns)
    except Refused:  # Somebody did something with it meanwhile, and told the officers concerned.
        return True
    await _send_alerts(work, assigned, alerted)
    return True


async def _choose_next(work: UnitOfWork, suited: Sequence[Officer]) -> Officer:
    if len(suited) == 1:
        return suited[0]
    loads = await casework.count_open_cases(work.connection, [each.id for each in suited])
    chosen = submission_rules.choose_next(suited, loads)
    await officers.update_officer(work.connection, chosen.id, assigned_at=work.now)
    return chosen


async def alert_officers(
    work: UnitOfWork, submission: Submission, recipients: Sequence[Officer], *, words: str
) -> None:
    """Alert officers of a case that they may take on, and record it in the audit."""
    await _send_alerts(work, submission, recipients, words)
    await audit.append_entry(
        work.connection,
        ALERTED,
        work.now,
        role=audit.SYSTEM,
        submission_id=submission.id,
        details={"officers": [officer.id for officer in recipients]},
    )


async def _send_alerts(
    work: UnitOfWork, submission: Submission, recipients: Sequence[Officer], words: str = ""
) -> None:
    """Alert officers in private, and the groups of their units unless the kind is restricted."""
    text = words or ("alert.urgent" if submission.urgent else "alert.text")
    notice = CaseNotice(ALERT, text, str(submission.version), _ALERT_VERBS)
    await to_officers.notify_officers(work, submission, recipients, notice)
    if submission.kind in RESTRICTED:
        return
    for unit in dict.fromkeys(officer.unit_code for officer in recipients):
        group = await casework.find_unit_chat(work.connection, unit)
        if group is not None:
            await to_officers.notify_unit_group(work, submission, group, notice)


async def list_serving(work: UnitOfWork, submission: Submission) -> list[Officer]:
    """The officers on duty of the unit that handles it or, if it has none, of the city.

    Only who may read it: never one whom it concerns.
    """
    units = submission_rules.list_units_to_alert(submission.handled_by)
    found = await list_on_duty(work, units, submission.topics)
    # A case as it was received has kept nobody off yet.
    is_new = submission.version == 1
    recused = (
        frozenset[int]() if is_new else await casework.list_recused(work.connection, submission.id)
    )
    may = [each for each in found if may_open(each, submission, recused)]
    nearest = next((unit for unit in units if any(o.unit_code == unit for o in may)), None)
    return [officer for officer in may if officer.unit_code == nearest]


async def list_on_duty(
    work: UnitOfWork, units: Sequence[str], topics: Iterable[str]
) -> list[Officer]:
    """The officers of units who work on cases and are on duty for any of the topics.

    In the place of who is away stands their substitute, whatever their own topics.
    """
    local, about_these = work.now.astimezone(work.policy.zone), set(topics)
    on = [
        each
        for each in await officers.list_on_duty(work.connection, units)
        if each.role in WORKERS
        and is_rostered(each, local)
        and (not each.topics or about_these & set(each.topics))
    ]
    present = [each for each in on if not is_away(each, work.now)]
    for_them = {each.substitute_id for each in on if is_away(each, work.now)} - {None}
    for_them -= {each.id for each in present}
    if for_them:
        substitutes = await officers.list_by_ids(
            work.connection, [each for each in for_them if each]
        )
        present += [each for each in substitutes if not is_away(each, work.now)]
    return present


async def alert_waiting(work: UnitOfWork, after: int) -> tuple[int, int | None]:
    """Alert officers of a page of submissions that nobody was on duty for, after an id.

    How many found somebody, and the last id of the page; None when there are no more.
    """
    page = await submissions.list_unalerted(work.connection, after=after, most=_PAGE)
    alerted = 0
    for submission in sorted(page, key=lambda each: not each.urgent):
        alerted += await assign_and_alert(work, submission)
    return alerted, page[-1].id if len(page) == _PAGE else None


def merge_officers(*groups: Sequence[Officer]) -> list[Officer]:
    """Return the officers of several groups, each once."""
    return list({officer.id: officer for group in groups for officer in group}.values())


def select_leaders(found: Iterable[Officer]) -> list[Officer]:
    """Those among officers who lead: they approve, and hear of what went wrong."""
    return [each for each in found if each.role in LEADERS]


async def list_leaders(
    work: UnitOfWork, submission: Submission, units: Sequence[str]
) -> list[Officer]:
    """The leaders of units who may hear of a case: on duty or, if none is, all there are."""
    recused = await casework.list_recused(work.connection, submission.id)

    def may_hear(found: Iterable[Officer]) -> list[Officer]:
        return [each for each in select_leaders(found) if may_open(each, submission, recused)]

    there = may_hear(await list_on_duty(work, units, submission.topics))
    missing = [unit for unit in units if not any(each.unit_code == unit for each in there)]
    return (
        there + may_hear(await officers.list_active(work.connection, missing)) if missing else there
    )


async def list_current_assignees(work: UnitOfWork, case: Submission) -> Sequence[Officer]:
    """Return the assignee of a case or, while that officer is away, their substitute."""
    found = await officers.list_by_ids(work.connection, [case.assignee_id or 0])
    away = [officer for officer in found if is_away(officer, work.now)]
    if away and away[0].substitute_id is not None:
        return await officers.list_by_ids(work.connection, [away[0].substitute_id])
    return found


async def list_concerned(work: UnitOfWork, case: Submission) -> Sequence[Officer]:
    """Return the assignee who took a case on and is not away; otherwise the officers on duty."""
    if case.assignee_id is not None and case.state is not State.ASSIGNED:
        assignees = await officers.list_by_ids(work.connection, [case.assignee_id])
        if assignees and not is_away(assignees[0], work.now):
            return assignees
    return await list_serving(work, case)
