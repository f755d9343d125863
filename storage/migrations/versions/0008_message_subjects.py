"""Columns of the outbox for the subject of a message: kind, submission, forum.

Until now only the dedup key contained the subject. Older rows get the columns from their keys, as
far as the keys contain them. Stop the replicas of the old version first: messages that they enqueue
later have no kind, and are not found when their submission is erased.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PAGE = 500
_OF_A_FORUM = ("attend", "moved_up", "remind", "channel")  # their keys go on with the forum's id

_outbox = sa.table(
    "outbox",
    *(
        sa.column(name)
        for name in (
            "id",
            "dedup_key",
            "announcement_id",
            "kind",
            "submission_id",
            "forum_id",
            "start_version",
        )
    ),
)
_submission = sa.table("submission", sa.column("id"), sa.column("code"))
_forum = sa.table("forum", sa.column("id"), sa.column("code"))


def upgrade() -> None:
    for column in (
        sa.Column("kind", sa.String(length=64), nullable=True),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("forum_id", sa.BigInteger(), nullable=True),
        sa.Column("start_version", sa.Integer(), nullable=True),
    ):
        op.add_column("outbox", column)
    op.add_column("failed_update", sa.Column("alias", sa.BigInteger(), nullable=True))
    _fill_columns()
    for name, columns, condition in (
        ("ix_outbox_submission", ["submission_id", "kind"], "submission_id IS NOT NULL"),
        (
            "ix_outbox_reminder",
            ["forum_id", "start_version"],
            "start_version IS NOT NULL AND finished_at IS NULL",
        ),
    ):
        where = sa.text(condition)
        op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)


def _fill_columns() -> None:
    connection, last = op.get_bind(), 0
    # Announcements have their own column, and there may be a million of them.
    connection.execute(
        sa.update(_outbox).where(_outbox.c.announcement_id.is_not(None)).values(kind="forum")
    )
    while page := _read_page(connection, last):
        last = page[-1].id
        keys = {row.id: str(row.dedup_key).split(":") for row in page}
        parts = {part for key in keys.values() for part in key[1:]}
        submissions = _map_codes(connection, _submission, parts)
        forums = _map_codes(connection, _forum, parts)
        values = [
            {
                "row_id": row_id,
                "new_kind": key[0][:64] if len(key) > 1 else None,
                "new_submission_id": _find_id(submissions, key),
                "new_forum_id": _parse_number(key, 1)
                if key[0] in _OF_A_FORUM
                else _find_id(forums, key),
                "new_start_version": _parse_number(key, 2) if key[0] == "remind" else None,
            }
            for row_id, key in keys.items()
        ]
        names = ("kind", "submission_id", "forum_id", "start_version")
        connection.execute(
            sa.update(_outbox)
            .where(_outbox.c.id == sa.bindparam("row_id"))
            .values({name: sa.bindparam(f"new_{name}") for name in names}),
            values,
        )


def _read_page(connection: sa.Connection, after: int) -> Sequence[Any]:
    statement = (
        sa.select(_outbox.c.id, _outbox.c.dedup_key)
        .where(_outbox.c.id > after, _outbox.c.announcement_id.is_(None))
        .order_by(_outbox.c.id)
        .limit(_PAGE)
    )
    return connection.execute(statement).all()


def _map_codes(connection: sa.Connection, table: sa.TableClause, codes: set[str]) -> dict[str, int]:
    statement = sa.select(table.c.code, table.c.id).where(table.c.code.in_(sorted(codes)))
    return {row.code: row.id for row in connection.execute(statement)}


def _find_id(ids: dict[str, int], key: Sequence[str]) -> int | None:
    return next((ids[part] for part in key[1:] if part in ids), None)


def _parse_number(key: Sequence[str], position: int) -> int | None:
    return int(key[position]) if len(key) > position and key[position].isdecimal() else None
