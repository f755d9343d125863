"""subjects of single messages: edits and replies find what their message belongs to

Corrections keep the version that they replace, and submissions say what is forwarded or quoted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_subject",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flow", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_message_subject"),
    )
    op.create_index("ix_message_subject_subject", "message_subject", ["subject"])
    where = sa.text("message_id IS NOT NULL")
    op.create_index(
        "ix_outbox_message",
        "outbox",
        ["message_id", "chat_id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.add_column("remark", sa.Column("replaces", sa.Text(), nullable=True))
    for table in ("remark", "submission"):
        op.add_column(table, sa.Column("sources", sa.JSON(), nullable=True))
