"""`python -m tests.kills`: the long campaigns, with 20 kills in each mode on each database.

The promises: nothing is lost, a repeat is marked, and nobody gets an announcement twice.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from storage import migrations
from storage.database import Database
from tests.kills import announcement
from tests.kills.campaign import run_campaign
from tests.postgres import Postgres

KILLS = 20  # in each campaign
RESIDENTS, ROUNDS = 8, 12  # residents who submit opinions, and how many each of them submits
ROTATIONS = 3  # of the key, in each campaign
RECIPIENTS = 6000  # of the announcement


async def run_all(folder: Path) -> bool:
    """Run all campaigns, print a line for each, and return True if every promise held."""
    postgres = Postgres()
    holds = True
    for number, mode in enumerate(("polling", "webhook")):
        name = await postgres.create(empty=True)
        for url in (f"sqlite+aiosqlite:///{folder}/{mode}.db", postgres.make_url(name)):
            database = Database(url)
            await migrations.migrate(database)
            await database.close()
            report = await run_campaign(
                url,
                mode,
                kills=KILLS,
                residents=RESIDENTS,
                rounds=ROUNDS,
                seed=number,
                rotations=ROTATIONS,
            )
            holds = holds and not report.wrong
            kind = url.partition("+")[0]
            sys.stdout.write(
                f"{mode:8} {kind:11} {report.kills} kills, {report.updates} updates,"
                f" {report.submissions} submissions, {report.repeated} marked repeats,"
                f" {report.unanswered} unanswered, {len(report.wrong)} wrong\n"
            )
            sys.stdout.writelines(f"  {line}\n" for line in report.wrong)
            sys.stdout.flush()
    for kind in ("sqlite", "postgresql"):
        name = await postgres.create(empty=True)
        url = (
            f"sqlite+aiosqlite:///{folder}/news.db" if kind == "sqlite" else postgres.make_url(name)
        )
        database = Database(url)
        await migrations.migrate(database)
        await database.close()
        heard = await announcement.run_announcement_campaign(
            url, kills=KILLS, recipients=RECIPIENTS, seed=1
        )
        holds = holds and not heard.wrong
        sys.stdout.write(
            f"announcement {kind:11} {KILLS} kills, {heard.recipients} recipients,"
            f" {heard.came} heard it, {heard.maybe} marked maybe_sent, {len(heard.wrong)} wrong\n"
        )
        sys.stdout.writelines(f"  {line}\n" for line in heard.wrong[:20])
        sys.stdout.flush()
    return holds


def main() -> None:
    """Exit with status 1 if a promise was broken."""
    with tempfile.TemporaryDirectory() as folder:
        holds = asyncio.run(run_all(Path(folder)))
    sys.exit(0 if holds else 1)


main()
