"""The controller of /stats and /export: statistics of cases, and a spreadsheet of open cases."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from bot.casework import case_lists, screens
from bot.casework.controller import refuse_as_unknown
from bot.core.requests import Route, Show, Upload
from bot.core.screen import Screen, Words
from bot.core.typed_numbers import parse_number
from bot.reports.export import ExportFormat, write_records
from bot.reports.presentation import Presentation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bot.core.requests import Request, Responses, Routes
    from bot.core.unit_of_work import UnitOfWork
    from storage.models import Submission

_DEFAULT_DAYS = 30
_MAX_DAYS = 3660  # about ten years
# The columns of the spreadsheet.
_EXPORTED = ("code", "kind", "topics", "unit_code", "state", "created_at", "due_at", "text")


async def show_statistics(work: UnitOfWork, request: Request) -> Responses:
    """Show statistics of the last 30 days, or of as many days as the officer typed, at most 3660.

    To anybody without permission the command is unknown.
    """
    days = min(parse_number(request.argument.partition(" ")[0]) or _DEFAULT_DAYS, _MAX_DAYS)
    statistics = await case_lists.load_statistics(work, request.chat.id, days)
    if statistics is None:
        raise refuse_as_unknown()
    return Show(screens.show_statistics(*statistics, days))


async def export_cases(work: UnitOfWork, request: Request) -> Responses:
    """Send the open cases that the officer may read, as a spreadsheet (XLSX).

    To anybody without permission the command is unknown.
    """
    cases = await case_lists.list_exported_cases(work, request.chat.id)
    if cases is None:
        raise refuse_as_unknown()
    content = io.BytesIO()
    await write_records(
        _make_records(cases),
        _EXPORTED,
        ExportFormat.XLSX,
        content,
        presentation=Presentation(work.policy.zone),
    )
    name = f"{work.now.astimezone(work.policy.zone):%Y-%m-%d}.xlsx"
    caption = Screen((Words("cases.file", {"cases": len(cases)}),))
    return Show(caption, upload=Upload(content.getvalue(), name))


async def _make_records(cases: Sequence[Submission]) -> AsyncIterator[dict[str, Any]]:
    for case in cases:
        record = {name: getattr(case, name) for name in _EXPORTED}
        times = {name: record[name].isoformat() for name in ("created_at", "due_at")}
        yield {**record, **times, "kind": case.kind.value, "state": case.state.value}


ROUTES: Routes = {
    "/stats": Route(show_statistics, reads_only=True),
    "/export": Route(export_cases),
}
