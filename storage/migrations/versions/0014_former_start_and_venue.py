"""the start and the venue of a forum before it moved, for its announcement"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "announcement", sa.Column("former_start", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("announcement", sa.Column("former_venue", sa.Text(), nullable=True))
