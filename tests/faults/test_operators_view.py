"""The operator's view: health, readiness, metrics, and the spreadsheet of an export."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
from sqlalchemy import text

from bot.reports import export
from bot.runtime.http_server import serve_site
from bot.runtime.ops import make_ops_app
from tests.policy import once
from tests.transport.rows import enqueue, enqueue_at, make_message, meet

if TYPE_CHECKING:
    from tests.town.town import Town


async def test_health_readiness_and_metrics(town: Town) -> None:
    """Not ready if a message is stuck, delivery has stopped, or the schema is another one."""
    ann = await meet(town, "Ann")
    await enqueue(town, make_message("sent", ann.id, town.now))
    await town.deliver()
    code = await ann.gives("Đèn hỏng.")
    site = make_ops_app(town.app.database, town.app.delivery.is_running)
    async with serve_site(site, "127.0.0.1", 0) as port:

        async def get(path: str) -> tuple[int, str]:
            async with town.http.get(f"http://127.0.0.1:{port}/{path}") as response:
                return response.status, await response.text()

        async def problem() -> str:
            status, body = await get("readyz")
            assert status == 503
            assert (await get("healthz"))[0] == 200  # restarting would not help
            return body

        assert await get("healthz") == (200, "ok\n")
        assert await get("readyz") == (200, '{"ready":true,"problems":[]}')
        _, figures = await get("metrics")
        assert 'langnghe_outbox_rows{state="sent"} 2.0' in figures
        assert "langnghe_outbox_lag_seconds 0.0" in figures
        assert "langnghe_unalerted_submissions 1.0" in figures
        assert code not in figures

        long_ago = datetime.now(UTC) - timedelta(minutes=10)
        await enqueue_at(town, long_ago, make_message("stuck", ann.id, long_ago))
        assert "has been waiting for 6" in await problem()
        _, figures = await get("metrics")
        assert "langnghe_outbox_lag_seconds 60" in figures
        await town.deliver()
        town.app.delivery.stop()
        assert "delivery has stopped" in await problem()
        async with town.app.database.transaction() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
        assert "python -m bot migrate" in await problem()
        async with town.app.database.transaction() as connection:
            await connection.execute(text("DROP TABLE alembic_version"))
            await connection.execute(text("ALTER TABLE outbox RENAME TO elsewhere"))
        assert await problem()
        assert (await get("metrics"))[0] == 503


@once
async def test_a_spreadsheet_holds_every_value_and_no_formula(town: Town) -> None:
    """A text that looks like a formula stays a text; control characters are dropped."""
    texts = [
        "=HYPERLINK('x')",
        "@SUM(1)",
        "Đèn hỏng\x0b\x1f\uffff ở ngõ 5 😀",
        "dòng một\ndòng hai",
    ]
    for words in texts:
        await town.resident("Ann").gives(words)
    out = io.BytesIO()
    columns = export.list_submission_columns(with_identity=False)
    async with town.app.database.reading() as connection:
        records = export.iterate_submission_records(connection, None, None)
        assert await export.write_records(records, columns, export.ExportFormat.XLSX, out) == len(
            texts
        )
    (sheet,) = openpyxl.load_workbook(out).worksheets
    head, *rows = sheet.iter_rows()
    assert tuple(cell.value for cell in head) == columns
    found: list[dict[str, Any]] = [
        dict(zip(columns, (cell.value for cell in each), strict=True)) for each in rows
    ]
    assert [each["text"] for each in found] == [
        "'=HYPERLINK('x')",
        "'@SUM(1)",
        "Đèn hỏng ở ngõ 5 😀",
        "dòng một\ndòng hai",
    ]
    assert {cell.data_type for each in rows for cell in each} <= {"s", "n", "b"}  # no "f"
    for each, kept in zip(found, await town.export_submissions(), strict=True):
        for name in ("code", "kind", "state", "created_at", "due_at"):
            assert each[name] == kept[name]
        assert each["topics"] == '["theft"]'
        assert each["confidential"] is False or each["confidential"] == 0
