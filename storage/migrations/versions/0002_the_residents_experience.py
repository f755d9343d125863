"""Encrypted residents, stored files, remarks, erasure, search.

Encryption needs the operator's key, so the command `migrate` does it after this migration. Until
then a resident's `sealed` is "plain:" with the chat id, and phone numbers are not encrypted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _new_tables()
    _residents()
    _submissions()
    _attachments()
    with op.batch_alter_table("conversation") as batch_op:
        batch_op.add_column(sa.Column("counted_from", _TIME, nullable=True))
        batch_op.add_column(sa.Column("counted", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("preferences", sa.JSON(), nullable=False, server_default="{}")
        )
    with op.batch_alter_table("outbox") as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=True))
    _search()


def _new_tables() -> None:
    op.create_table(
        "key_check",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_check")),
    )
    op.create_table(
        "ban",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("alias", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("officer_id", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("told_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_ban_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ban")),
        sa.UniqueConstraint("alias", name=op.f("uq_ban_alias")),
    )
    op.create_table(
        "remark",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("submission_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("officer_id", _ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_remark_officer_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_remark_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    op.create_index(op.f("ix_remark_submission_id"), "remark", ["submission_id"])


def _residents() -> None:
    with op.batch_alter_table("resident") as batch_op:
        batch_op.drop_constraint(op.f("uq_resident_chat_id"), type_="unique")
        batch_op.alter_column("chat_id", new_column_name="alias")
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("named", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("resident") as batch_op:
        batch_op.create_unique_constraint(op.f("uq_resident_alias"), ["alias"])
    op.execute("UPDATE resident SET sealed = 'plain:' || CAST(alias AS VARCHAR)")


def _submissions() -> None:
    with op.batch_alter_table("submission") as batch_op:
        batch_op.add_column(sa.Column("folded", sa.Text(), nullable=False, server_default=""))
        for name in ("urgent", "hides_personal"):
            batch_op.add_column(
                sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
            )
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("rating", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("rating_reason", sa.Text(), nullable=True))
        for name in ("reopened_at", "closed_at", "warned_at", "erased_at"):
            batch_op.add_column(sa.Column(name, _TIME, nullable=True))
        batch_op.alter_column("resident_id", existing_type=_ID, nullable=True)
        batch_op.alter_column(
            "phone", existing_type=sa.String(length=32), type_=sa.Text(), existing_nullable=True
        )
        batch_op.create_index(op.f("ix_submission_closed_at"), ["closed_at"])


def _attachments() -> None:
    fetching = sa.text("state IN ('waiting', 'fetching')")
    with op.batch_alter_table("attachment") as batch_op:
        batch_op.add_column(sa.Column("remark_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("latitude", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Float(), nullable=True))
        batch_op.add_column(
            sa.Column("state", sa.String(length=32), nullable=False, server_default="waiting")
        )
        batch_op.add_column(sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("next_at", _TIME, nullable=False, server_default="2026-01-01 00:00:00")
        )
        batch_op.add_column(sa.Column("owner", sa.String(length=64), nullable=True))
        for name in ("original", "served", "content_type"):
            batch_op.add_column(sa.Column(name, sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("error", sa.String(length=256), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_attachment_remark_id"), "remark", ["remark_id"], ["id"]
        )
        batch_op.create_index(
            "ix_attachment_waiting",
            ["next_at"],
            sqlite_where=fetching,
            postgresql_where=fetching,
        )


def _search() -> None:
    """Words of the folded text, found by an index of the database's own kind."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_submission_words ON submission"
            " USING gin (to_tsvector('simple', folded))"
        )
        return
    op.execute(
        "CREATE VIRTUAL TABLE submission_words USING fts5("
        "folded, content='submission', content_rowid='id', tokenize='unicode61')"
    )
    taken = (
        "INSERT INTO submission_words(submission_words, rowid, folded)"
        " VALUES ('delete', old.id, old.folded)"
    )
    put = "INSERT INTO submission_words(rowid, folded) VALUES (new.id, new.folded)"
    op.execute(f"CREATE TRIGGER submission_words_i AFTER INSERT ON submission BEGIN {put}; END")
    op.execute(f"CREATE TRIGGER submission_words_d AFTER DELETE ON submission BEGIN {taken}; END")
    op.execute(
        "CREATE TRIGGER submission_words_u AFTER UPDATE OF folded ON submission"
        f" BEGIN {taken}; {put}; END"
    )
    op.execute("INSERT INTO submission_words(submission_words) VALUES ('rebuild')")
