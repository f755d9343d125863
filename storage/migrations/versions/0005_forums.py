"""Forums, their announcements and registrations, subscriptions, commitments."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _forum()
    _attending()
    _telling()
    _hall()


def _forum() -> None:
    op.create_table(
        "forum",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("host_unit", sa.String(length=16), nullable=False),
        sa.Column("area", sa.String(length=16), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("starts_at", _TIME, nullable=False),
        sa.Column("start_version", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("agenda", sa.JSON(), nullable=False),
        sa.Column("invited", sa.JSON(), nullable=False),
        sa.Column("opinions_until", _TIME, nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", _ID, nullable=False),
        sa.Column("approved_by", _ID, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("published_at", _TIME, nullable=True),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("report_due_at", _TIME, nullable=True),
        sa.Column("reported_at", _TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["officer.id"], name=op.f("fk_forum_created_by")),
        sa.ForeignKeyConstraint(["approved_by"], ["officer.id"], name=op.f("fk_forum_approved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum")),
        sa.UniqueConstraint("code", name=op.f("uq_forum_code")),
    )
    op.create_index(op.f("ix_forum_starts_at"), "forum", ["starts_at"])


def _attending() -> None:
    op.create_table(
        "registration",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("forum_id", _ID, nullable=False),
        sa.Column("alias", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("offsets", sa.JSON(), nullable=True),
        sa.Column("registered_at", _TIME, nullable=False),
        sa.Column("arrived_at", _TIME, nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["forum_id"], ["forum.id"], name=op.f("fk_registration_forum_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("token", name=op.f("uq_registration_token")),
        sa.UniqueConstraint("forum_id", "alias", name="uq_registration_alias"),
    )
    op.create_index(op.f("ix_registration_alias"), "registration", ["alias"])
    op.create_index("ix_registration_queue", "registration", ["forum_id", "state", "id"])
    op.create_table(
        "subscription",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("alias", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("area", sa.String(length=16), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("alias", "area", name="uq_subscription_alias"),
    )
    op.create_index("ix_subscription_area", "subscription", ["area", "id"])


def _telling() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("forum_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("cancelled_at", _TIME, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["forum_id"], ["forum.id"], name=op.f("fk_announcement_forum_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("forum_id", "kind", "version", name="uq_announcement_kind"),
    )
    op.create_index(op.f("ix_announcement_forum_id"), "announcement", ["forum_id"])
    op.create_index("ix_announcement_due", "announcement", ["due_at", "id"])
    given_for = sa.text("forum IS NOT NULL")
    op.create_index(
        "ix_submission_forum",
        "submission",
        ["forum", "id"],
        sqlite_where=given_for,
        postgresql_where=given_for,
    )
    op.create_table(
        "reminder",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("forum_id", _ID, nullable=False),
        sa.Column("start_version", sa.Integer(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["forum_id"], ["forum.id"], name=op.f("fk_reminder_forum_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("forum_id", "start_version", "offset", name="uq_reminder_offset"),
    )
    op.create_table(
        "commitment",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("forum_id", _ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("submission_id", _ID, nullable=True),
        sa.Column("kept_at", _TIME, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["forum_id"], ["forum.id"], name=op.f("fk_commitment_forum_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_commitment_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
    )
    op.create_index(op.f("ix_commitment_forum_id"), "commitment", ["forum_id"])
    op.create_index(op.f("ix_commitment_submission_id"), "commitment", ["submission_id"])


def _hall() -> None:
    op.create_table(
        "hearing",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("forum_id", _ID, nullable=False),
        sa.Column("submission_id", _ID, nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("officer_id", _ID, nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("claimed_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["forum_id"], ["forum.id"], name=op.f("fk_hearing_forum_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_hearing_submission_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_hearing_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing")),
        sa.UniqueConstraint("claim", name=op.f("uq_hearing_claim")),
        sa.UniqueConstraint("submission_id", name="uq_hearing_submission"),
    )
    op.create_index(op.f("ix_hearing_forum_id"), "hearing", ["forum_id"])
