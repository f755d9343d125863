"""A change of a forum that is announced waits in its row until a second person confirms it."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("forum", sa.Column("proposal", sa.JSON(none_as_null=True), nullable=True))
