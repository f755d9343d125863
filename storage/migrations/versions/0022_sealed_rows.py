"""Chats under pseudonyms and sealed, consents apart from residents, random ids of residents

The key is not known here. So the content of conversations, the numbers of consents and updates that
failed stay readable until `bot.privacy.plain_rows` seals them, when `migrate` has ended. Times
that connect the numbers of a person are rounded or removed at once. A program of before cannot use
the new tables: it answers nothing, and Telegram sends its updates again later.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_PAGE = 1000
_PSEUDONYM = 1 << 61  # the least number of a pseudonym
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_TIMES = ("started_at", "expires_at", "reminded_at", "counted_from")
_conversation = sa.table(
    "conversation",
    sa.column("chat_id", sa.BigInteger),
    sa.column("flow", sa.String),
    *(sa.column(name, sa.JSON) for name in ("answers", "updates", "preferences")),
    *(sa.column(name, _TIME) for name in _TIMES),
    sa.column("counted", sa.Integer),
    sa.column("profile", sa.LargeBinary),
    sa.column("draft", sa.LargeBinary),
    sa.column("due_at", _TIME),
    sa.column("reminded", sa.Boolean),
)
_OLD_COLUMNS = ("flow", "answers", "updates", "preferences", *_TIMES, "counted")


def upgrade() -> None:
    _move_conversations()
    _move_consents()
    _shuffle_residents()
    _round_times()
    op.add_column("announcement", sa.Column("deleted", sa.JSON(), nullable=True))
    op.execute("UPDATE failed_update SET raw = 'plain:' || raw, alias = NULL")
    is_finished = sa.text("finished_at IS NOT NULL")
    op.add_column("outbox", sa.Column("sealed_message", sa.Text(), nullable=True))
    is_sent = sa.text("sealed_message IS NOT NULL")
    op.create_index(
        "ix_outbox_sealed_message",
        "outbox",
        ["chat_id", "id"],
        sqlite_where=is_sent,
        postgresql_where=is_sent,
    )
    op.create_index(
        "ix_outbox_finished",
        "outbox",
        ["finished_at", "id"],
        sqlite_where=is_finished,
        postgresql_where=is_finished,
    )


def _move_conversations() -> None:
    """Put the columns of conversations into `profile` and `draft`, as JSON."""
    op.add_column("conversation", sa.Column("sealed", sa.Text(), nullable=False, server_default=""))
    op.add_column("conversation", sa.Column("profile", sa.LargeBinary(), nullable=True))
    op.add_column("conversation", sa.Column("draft", sa.LargeBinary(), nullable=True))
    op.add_column("conversation", sa.Column("due_at", _TIME, nullable=True))
    op.add_column(
        "conversation",
        sa.Column("reminded", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    connection, after = op.get_bind(), None
    rows = _conversation.c
    while True:
        statement = sa.select(_conversation).order_by(rows.chat_id).limit(_PAGE)
        if after is not None:
            statement = statement.where(rows.chat_id > after)
        page = connection.execute(statement).all()
        if not page:
            break
        connection.execute(
            sa.update(_conversation)
            .where(rows.chat_id == sa.bindparam("of_chat"))
            .values({name: sa.bindparam(f"new_{name}") for name in _NEW_COLUMNS}),
            [_convert_conversation(row) for row in page],
        )
        after = page[-1].chat_id
    op.drop_index("ix_conversation_expires_at", "conversation")
    with op.batch_alter_table(
        "conversation", table_kwargs={"sqlite_with_rowid": False}
    ) as conversation:
        for name in _OLD_COLUMNS:
            conversation.drop_column(name)
        conversation.alter_column(
            "sealed", existing_type=sa.Text(), existing_nullable=False, server_default=None
        )
        conversation.alter_column("profile", existing_type=sa.LargeBinary(), nullable=False)
        conversation.alter_column(
            "reminded", existing_type=sa.Boolean(), existing_nullable=False, server_default=None
        )
    op.create_index("ix_conversation_due_at", "conversation", ["due_at"])


_NEW_COLUMNS = ("profile", "draft", "due_at", "reminded")


def _convert_conversation(row: sa.Row[Any]) -> dict[str, object]:
    times = {name: _make_aware(getattr(row, name)) for name in _TIMES}
    draft = {
        "flow": row.flow,
        "answers": row.answers,
        "updates": row.updates,
        "counted": row.counted,
        **{name: value.isoformat() if value else None for name, value in times.items()},
    }
    expires_at = times["expires_at"] if row.flow is not None else None
    return {
        "of_chat": row.chat_id,
        "new_profile": orjson.dumps(row.preferences),
        "new_draft": orjson.dumps(draft),
        "new_due_at": expires_at and expires_at.replace(minute=0, second=0, microsecond=0),
        "new_reminded": row.reminded_at is not None,
    }


def _make_aware(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _move_consents() -> None:
    """Copy the consents of named residents. Their number and `sealed` are of the resident yet."""
    op.create_table(
        "consent",
        sa.Column("alias", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_consent")),
        sqlite_with_rowid=False,
    )
    op.execute(
        """INSERT INTO consent (alias, sealed, version, language, at)
           SELECT alias, 'resident:' || sealed, consent_version, consent_language, consent_at
           FROM resident WHERE named"""
    )
    for name in ("consent_version", "consent_language", "consent_at"):
        op.drop_column("resident", name)


def _shuffle_residents() -> None:
    """Give residents random ids: those in order show who wrote one after the other."""
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    foreign_key = "fk_submission_resident_id"
    if not is_sqlite:
        op.drop_constraint(op.f(foreign_key), "submission", type_="foreignkey")
    resident = sa.table("resident", sa.column("id", sa.BigInteger))
    submission = sa.table("submission", sa.column("resident_id", sa.BigInteger))
    ids = connection.execute(sa.select(resident.c.id)).scalars().all()
    pairs = [{"old": each, "new": secrets.randbelow(2**63 - 1) + 1} for each in ids]
    for begin in range(0, len(pairs), _PAGE):
        page = pairs[begin : begin + _PAGE]
        for rows, column in ((submission, submission.c.resident_id), (resident, resident.c.id)):
            connection.execute(
                sa.update(rows)
                .where(column == sa.bindparam("old"))
                .values({column.name: sa.bindparam("new")}),
                page,
            )
    if not is_sqlite:
        op.create_foreign_key(op.f(foreign_key), "submission", "resident", ["resident_id"], ["id"])


def _round_times() -> None:
    """Remove the times that numbers of one person have in common, and the order of rows."""
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    month = (
        "substr(at, 1, 7) || '-01 00:00:00.000000'"
        if is_sqlite
        else "date_trunc('month', at, 'UTC')"
    )
    op.execute(f"UPDATE message_subject SET at = {month}")  # noqa: S608 - the words are ours  # nosec B608
    day = (
        "substr(created_at, 1, 10) || ' 00:00:00.000000'"
        if is_sqlite
        else "date_trunc('day', created_at, 'UTC')"
    )
    op.execute(f"UPDATE subscription SET created_at = {day}")  # noqa: S608 - the words are ours  # nosec B608
    op.execute("DELETE FROM recipient WHERE blocked_at IS NULL")
    op.execute(
        f"""DELETE FROM recipient WHERE chat_id > 0 AND chat_id < {_PSEUDONYM}
            AND chat_id NOT IN (SELECT chat_id FROM officer)"""  # noqa: S608 - the words are ours  # nosec B608
    )
    # When a person blocked the bot, all their numbers got one time: now everybody's have one.
    long_ago = "2020-01-01 00:00:00.000000" if is_sqlite else "2020-01-01 00:00:00+00"
    op.execute(
        f"UPDATE recipient SET blocked_at = '{long_ago}' WHERE chat_id >= {_PSEUDONYM}"  # noqa: S608 - the words are ours  # nosec B608
    )
    if is_sqlite:
        for name in ("recipient", "message_subject"):
            with op.batch_alter_table(
                name, recreate="always", table_kwargs={"sqlite_with_rowid": False}
            ):
                pass
