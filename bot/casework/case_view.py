"""Load a case with everything that an officer sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.casework import action_service, attachments, choices
from bot.casework.actions import OFFICER_ACTIONS
from bot.casework.case_access import find_case_access
from bot.casework.permissions import DISTRIBUTORS, get_visible_unit, is_city_officer
from bot.casework.submission_rules import NEW
from bot.casework.timeline import OPENED
from bot.core.transitions import is_allowed
from storage import audit, casework, correspondence, officers, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.casework.case_access import CaseAccess
    from bot.casework.case_action import CaseAction
    from bot.core.shown_files import ShownFile
    from bot.core.unit_of_work import UnitOfWork
    from storage.casework import Exclusion
    from storage.models import Answer, Attachment, Remark, ResidentBan, Submission


@dataclass(frozen=True)
class CaseView:
    """A case as an officer sees it, and the actions that the officer may perform now.

    - `phone`: the resident's telephone number, None if it is not known or not shown.
    - `phone_is_kept`: True if there is one that is not shown, because the case is confidential.
    - `files`: the files that are shown.
    - `file_count`: the number of all files, 0 if they are erased.
    - `file_notes`: for each text about files (see `get_file_note`) the numbers of its files.
    - `ban`: the ban that is proposed or in force for this case. `ban_by`: the name of the officer
      who proposed it. `appeal`: the resident's words against it, only for officers of the city.
    - `answer`: the newest answer.
    - `merged`: the cases that were merged into this one.
    - `readable`: the ids of those among `merged` and `alike` that the officer may read.
    - `exclusions`: who may not open the case; only for officers who distribute cases.
    - `alike`: open cases with similar texts, the most similar first.
    """

    submission: Submission
    phone: str | None
    phone_is_kept: bool
    files: Sequence[ShownFile]
    file_count: int
    file_notes: Mapping[str, Sequence[int]]
    remarks: Sequence[Remark]
    ban: ResidentBan | None
    ban_by: str
    appeal: str | None
    answer: Answer | None
    actions: Sequence[CaseAction[CaseAccess]]
    merged: Sequence[Submission] = ()
    alike: Sequence[Submission] = ()
    readable: frozenset[int] = frozenset()
    exclusions: Sequence[Exclusion] = ()


async def open_case(
    work: UnitOfWork,
    chat_id: int,
    receipt_code: str,
    *,
    reveals_phone: bool = False,
    similar: Sequence[int] = (),
) -> CaseView | None:
    """Load a case for the officer of a chat; return None if they may not open it.

    The view or the refusal is recorded in the audit log. With `reveals_phone` the view has the
    phone number of a confidential case, too: the caller has performed the action that allows it.
    `similar` are the ids of similar cases that were found before.
    """
    access = await find_case_access(work, chat_id, receipt_code, similar)
    if access is None:
        await action_service.record_refusal(work, chat_id, "open", receipt_code)
        return None
    case = access.case
    await audit.append_entry(
        work.connection,
        OPENED,
        work.now,
        role=access.role,
        actor_id=access.actor_id,
        submission_id=case.id,
    )
    files = await submissions.list_attachments(work.connection, case.id)
    if case.erased_at is not None:
        files = ()
    is_shown = reveals_phone or not case.confidential
    merged = await casework.list_merged(work.connection, case.id)
    alike = await choices.load_similar_cases(work.connection, access) if case.state in NEW else ()
    unit, ids = get_visible_unit(access.officer), [each.id for each in (*merged, *alike)]
    return CaseView(
        submission=case,
        phone=work.policy.cipher.decrypt_text(case.phone) if case.phone and is_shown else None,
        phone_is_kept=case.phone is not None and not is_shown,
        files=[shown for file in files if (shown := attachments.show_file(case, file))],
        file_count=len(files),
        file_notes=_group_file_notes(case, files),
        remarks=await correspondence.list_remarks(work.connection, case.id),
        ban=access.ban,
        ban_by=await _name_proposer(work, access.ban),
        appeal=access.ban.appeal if access.ban and is_city_officer(access.officer) else None,
        answer=access.answer,
        actions=[action for action in OFFICER_ACTIONS if is_allowed(action, access)],
        merged=merged,
        alike=alike,
        readable=await casework.list_readable_ids(work.connection, access.officer, unit, ids),
        exclusions=(
            await casework.list_exclusions(work.connection, case.id)
            if access.role in DISTRIBUTORS
            else ()
        ),
    )


def _group_file_notes(case: Submission, files: Sequence[Attachment]) -> dict[str, list[int]]:
    """Return the numbers of the files for each text that officers read about files."""
    notes: dict[str, list[int]] = {}
    for file in files:
        note = attachments.get_file_note(case, file)
        if note is not None:
            notes.setdefault(note, []).append(file.position + 1)
    return notes


async def _name_proposer(work: UnitOfWork, ban: ResidentBan | None) -> str:
    """Return the name of the officer who proposed a ban; "" if it is not known."""
    found = await officers.list_by_ids(work.connection, [ban.proposed_by]) if ban else ()
    return found[0].name if found else ""
