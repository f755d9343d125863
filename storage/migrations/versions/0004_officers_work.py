"""Officers' rosters, substitutes, groups, templates, recusals, escalation; the audit chain."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _officers()
    _submissions()
    _outbox()
    _audit()


def _reference(table: str, column: str, to: str) -> None:
    """Add a column that refers to another row, in place: a new table would lose its triggers."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER REFERENCES {to} (id)")
        return
    op.add_column(table, sa.Column(column, _ID, nullable=True))
    op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, to, [column], ["id"])


def _officers() -> None:
    op.add_column(
        "officer", sa.Column("roster", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    _reference("officer", "substitute_id", "officer")
    op.add_column("officer", sa.Column("away_until", _TIME, nullable=True))
    op.add_column("officer", sa.Column("assigned_at", _TIME, nullable=True))
    op.create_table(
        "unit_chat",
        sa.Column("unit_code", sa.String(length=16), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("set_by", _ID, nullable=False),
        sa.Column("set_at", _TIME, nullable=False),
        sa.Column("lost_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["set_by"], ["officer.id"], name=op.f("fk_unit_chat_set_by")),
        sa.PrimaryKeyConstraint("unit_code", name=op.f("pk_unit_chat")),
    )
    op.create_index(op.f("ix_unit_chat_chat_id"), "unit_chat", ["chat_id"])
    op.create_table(
        "template",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("unit_code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_by", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["officer.id"], name=op.f("fk_template_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
    )
    op.create_index(op.f("ix_template_unit_code"), "template", ["unit_code"])


def _submissions() -> None:
    op.add_column("submission", sa.Column("acknowledge_by", _TIME, nullable=True))
    for name in ("escalation", "extensions"):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("submission", column)
    _reference("submission", "merged_into", "submission")
    op.create_index(op.f("ix_submission_merged_into"), "submission", ["merged_into"])
    waits = sa.text("acknowledge_by IS NOT NULL")
    op.create_index(
        "ix_submission_unacknowledged",
        "submission",
        ["acknowledge_by"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_table(
        "recusal",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("submission_id", _ID, nullable=False),
        sa.Column("officer_id", _ID, nullable=False),
        sa.Column("by", _ID, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_recusal_submission_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_recusal_officer_id")),
        sa.ForeignKeyConstraint(["by"], ["officer.id"], name=op.f("fk_recusal_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal")),
        sa.UniqueConstraint("submission_id", "officer_id", name="uq_recusal_officer"),
    )
    op.create_index(op.f("ix_recusal_submission_id"), "recusal", ["submission_id"])


def _outbox() -> None:
    for name in ("thread_id", "edits", "announcement_id"):
        op.add_column("outbox", sa.Column(name, sa.BigInteger(), nullable=True))
    announced = sa.text("announcement_id IS NOT NULL")
    op.create_index(
        "ix_outbox_announcement",
        "outbox",
        ["announcement_id", "state"],
        sqlite_where=announced,
        postgresql_where=announced,
    )


def _audit() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("number", _ID, autoincrement=False, nullable=False),
        sa.Column("audit_id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_seal_audit_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_seal_audit_id")),
    )
    for table in ("audit", "audit_seal"):
        _only_append(table)


def _only_append(table: str) -> None:
    """Let the database itself refuse to change or remove what stands in a table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )
