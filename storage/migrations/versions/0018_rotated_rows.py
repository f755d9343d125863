"""the encrypted origin of the pseudonyms of bans and of the numbers of messages

Nobody can compute these numbers again for another key without it. Rows of earlier releases have
none: bans are moved with another row of the same person, and messages are recognised by the key
that they were written under only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ban", sa.Column("sealed", sa.Text(), nullable=True))
    op.add_column("message_subject", sa.Column("sealed", sa.Text(), nullable=True))
