"""The time at which a forum's start was published, in a column instead of a row of reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "forum", sa.Column("start_known_since", sa.DateTime(timezone=True), nullable=True)
    )
    # A row with offset 0 was written when the start became known, for each version of the start.
    # Forums that were approved before there were such rows have none.
    op.execute(
        """UPDATE forum SET start_known_since = COALESCE(
             (SELECT reminder.created_at FROM reminder
               WHERE reminder.forum_id = forum.id AND reminder."offset" = 0
                 AND reminder.start_version = forum.start_version),
             forum.published_at)"""
    )
    op.execute('DELETE FROM reminder WHERE "offset" = 0')
