"""Invites: who asked for them, and when and by whom they were revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invite", sa.Column("invited_by", sa.BigInteger(), nullable=True))
    op.add_column("invite", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("invite", sa.Column("revoked_by", sa.BigInteger(), nullable=True))
