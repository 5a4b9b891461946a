"""Why and when a plan changed, weather plans with their decision, what people answered, pools merged away."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_REASONS = (("plan_reason_zh", 100), ("plan_reason_en", 200))


def upgrade() -> None:
    # Plain ADD COLUMN on both databases: a batch rebuild of slot, pool or sign_up would drop its triggers.
    for table in ("activity", "slot"):
        for name, length in _REASONS:
            op.add_column(table, sa.Column(name, sa.String(length=length), server_default="", nullable=False))
    op.add_column("slot", sa.Column("decision_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("slot", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("pool", sa.Column("is_closed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sign_up", sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
    _move_decisions()


def _move_decisions() -> None:
    """Take when a show is decided on out of its details: every slot with a weather plan says it now."""
    connection = op.get_bind()
    activity, slot, seeded = (
        sa.table("activity", sa.column("id"), sa.column("kind"), sa.column("details")),
        sa.table("slot", sa.column("activity_id"), sa.column("parent_id"), sa.column("decision_at", sa.DateTime(timezone=True))),
        sa.table("seeded_value", sa.column("subject"), sa.column("subject_id"), sa.column("field"), sa.column("value")),
    )
    for row in connection.execute(sa.select(activity.c.id, activity.c.details).where(activity.c.kind == "show")).all():
        details = json.loads(row.details or "{}")
        decides_by = details.pop("decides_by", None)
        if decides_by is None:
            continue
        text = json.dumps(details, ensure_ascii=False, separators=(",", ":"))
        connection.execute(sa.update(activity).where(activity.c.id == row.id).values(details=text))
        planted = (seeded.c.subject == "activity") & (seeded.c.subject_id == row.id) & (seeded.c.field == "details")
        before = json.dumps(row.details, ensure_ascii=False)
        connection.execute(
            sa.update(seeded).where(planted, seeded.c.value == before).values(value=json.dumps(text, ensure_ascii=False)),
        )
        sessions = (slot.c.activity_id == row.id) & slot.c.parent_id.is_(None)
        connection.execute(sa.update(slot).where(sessions).values(decision_at=_stored(decides_by)))


def _stored(instant: str) -> datetime:
    """Return an ISO instant as the column keeps it: UTC, on SQLite without saying so."""
    at = datetime.fromisoformat(instant).astimezone(UTC)
    return at if op.get_bind().dialect.name == "postgresql" else at.replace(tzinfo=None)


def downgrade() -> None:
    op.drop_column("sign_up", "kept_at")
    op.drop_column("pool", "is_closed")
    op.drop_column("slot", "moved_at")
    op.drop_column("slot", "decision_at")
    for table in ("slot", "activity"):
        for name, _length in _REASONS:
            op.drop_column(table, name)
