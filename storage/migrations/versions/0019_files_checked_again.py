"""stored files are checked again: earlier releases did not look for macros, scripts and programs

The fetcher checks the stored originals and makes the copies again. Until then officers see none.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE attachment SET state = 'waiting', served = NULL, failing_since = NULL, error = NULL"
        " WHERE state = 'stored'"
    )
