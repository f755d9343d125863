"""Casework: assignees, pauses, transfers, answers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "answer",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("submission_id", _ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Text(), nullable=False),
        sa.Column("proposed_by", _ID, nullable=False),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("approved_by", _ID, nullable=True),
        sa.Column("approved_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_answer_submission_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["officer.id"], name=op.f("fk_answer_proposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["officer.id"], name=op.f("fk_answer_approved_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    op.create_index(op.f("ix_answer_submission_id"), "answer", ["submission_id"])
    # The columns are added in place: to make the table anew would lose the triggers on it.
    op.add_column("submission", sa.Column("paused_at", _TIME, nullable=True))
    op.add_column("submission", sa.Column("transferred_to", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE submission ADD COLUMN assignee_id INTEGER REFERENCES officer (id)")
    else:
        op.add_column("submission", sa.Column("assignee_id", _ID, nullable=True))
        op.create_foreign_key(
            op.f("fk_submission_assignee_id"), "submission", "officer", ["assignee_id"], ["id"]
        )
    op.create_index(op.f("ix_submission_assignee_id"), "submission", ["assignee_id"])
    is_open = sa.text("closed_at IS NULL AND answered_at IS NULL")
    for name, columns in (
        ("ix_submission_open", ["handled_by", "due_at", "id"]),
        ("ix_submission_due", ["due_at", "id"]),
    ):
        op.create_index(name, "submission", columns, sqlite_where=is_open, postgresql_where=is_open)
