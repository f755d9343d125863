"""bans that a second person confirms, with an appeal to the city

Bans of earlier releases were decided by one officer. They stay in their table, which is not read
any more, so they end with this release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    officers = [
        sa.ForeignKeyConstraint([name], ["officer.id"], name=op.f(f"fk_resident_ban_{name}"))
        for name in ("proposed_by", "decided_by", "ended_by", "kept_by")
    ]
    op.create_table(
        "resident_ban",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("submission_id", _ID, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("unit_code", sa.String(16), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("until", time, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", _ID, nullable=False),
        sa.Column("proposed_at", time, nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", time, nullable=True),
        sa.Column("ended_by", _ID, nullable=True),
        sa.Column("ended_at", time, nullable=True),
        sa.Column("appeal", sa.Text(), nullable=True),
        sa.Column("appealed_at", time, nullable=True),
        sa.Column("kept_by", _ID, nullable=True),
        sa.Column("kept_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_resident_ban_submission_id")
        ),
        *officers,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_ban")),
    )
    op.create_index("ix_resident_ban_submission_id", "resident_ban", ["submission_id"])
