"""Submissions and their attachments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, func, insert, select, tuple_, union_all, update

from storage.case_visibility import make_visibility_conditions
from storage.models import Attachment, Audit, Officer, Recusal, Resident, State, Submission
from storage.statements import fetch_all, fetch_one, table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

_rows, _files, _residents = table(Submission), table(Attachment), table(Resident)
_officers, _recusals = table(Officer), table(Recusal)


@dataclass(frozen=True, slots=True)
class ExportedSubmission:
    """A submission with its attachments; `encrypted_chat_id` is None if it has no resident."""

    submission: Submission
    attachments: Sequence[Attachment]
    encrypted_chat_id: str | None


_of_pseudonym = select(_residents.c.id).where(_residents.c.alias == bindparam("of_pseudonym"))
_add = insert(_rows).values(resident_id=_of_pseudonym.scalar_subquery()).returning(*_rows.c)
_attach = insert(_files)


async def add_submission(
    connection: AsyncConnection,
    pseudonym: int,
    values: Mapping[str, Any],
    attachments: Sequence[Mapping[str, Any]],
) -> Submission:
    """Store and return a submission of the resident with a pseudonym, and store its attachments.

    `values` and `attachments` are columns of Submission and of Attachment.
    """
    stored = await fetch_one(connection, Submission, _add, {"of_pseudonym": pseudonym, **values})
    assert stored is not None
    await add_attachments(connection, stored.id, attachments)
    return stored


async def add_attachments(
    connection: AsyncConnection,
    submission_id: int,
    attachments: Sequence[Mapping[str, Any]],
    *,
    first: int = 0,
    remark_id: int | None = None,
) -> None:
    """Store attachments of a submission, in order, from the position `first` on."""
    if attachments:
        of = {"submission_id": submission_id, "remark_id": remark_id}
        numbered = enumerate(attachments, first)
        await connection.execute(
            _attach, [{**of, "position": position, **each} for position, each in numbered]
        )


async def find_submission(connection: AsyncConnection, receipt_code: str) -> Submission | None:
    """Return the submission with a receipt code, or None. The caller checks who may read it."""
    return await fetch_one(
        connection, Submission, select(_rows).where(_rows.c.code == receipt_code)
    )


async def get_submission(connection: AsyncConnection, submission_id: int) -> Submission:
    """Return the submission with an id, which exists."""
    found = await fetch_one(
        connection, Submission, select(_rows).where(_rows.c.id == submission_id)
    )
    assert found is not None
    return found


async def lock_submission(connection: AsyncConnection, receipt_code: str) -> Submission | None:
    """Lock and return the submission with a receipt code; None if there is none."""
    statement = select(_rows).where(_rows.c.code == receipt_code).with_for_update()
    return await fetch_one(connection, Submission, statement)


async def list_submissions_of(
    connection: AsyncConnection, pseudonyms: Sequence[int], *, before: int | None, max_rows: int
) -> Sequence[Submission]:
    """Return the submissions of these pseudonyms, newest first.

    With `before`, only those with an id less than `before`.
    """
    statement = (
        select(_rows)
        .where(_rows.c.resident_id.in_(_ids_of(pseudonyms)))
        .order_by(_rows.c.id.desc())
        .limit(max_rows)
    )
    if before is not None:
        statement = statement.where(_rows.c.id < before)
    return await fetch_all(connection, Submission, statement)


def _ids_of(pseudonyms: Sequence[int]) -> Select[tuple[int]]:
    return select(_residents.c.id).where(_residents.c.alias.in_(pseudonyms))


async def find_owner(connection: AsyncConnection, submission_id: int) -> Resident | None:
    """Return the resident who gave a submission, or None if it was erased."""
    statement = (
        select(_residents)
        .join(_rows, _rows.c.resident_id == _residents.c.id)
        .where(_rows.c.id == submission_id)
    )
    return await fetch_one(connection, Resident, statement)


async def list_attachments(connection: AsyncConnection, submission_id: int) -> Sequence[Attachment]:
    """Return the attachments of a submission, in order."""
    statement = (
        select(_files).where(_files.c.submission_id == submission_id).order_by(_files.c.position)
    )
    return await fetch_all(connection, Attachment, statement)


async def find_album(
    connection: AsyncConnection, pseudonyms: Sequence[int], album: str
) -> tuple[Submission, int | None] | None:
    """Return the submission of a resident that has files of an album, and the remark they are in.

    None if no submission of these pseudonyms has any.
    """
    statement = (
        select(_files.c.remark_id, *_rows.c)
        .join(_rows, _rows.c.id == _files.c.submission_id)
        .where(_rows.c.resident_id.in_(_ids_of(pseudonyms)), _files.c.album == album)
        .limit(1)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else (cast("Submission", row), row.remark_id)


async def list_reclassified(connection: AsyncConnection) -> Sequence[Submission]:
    """Return the submissions whose kind or topic officers changed, in the order of ids.

    Those whose text was erased, or whose author is protected, are left out.
    """
    entries = table(Audit)
    changed = select(entries.c.submission_id).where(entries.c.action == "case.reclassify")
    statement = (
        select(_rows)
        .where(_rows.c.id.in_(changed), _rows.c.erased_at.is_(None))
        .where(_rows.c.confidential.is_(False))
        .order_by(_rows.c.id)
    )
    return await fetch_all(connection, Submission, statement)


async def list_unalerted(
    connection: AsyncConnection, *, after: int, max_rows: int
) -> Sequence[Submission]:
    """Lock and return submissions about which no officer was alerted, in the order of ids.

    They have an id greater than `after`.
    """
    statement = (
        select(_rows)
        .where(_rows.c.alerted_at.is_(None), _rows.c.closed_at.is_(None), _rows.c.id > after)
        .where(_rows.c.state.in_((State.RECEIVED, State.ASSIGNED)))
        .order_by(_rows.c.id)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    return await fetch_all(connection, Submission, statement)


async def count_unalerted(connection: AsyncConnection) -> int:
    """Return the number of submissions about which no officer was alerted."""
    statement = select(func.count()).select_from(_rows).where(_rows.c.alerted_at.is_(None))
    return int((await connection.execute(statement)).scalar_one())


async def update_submission(
    connection: AsyncConnection,
    submission: Submission,
    *,
    by: Officer | None = None,
    **values: Any,
) -> Submission | None:
    """Write columns of a submission, and return the changed submission.

    Return None and write nothing if the submission was changed since it was read, or if the officer
    `by` has another role or unit since.
    """
    statement = (
        update(_rows)
        .where(_rows.c.id == submission.id, _rows.c.version == submission.version)
        .where(*([_still_is(by)] if by else []))
        .values(version=submission.version + 1, **values)
        .returning(*_rows.c)
    )
    return await fetch_one(connection, Submission, statement)


def _still_is(officer: Officer) -> Any:
    return (
        select(_officers.c.id)
        .where(_officers.c.id == officer.id, _officers.c.active.is_(True))
        .where(_officers.c.role == officer.role, _officers.c.unit_code == officer.unit_code)
        .exists()
    )


async def list_open_cases(
    connection: AsyncConnection,
    unit_code: str | None,
    *,
    officer: Officer,
    now: datetime,
    which: str = "unit",
    after: tuple[datetime, int] | None = None,
    max_rows: int,
) -> Sequence[Submission]:
    """Return open cases that an officer may read, the first due first.

    - `unit_code`: the unit that handles them; None for all.
    - `which`: "unit" for all, or only "mine", "new", "overdue" or "proposed" ones, or those
      from which somebody is excluded: "recused".
    - `after`: the (due time, id) of the last case of the previous page.
    """
    statement = (
        select(_rows)
        .where(
            _rows.c.closed_at.is_(None),
            _rows.c.answered_at.is_(None),
            *make_visibility_conditions(officer),
        )
        .order_by(_rows.c.due_at, _rows.c.id)
        .limit(max_rows)
    )
    if unit_code is not None:
        statement = statement.where(_rows.c.handled_by == unit_code)
    if after is not None:
        statement = statement.where(_is_after(after))
    match which:
        case "mine":
            statement = statement.where(_rows.c.assignee_id == officer.id)
        case "new":
            statement = _select_states(statement, (State.RECEIVED, State.ASSIGNED), max_rows)
        case "overdue":
            statement = statement.where(_rows.c.due_at < now)
        case "recused":
            of_case = select(_recusals.c.id).where(_recusals.c.submission_id == _rows.c.id)
            statement = statement.where(of_case.exists())
        case "proposed":
            statement = statement.where(_rows.c.state == State.ANSWER_PROPOSED)
    return await fetch_all(connection, Submission, statement)


def _select_states(
    statement: Select[tuple[Submission]], states: Sequence[State], max_rows: int
) -> Select[tuple[Submission]]:
    """Return a SELECT of the first cases of several states.

    Each state is read by itself, because no index has several states in one order.
    """
    parts = [statement.where(_rows.c.state == state).subquery().select() for state in states]
    found = union_all(*parts).subquery()
    return select(found).order_by(found.c.due_at, found.c.id).limit(max_rows)


async def list_due(
    connection: AsyncConnection, before: datetime, after: tuple[datetime, int] | None, max_rows: int
) -> Sequence[Submission]:
    """Lock and return open submissions due before a given time; skip those locked by others.

    `after` is the (due time, id) of the last one of the previous page.
    """
    statement = (
        select(_rows)
        .where(_rows.c.closed_at.is_(None), _rows.c.answered_at.is_(None))
        .where(_rows.c.due_at <= before)
        .order_by(_rows.c.due_at, _rows.c.id)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    if after is not None:
        statement = statement.where(_is_after(after))
    return await fetch_all(connection, Submission, statement)


def _is_after(than: tuple[datetime, int]) -> Any:
    # Compared as one pair: with two conditions PostgreSQL reads all previous pages again.
    moment, number = than
    return tuple_(_rows.c.due_at, _rows.c.id) > (moment, number)


async def list_to_close(
    connection: AsyncConnection, answered_before: datetime, max_rows: int
) -> Sequence[Submission]:
    """Lock and return unclosed submissions that were answered before a given time, by id."""
    statement = (
        select(_rows)
        .where(_rows.c.state == State.ANSWERED, _rows.c.answered_at < answered_before)
        .where(_rows.c.closed_at.is_(None))
        .order_by(_rows.c.id)
        .limit(max_rows)
        .with_for_update(skip_locked=True)
    )
    return await fetch_all(connection, Submission, statement)


async def iterate_submissions(
    connection: AsyncConnection, since: datetime | None, until: datetime | None
) -> AsyncIterator[ExportedSubmission]:
    """Yield all submissions received in [since, until), oldest first, read in pages."""
    last = 0
    while True:
        statement = (
            select(_rows, _residents.c.sealed)
            .outerjoin(_residents, _residents.c.id == _rows.c.resident_id)
            .where(_rows.c.id > last)
            .order_by(_rows.c.id)
            .limit(500)
        )
        if since is not None:
            statement = statement.where(_rows.c.created_at >= since)
        if until is not None:
            statement = statement.where(_rows.c.created_at < until)
        page = (await connection.execute(statement)).all()
        if not page:
            return
        files = await _attachments_of(connection, [row.id for row in page])
        for row in page:
            yield ExportedSubmission(row, files.get(row.id, []), row.sealed)  # type: ignore[arg-type]
        last = page[-1].id


async def _attachments_of(
    connection: AsyncConnection, submission_ids: Sequence[int]
) -> dict[int, list[Attachment]]:
    statement = (
        select(_files)
        .where(_files.c.submission_id.in_(submission_ids))
        .order_by(_files.c.submission_id, _files.c.position)
    )
    found: dict[int, list[Attachment]] = {}
    for row in await fetch_all(connection, Attachment, statement):
        found.setdefault(row.submission_id, []).append(row)
    return found
