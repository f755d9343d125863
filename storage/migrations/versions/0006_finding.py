"""Indexes: cases by word, assignee and state; due messages of the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_index("ix_submission_unit_newest", "submission", ["handled_by", "id"])
    is_open = sa.text("closed_at IS NULL AND answered_at IS NULL")
    # Whose there are few of must not be looked for among all that are open.
    op.drop_index(op.f("ix_submission_assignee_id"), "submission")
    for name, column in (("ix_submission_mine", "assignee_id"), ("ix_submission_state", "state")):
        op.create_index(
            name,
            "submission",
            [column, "due_at", "id"],
            sqlite_where=is_open,
            postgresql_where=is_open,
        )
    _outbox()
    if op.get_bind().dialect.name == "postgresql":
        _stored_words()
    else:
        _words_of_units()


def _outbox() -> None:
    for column in (
        sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("held_until", _TIME, nullable=False, server_default="2026-01-01 00:00:00"),
    ):
        op.add_column("pace", column)
    waits = sa.text("state = 'waiting'")
    op.drop_index("ix_outbox_ready", "outbox")
    for name, columns in (
        ("ix_outbox_ready", ["priority", "next_at", "id"]),
        ("ix_outbox_expiry", ["expires_at"]),
    ):
        op.create_index(name, "outbox", columns, sqlite_where=waits, postgresql_where=waits)


def _stored_words() -> None:
    # Stored, for words that many have: the newest are read until there are enough, and reading
    # them is forty times dearer where each text is taken apart again.
    op.drop_index("ix_submission_words", "submission")
    op.execute(
        "ALTER TABLE submission ADD COLUMN submission_words tsvector"
        " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED"
    )
    # Without a list of what is yet to be put into it, which every search would read.
    op.execute(
        "CREATE INDEX ix_submission_words ON submission USING gin (submission_words)"
        " WITH (fastupdate = off)"
    )


def _words_of_units() -> None:
    # The unit is a word too: what a unit has of a word that all have is found without reading all.
    for name in ("i", "d", "u"):
        op.execute(f"DROP TRIGGER submission_words_{name}")
    op.execute("DROP TABLE submission_words")
    op.execute(
        "CREATE VIRTUAL TABLE submission_words USING fts5("
        "folded, handled_by, content='submission', content_rowid='id', tokenize='unicode61')"
    )
    taken = (
        "INSERT INTO submission_words(submission_words, rowid, folded, handled_by)"
        " VALUES ('delete', old.id, old.folded, old.handled_by)"
    )
    put = (
        "INSERT INTO submission_words(rowid, folded, handled_by)"
        " VALUES (new.id, new.folded, new.handled_by)"
    )
    for name, event, does in (
        ("i", "INSERT", put),
        ("d", "DELETE", taken),
        ("u", "UPDATE OF folded, handled_by", f"{taken}; {put}"),
    ):
        op.execute(
            f"CREATE TRIGGER submission_words_{name} AFTER {event} ON submission BEGIN {does}; END"
        )
    op.execute(sa.text("INSERT INTO submission_words(submission_words) VALUES ('rebuild')"))
