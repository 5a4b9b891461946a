"""Festivals, tracks, venues, activities, slots and pools."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "festival",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("theme_zh", sa.String(length=200), nullable=False),
        sa.Column("theme_en", sa.String(length=200), nullable=False),
        sa.Column("host_zh", sa.String(length=200), nullable=False),
        sa.Column("host_en", sa.String(length=300), nullable=False),
        sa.Column("organiser_zh", sa.String(length=200), nullable=False),
        sa.Column("organiser_en", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("shift_weeks", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("calendar_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_festival_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_festival")),
        sa.UniqueConstraint("slug", name="uq_festival_slug"),
    )
    op.create_table(
        "festival_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("festival_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("text_zh", sa.String(length=200), nullable=False),
        sa.Column("text_en", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["festival_id"], ["festival.id"], name=op.f("fk_festival_figure_festival_id_festival"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_festival_figure")),
        sa.UniqueConstraint("festival_id", "key", name="uq_festival_figure_key"),
    )
    op.create_table(
        "track",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("festival_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=100), nullable=False),
        sa.Column("title_en", sa.String(length=100), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.ForeignKeyConstraint(["festival_id"], ["festival.id"], name=op.f("fk_track_festival_id_festival"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track")),
        sa.UniqueConstraint("festival_id", "key", name="uq_track_key"),
    )
    op.create_table(
        "venue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("festival_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("address_zh", sa.String(length=200), nullable=False),
        sa.Column("address_en", sa.String(length=200), nullable=False),
        sa.Column("transit_zh", sa.String(length=200), nullable=False),
        sa.Column("transit_en", sa.String(length=200), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("point_quality", sa.String(length=16), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name=op.f("ck_venue_point_whole")),
        sa.ForeignKeyConstraint(["festival_id"], ["festival.id"], name=op.f("fk_venue_festival_id_festival"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
        sa.UniqueConstraint("festival_id", "key", name="uq_venue_key"),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("festival_id", sa.Integer(), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=300), nullable=False),
        sa.Column("short_title_zh", sa.String(length=20), nullable=False),
        sa.Column("short_title_en", sa.String(length=60), nullable=False),
        sa.Column("summary_zh", sa.String(length=300), nullable=False),
        sa.Column("summary_en", sa.String(length=500), nullable=False),
        sa.Column("description_zh", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("host_zh", sa.String(length=200), nullable=False),
        sa.Column("host_en", sa.String(length=300), nullable=False),
        sa.Column("host_phone", sa.String(length=40), nullable=False),
        sa.Column("audience_zh", sa.String(length=300), nullable=False),
        sa.Column("audience_en", sa.String(length=500), nullable=False),
        sa.Column("notices_zh", sa.Text(), nullable=False),
        sa.Column("notices_en", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_hours_before", sa.Integer(), nullable=True),
        sa.Column("result_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirm_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_reviewed", sa.Boolean(), nullable=False),
        sa.Column("party_max", sa.Integer(), nullable=False),
        sa.Column("waitlist_limit", sa.Integer(), nullable=True),
        sa.Column("promotion", sa.String(length=8), nullable=False),
        sa.Column("promotion_cutoff_minutes", sa.Integer(), nullable=False),
        sa.Column("overlap", sa.String(length=8), nullable=False),
        sa.Column("days_ahead", sa.Integer(), nullable=True),
        sa.Column("per_organisation", sa.Integer(), nullable=True),
        sa.Column("allows_walk_ins", sa.Boolean(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('open', 'approval', 'ballot', 'invitation', 'ticket')", name=op.f("ck_activity_mode_known")),
        sa.CheckConstraint("status IN ('draft', 'published', 'postponed', 'cancelled')", name=op.f("ck_activity_status_known")),
        sa.CheckConstraint(
            "closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at",
            name=op.f("ck_activity_closes_after_opening"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_activity_ends_after_start")),
        sa.CheckConstraint("party_max >= 1", name=op.f("ck_activity_party_max_positive")),
        sa.CheckConstraint("waitlist_limit IS NULL OR waitlist_limit >= 0", name=op.f("ck_activity_waitlist_limit_not_negative")),
        sa.ForeignKeyConstraint(
            ["festival_id"], ["festival.id"], name=op.f("fk_activity_festival_id_festival"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_activity_track_id_track")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_activity_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("festival_id", "slug", name="uq_activity_slug"),
    )
    op.create_index("ix_activity_festival_id", "activity", ["festival_id", "position"], unique=False)
    op.create_table(
        "slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=48), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("label_zh", sa.String(length=100), nullable=False),
        sa.Column("label_en", sa.String(length=100), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doors_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("backup_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("previous_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("original_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("original_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_ceiling", sa.Integer(), nullable=True),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('scheduled', 'postponed', 'cancelled')", name=op.f("ck_slot_status_known")),
        sa.CheckConstraint("approved_ceiling IS NULL OR approved_ceiling >= 0", name=op.f("ck_slot_ceiling_not_negative")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_slot_ends_after_start")),
        sa.CheckConstraint("heads >= 0", name=op.f("ck_slot_heads_not_negative")),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_slot_sequence_not_negative")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_slot_activity_id_activity"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["slot.id"], name=op.f("fk_slot_parent_id_slot"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_slot_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint("activity_id", "key", name="uq_slot_key"),
        sa.UniqueConstraint("uid", name="uq_slot_uid"),
    )
    op.create_index("ix_slot_activity_id", "slot", ["activity_id", "starts_at"], unique=False)
    op.create_index("ix_slot_parent_id", "slot", ["parent_id"], unique=False)
    op.create_table(
        "pool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=48), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label_zh", sa.String(length=100), nullable=False),
        sa.Column("label_en", sa.String(length=100), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("access", sa.String(length=16), nullable=False),
        sa.Column("quota_question", sa.String(length=32), nullable=True),
        sa.Column("quota_answer", sa.String(length=32), nullable=True),
        sa.Column("waitlist_limit", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.CheckConstraint("access IN ('open', 'approval', 'ballot', 'invitation')", name=op.f("ck_pool_access_known")),
        sa.CheckConstraint("(quota_question IS NULL) = (quota_answer IS NULL)", name=op.f("ck_pool_quota_whole")),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", name=op.f("ck_pool_capacity_not_negative")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_pool_taken_not_negative")),
        sa.CheckConstraint("waitlist_limit IS NULL OR waitlist_limit >= 0", name=op.f("ck_pool_waitlist_limit_not_negative")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_pool_slot_id_slot"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("slot_id", "key", name="uq_pool_key"),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("sensitivity", sa.String(length=16), nullable=False),
        sa.Column("consent_with", sa.String(length=32), nullable=True),
        sa.Column("label_zh", sa.String(length=100), nullable=False),
        sa.Column("label_en", sa.String(length=200), nullable=False),
        sa.Column("purpose_zh", sa.String(length=200), nullable=False),
        sa.Column("purpose_en", sa.String(length=300), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=True),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("retain_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("sensitivity IN ('basic', 'personal', 'sensitive')", name=op.f("ck_question_sensitivity_known")),
        sa.CheckConstraint("retain_days >= 0", name=op.f("ck_question_retain_days_not_negative")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_question_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("activity_id", "key", name="uq_question_key"),
    )
    op.create_table(
        "question_option",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label_zh", sa.String(length=100), nullable=False),
        sa.Column("label_en", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_question_option_question_id_question"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_option")),
        sa.UniqueConstraint("question_id", "key", name="uq_question_option_key"),
    )
    op.create_table(
        "provenance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("level IN ('fact', 'inferred', 'demo')", name=op.f("ck_provenance_level_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provenance")),
        sa.UniqueConstraint("subject", "subject_id", "field", name="uq_provenance_field"),
    )


def downgrade() -> None:
    op.drop_table("provenance")
    op.drop_table("question_option")
    op.drop_table("question")
    op.drop_table("pool")
    op.drop_table("slot")
    op.drop_table("activity")
    op.drop_table("venue")
    op.drop_table("track")
    op.drop_table("festival_figure")
    op.drop_table("festival")
