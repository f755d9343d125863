"""the lane of a case before it was reclassified

Cases of the city that were denunciations, or about the conduct of officers, keep that lane. Their
former kinds and topics are in the audit log.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_CITY = "31"
_CONDUCT = {"officer_attitude", "crime_report_handling"}
_LANES = ("conduct", "denunciation")  # the more protected one comes last
_audit = sa.table(
    "audit",
    sa.column("id", sa.BigInteger),
    sa.column("action", sa.String),
    sa.column("submission_id", sa.BigInteger),
    sa.column("details", sa.JSON),
)
_submission = sa.table(
    "submission",
    sa.column("id", sa.BigInteger),
    sa.column("kind", sa.String),
    sa.column("handled_by", sa.String),
    sa.column("former_lane", sa.String),
)


def upgrade() -> None:
    op.add_column("submission", sa.Column("former_lane", sa.String(32), nullable=True))
    connection = op.get_bind()
    entries = connection.execute(
        sa.select(_audit.c.submission_id, _audit.c.details, _submission.c.kind)
        .join(_submission, _submission.c.id == _audit.c.submission_id)
        .where(_audit.c.action == "case.reclassify", _submission.c.handled_by == _CITY)
        .order_by(_audit.c.id)
    ).all()
    former: dict[int, str] = {}
    for entry in entries:
        lane = _find_lane(entry.details.get("from", {}), entry.kind)
        known = former.get(entry.submission_id)
        if lane is not None and (known is None or _LANES.index(lane) > _LANES.index(known)):
            former[entry.submission_id] = lane
    for number, lane in former.items():
        connection.execute(
            sa.update(_submission).where(_submission.c.id == number).values(former_lane=lane)
        )


def _find_lane(before: dict[str, object], present_kind: str) -> str | None:
    """Return the lane of the kind and the topics that a case had; None if it was in none."""
    kind, topics = before.get("kind", present_kind), before.get("topics", [])
    if kind == "denunciation" and "kind" in before:
        return "denunciation"
    is_conduct = isinstance(topics, list) and not _CONDUCT.isdisjoint(topics)
    return "conduct" if is_conduct and kind != "praise" else None
