"""since when a file cannot be fetched, why a submission was erased; all copies are made again"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "attachment", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("submission", sa.Column("erased_because", sa.String(length=32), nullable=True))
    op.execute(
        """UPDATE submission SET erased_because = CASE
             WHEN EXISTS (SELECT 1 FROM audit WHERE audit.submission_id = submission.id
                           AND audit.action = 'data.outlived')
             THEN 'retention' ELSE 'request' END
           WHERE erased_at IS NOT NULL"""
    )
    # Earlier copies of documents, sounds and HEIC pictures were unchanged originals. The fetcher
    # makes all copies again from the stored originals. Until then officers see none of them.
    op.execute("UPDATE attachment SET state = 'waiting', served = NULL WHERE state = 'stored'")
