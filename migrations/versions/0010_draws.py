"""Draws and their entries."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("seed_source_zh", sa.String(length=300), nullable=False),
        sa.Column("seed_source_en", sa.String(length=300), nullable=False),
        sa.Column("seed_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entrants", sa.Text(), nullable=False),
        sa.Column("entrants_sha256", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by_id", sa.Integer(), nullable=True),
        sa.Column("seed", sa.String(length=200), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drawn_by_id", sa.Integer(), nullable=True),
        sa.Column("void_reason_zh", sa.String(length=500), nullable=False),
        sa.Column("void_reason_en", sa.String(length=500), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'drawn' OR (seed IS NOT NULL AND drawn_at IS NOT NULL)", name=op.f("ck_draw_drawn_has_a_seed")
        ),
        sa.CheckConstraint("state <> 'void' OR void_reason_zh <> ''", name=op.f("ck_draw_void_has_a_reason")),
        sa.CheckConstraint("state IN ('frozen', 'drawn', 'void')", name=op.f("ck_draw_state_known")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_draw_activity_id_activity")),
        sa.ForeignKeyConstraint(["drawn_by_id"], ["account.id"], name=op.f("fk_draw_drawn_by_id_account")),
        sa.ForeignKeyConstraint(["frozen_by_id"], ["account.id"], name=op.f("fk_draw_frozen_by_id_account")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_draw_slot_id_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
    )
    op.create_index("ix_draw_activity_id", "draw", ["activity_id"], unique=False)
    op.create_index(
        "uq_draw_one_per_slot",
        "draw",
        ["slot_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'void'"),
        postgresql_where=sa.text("state <> 'void'"),
    )
    op.create_table(
        "draw_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=True),
        sa.Column("entry_no", sa.String(length=12), nullable=False),
        sa.Column("party_size", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('place', 'waitlisted', 'left')", name=op.f("ck_draw_entry_outcome_known")
        ),
        sa.ForeignKeyConstraint(["draw_id"], ["draw.id"], name=op.f("fk_draw_entry_draw_id_draw"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_draw_entry_pool_id_pool")),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_draw_entry_sign_up_id_sign_up"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_entry")),
        sa.UniqueConstraint("draw_id", "entry_no", name="uq_draw_entry_no"),
        sa.UniqueConstraint("draw_id", "pool_id", "rank", name="uq_draw_entry_rank"),
        sa.UniqueConstraint("draw_id", "sign_up_id", name="uq_draw_entry_sign_up"),
    )


def downgrade() -> None:
    op.drop_table("draw_entry")
    op.drop_table("draw")
