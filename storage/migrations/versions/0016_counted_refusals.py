"""Refused attempts of a person within an hour are counted, not written down one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "refusal_count",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.String(length=32), nullable=False),
        sa.Column("officer_id", _ID, nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_refusal_count_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal_count")),
        sa.UniqueConstraint("hour", "tag", name="uq_refusal_count_hour"),
    )
