"""Health, readiness and metrics over HTTP, for operators and monitoring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from storage import evidence, failed_updates, migrations, outbox, submissions
from storage.database import Database, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

MAX_LAG = timedelta(minutes=5)  # if a message is due for longer, /readyz answers 503


def make_ops_app(
    database: Database, is_delivering: Callable[[], bool], *, quota: int = 0
) -> Starlette:
    """Return an ASGI application with /healthz, /readyz and /metrics.

    /readyz answers 503 if the database cannot be used, has another revision or is late with
    messages, or if `is_delivering` returns False. `quota` is the most bytes of stored files.
    """

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        problems = await _list_problems(database, is_delivering)
        status = 503 if problems else 200
        return JSONResponse({"ready": not problems, "problems": problems}, status_code=status)

    async def metrics(_request: Request) -> Response:
        try:
            return Response(await format_metrics(database, quota), media_type=CONTENT_TYPE_LATEST)
        except Unavailable:
            return PlainTextResponse("the database is unavailable\n", status_code=503)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )


async def _list_problems(database: Database, is_delivering: Callable[[], bool]) -> list[str]:
    """Return a line for each reason why the replica is not ready."""
    try:
        if await migrations.find_revision(database) != migrations.get_needed_revision():
            return ["the database is not at the program's revision: run 'python -m bot migrate'"]
        async with database.reading() as connection:
            lag = await outbox.measure_lag(connection, datetime.now(UTC))
    except Unavailable as error:
        return [f"the database cannot be reached: {error}"]
    problems = []
    if not is_delivering():
        problems.append("delivery has stopped")
    if lag > MAX_LAG:
        problems.append(f"a message has been waiting for {int(lag.total_seconds())} s")
    return problems


async def format_metrics(database: Database, quota: int = 0) -> bytes:
    """Return the metrics of a database in the format of Prometheus. Raises Unavailable."""
    registry = CollectorRegistry()
    rows = Gauge("langnghe_outbox_rows", "Outbox rows by state", ["state"], registry=registry)
    lag = Gauge("langnghe_outbox_lag_seconds", "Age of the oldest row due", registry=registry)
    failed = Gauge("langnghe_failed_updates", "Updates that failed", registry=registry)
    unalerted = Gauge(
        "langnghe_unalerted_submissions",
        "Submissions without an alerted officer",
        registry=registry,
    )
    files = Gauge("langnghe_evidence_files", "Files by state", ["state"], registry=registry)
    unscanned = Gauge(
        "langnghe_evidence_unscanned",
        "Files that wait because the virus scanner does not answer",
        registry=registry,
    )
    stored = Gauge("langnghe_evidence_bytes", "Bytes of stored files", registry=registry)
    room = Gauge("langnghe_evidence_quota_bytes", "The most bytes of them", registry=registry)
    room.set(quota)
    unstored = Gauge(
        "langnghe_evidence_unstored",
        "Files that wait because the store cannot be used",
        registry=registry,
    )
    async with database.reading() as connection:
        stored.set(await evidence.measure_stored(connection))
        for state, count in (await evidence.count_by_state(connection)).items():
            files.labels(state).set(count)
        unscanned.set(await evidence.count_waiting(connection, evidence.NOT_SCANNED))
        unstored.set(await evidence.count_waiting(connection, evidence.NOT_STORED))
        for state, count in (await outbox.count_by_state(connection)).items():
            rows.labels(state).set(count)
        oldest = await outbox.measure_lag(connection, datetime.now(UTC))
        lag.set(oldest.total_seconds())
        failed.set(await failed_updates.count_failed_updates(connection))
        unalerted.set(await submissions.count_unalerted(connection))
    return generate_latest(registry)
