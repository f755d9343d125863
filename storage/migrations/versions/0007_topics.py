"""Topics of forums, and subscriptions to a topic."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("forum") as forum:
        forum.add_column(sa.Column("topics", sa.JSON(), nullable=False, server_default="[]"))
    op.drop_index("ix_subscription_area", "subscription")
    with op.batch_alter_table("subscription") as subscription:
        subscription.alter_column(
            "area",
            new_column_name="subject",
            existing_type=sa.String(16),
            type_=sa.String(32),
            existing_nullable=False,
        )
    op.create_index("ix_subscription_subject", "subscription", ["subject", "id"])
