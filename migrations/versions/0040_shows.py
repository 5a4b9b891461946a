"""Shows: the ground with its zones, entrances and landmarks, the weather plan, and decisions, append-only."""

import show_triggers
import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_CAUSES = "'wind', 'rain', 'lightning', 'airspace', 'technical', 'crowd', 'other'"


def upgrade() -> None:
    op.create_table(
        "show_area",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mark_zh", sa.String(length=40), nullable=False),
        sa.Column("mark_en", sa.String(length=60), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("safety_limit", sa.Integer(), nullable=True),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("wheelchair_places", sa.Integer(), nullable=False),
        sa.Column("is_step_free", sa.Boolean(), nullable=False),
        sa.CheckConstraint("role IN ('zone', 'water', 'building', 'stage')", name=op.f("ck_show_area_role_known")),
        sa.CheckConstraint("(role = 'zone') = (pool_id IS NOT NULL)", name=op.f("ck_show_area_zone_has_a_pool")),
        sa.CheckConstraint("(role = 'zone') = (safety_limit IS NOT NULL)", name=op.f("ck_show_area_zone_has_a_safety_limit")),
        sa.CheckConstraint(
            "staff >= 0 AND (safety_limit IS NULL OR staff < safety_limit)", name=op.f("ck_show_area_staff_within_safety_limit")
        ),
        sa.CheckConstraint("wheelchair_places >= 0", name=op.f("ck_show_area_wheelchair_places_not_negative")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_show_area_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_show_area_pool_id_pool"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_show_area")),
        sa.UniqueConstraint("activity_id", "key", name="uq_show_area_key"),
        sa.UniqueConstraint("pool_id", name="uq_show_area_pool_id"),
    )
    op.create_table(
        "show_corner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.CheckConstraint("x >= 0 AND x <= 1000 AND y >= 0 AND y <= 640", name=op.f("ck_show_corner_on_the_plan")),
        sa.ForeignKeyConstraint(["area_id"], ["show_area.id"], name=op.f("fk_show_corner_area_id_show_area"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_show_corner")),
        sa.UniqueConstraint("area_id", "position", name="uq_show_corner_position"),
    )
    op.create_table(
        "show_entrance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("gate_id", sa.Integer(), nullable=False),
        sa.Column("label_zh", sa.String(length=40), nullable=False),
        sa.Column("label_en", sa.String(length=60), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("is_step_free", sa.Boolean(), nullable=False),
        sa.CheckConstraint("x >= 0 AND x <= 1000 AND y >= 0 AND y <= 640", name=op.f("ck_show_entrance_on_the_plan")),
        sa.ForeignKeyConstraint(
            ["area_id"], ["show_area.id"], name=op.f("fk_show_entrance_area_id_show_area"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_show_entrance_gate_id_gate"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_show_entrance")),
        sa.UniqueConstraint("gate_id", name="uq_show_entrance_gate_id"),
    )
    op.create_index("ix_show_entrance_area_id", "show_entrance", ["area_id"], unique=False)
    op.create_table(
        "show_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("weather_zh", sa.Text(), nullable=False),
        sa.Column("weather_en", sa.Text(), nullable=False),
        sa.Column("transit_zh", sa.Text(), nullable=False),
        sa.Column("transit_en", sa.Text(), nullable=False),
        sa.Column("no_fly_zh", sa.Text(), nullable=False),
        sa.Column("no_fly_en", sa.Text(), nullable=False),
        sa.Column("no_fly_metres", sa.Integer(), nullable=True),
        sa.CheckConstraint("no_fly_metres IS NULL OR no_fly_metres > 0", name=op.f("ck_show_plan_no_fly_metres_positive")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_show_plan_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_show_plan")),
        sa.UniqueConstraint("activity_id", name=op.f("uq_show_plan_activity_id")),
    )
    op.create_table(
        "show_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("about_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=True),
        sa.Column("reason_zh", sa.String(length=100), nullable=False),
        sa.Column("reason_en", sa.String(length=200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("what IN ('go', 'hold', 'postpone', 'cancel')", name=op.f("ck_show_decision_what_known")),
        sa.CheckConstraint(f"cause IS NULL OR cause IN ({_CAUSES})", name=op.f("ck_show_decision_cause_known")),
        sa.CheckConstraint("(what = 'go') = (cause IS NULL)", name=op.f("ck_show_decision_all_but_go_have_a_cause")),
        sa.CheckConstraint(
            "what = 'go' OR (reason_zh <> '' AND reason_en <> '')", name=op.f("ck_show_decision_all_but_go_have_a_reason")
        ),
        sa.CheckConstraint("(what = 'hold') = (until IS NOT NULL)", name=op.f("ck_show_decision_hold_names_the_next_word")),
        sa.CheckConstraint("told >= 0", name=op.f("ck_show_decision_told_not_negative")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_show_decision_slot_id_slot"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_show_decision_actor_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_show_decision")),
    )
    op.create_index("ix_show_decision_slot_id", "show_decision", ["slot_id", "id"], unique=False)
    show_triggers.create(op)


def downgrade() -> None:
    show_triggers.drop(op)
    op.drop_table("show_decision")
    op.drop_table("show_plan")
    op.drop_table("show_entrance")
    op.drop_table("show_corner")
    op.drop_table("show_area")
