"""Gates and the scans made there, append-only; a signed-in device that only checks in."""

import scan_triggers
import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_gate_activity_id_activity"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
        sa.UniqueConstraint("activity_id", "name", name="uq_gate_name"),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=True),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("arrived_by", sa.Integer(), nullable=False),
        sa.Column("inside_by", sa.Integer(), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("gate_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.CheckConstraint("way IN ('in', 'out', 'undo')", name=op.f("ck_scan_way_known")),
        sa.CheckConstraint("(way = 'undo') = (undoes_id IS NOT NULL)", name=op.f("ck_scan_undo_of_something")),
        sa.CheckConstraint("(way = 'undo') = (reason IS NOT NULL)", name=op.f("ck_scan_undo_has_a_reason")),
        sa.CheckConstraint("persons >= 0 AND claimed >= 0", name=op.f("ck_scan_persons_not_negative")),
        sa.CheckConstraint(
            "sign_up_id IS NOT NULL OR (arrived_by = 0 AND inside_by = 0)", name=op.f("ck_scan_nobody_moves_nothing")
        ),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_scan_activity_id_activity")),
        sa.ForeignKeyConstraint(["sign_up_id"], ["sign_up.id"], name=op.f("fk_scan_sign_up_id_sign_up")),
        sa.ForeignKeyConstraint(["undoes_id"], ["scan.id"], name=op.f("fk_scan_undoes_id_scan")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_scan_gate_id_gate")),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_scan_actor_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
        sa.UniqueConstraint("nonce", name="uq_scan_nonce"),
    )
    op.create_index("ix_scan_sign_up_id", "scan", ["sign_up_id", "id"], unique=False)
    op.create_index("ix_scan_activity_id", "scan", ["activity_id", "id"], unique=False)
    op.create_index("ix_scan_undoes_id", "scan", ["undoes_id"], unique=False)
    scan_triggers.create(op)
    op.add_column("sign_in_session", sa.Column("is_gate", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("sign_in_session", "is_gate")
    scan_triggers.drop(op)
    op.drop_table("scan")
    op.drop_table("gate")
