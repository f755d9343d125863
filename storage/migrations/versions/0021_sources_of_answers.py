"""What is forwarded or quoted in a proposed answer, for the person who approves it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answer", sa.Column("sources", sa.JSON(), nullable=True))
