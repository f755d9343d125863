"""The title and the address of a venue that a resident sends as a place."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachment", sa.Column("title", sa.String(256), nullable=True))
    op.add_column("attachment", sa.Column("address", sa.String(256), nullable=True))
