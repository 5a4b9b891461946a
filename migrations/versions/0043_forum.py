"""Parts of a session with places of their own; a forum's agenda, what people saved of it, materials and certificates."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("slot", sa.Column("is_extra", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "forum_material",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("session_key", sa.String(length=16), nullable=False),
        sa.Column("title_zh", sa.String(length=100), nullable=False),
        sa.Column("title_en", sa.String(length=150), nullable=False),
        sa.Column("audience", sa.Enum("everybody", "attendees", name="audience", native_enum=False, length=16), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience IN ('everybody', 'attendees')", name=op.f("ck_forum_material_audience_known")),
        sa.CheckConstraint("size >= 1", name=op.f("ck_forum_material_size_positive")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_forum_material_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["account.id"], name=op.f("fk_forum_material_uploaded_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_material")),
    )
    op.create_index("ix_forum_material_activity_id", "forum_material", ["activity_id", "opens_at"], unique=False)

    op.create_table(
        "forum_room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_forum_room_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_room")),
        sa.UniqueConstraint("activity_id", "name_zh", name="uq_forum_room_name"),
    )
    op.create_table(
        "forum_saved",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("session_key", sa.String(length=16), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_forum_saved_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_forum_saved_person_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_saved")),
        sa.UniqueConstraint("person_id", "activity_id", "session_key", name="uq_forum_saved_once"),
    )
    op.create_index("ix_forum_saved_activity_id", "forum_saved", ["activity_id", "session_key"], unique=False)

    op.create_table(
        "forum_setting",
        sa.Column("activity_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("credit_hours", sa.Integer(), nullable=True),
        sa.Column("least_percent", sa.Integer(), server_default="80", nullable=False),
        sa.CheckConstraint(
            "credit_hours IS NULL OR credit_hours BETWEEN 1 AND 100", name=op.f("ck_forum_setting_credit_hours_sane")
        ),
        sa.CheckConstraint("least_percent BETWEEN 1 AND 100", name=op.f("ck_forum_setting_least_percent_sane")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_forum_setting_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_forum_setting")),
    )
    op.create_table(
        "forum_speaker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("role_zh", sa.String(length=120), nullable=False),
        sa.Column("role_en", sa.String(length=200), nullable=False),
        sa.Column("about_zh", sa.Text(), nullable=False),
        sa.Column("about_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_forum_speaker_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_speaker")),
    )
    op.create_index("ix_forum_speaker_activity_id", "forum_speaker", ["activity_id", "position"], unique=False)

    op.create_table(
        "forum_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("note_zh", sa.String(length=200), nullable=False),
        sa.Column("note_en", sa.String(length=300), nullable=False),
        sa.CheckConstraint("n >= 1", name=op.f("ck_forum_version_n_positive")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_forum_version_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["published_by_id"], ["account.id"], name=op.f("fk_forum_version_published_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_version")),
        sa.UniqueConstraint("activity_id", "n", name="uq_forum_version_n"),
    )
    op.create_index(
        "uq_forum_version_one_draft",
        "forum_version",
        ["activity_id"],
        unique=True,
        sqlite_where=sa.text("published_at IS NULL"),
        postgresql_where=sa.text("published_at IS NULL"),
    )

    op.create_table(
        "forum_news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_forum_news_person_id_account")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["forum_version.id"], name=op.f("fk_forum_news_version_id_forum_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_news")),
        sa.UniqueConstraint("version_id", "person_id", name="uq_forum_news_once"),
    )
    op.create_table(
        "forum_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("day_id", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("lasts_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "opening",
                "keynote",
                "panel",
                "parallel",
                "matching",
                "break",
                "closing",
                name="sessiontype",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=100), nullable=False),
        sa.Column("title_en", sa.String(length=100), nullable=False),
        sa.Column("summary_zh", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.CheckConstraint("(type = 'parallel') = (seats IS NOT NULL)", name=op.f("ck_forum_session_break_outs_have_seats")),
        sa.CheckConstraint(
            "type IN ('opening', 'keynote', 'panel', 'parallel', 'matching', 'break', 'closing')",
            name=op.f("ck_forum_session_type_known"),
        ),
        sa.CheckConstraint("seats IS NULL OR seats >= 1", name=op.f("ck_forum_session_seats_positive")),
        sa.CheckConstraint("starts_minute >= 0 AND lasts_minutes >= 1", name=op.f("ck_forum_session_ends_after_start")),
        sa.ForeignKeyConstraint(["day_id"], ["slot.id"], name=op.f("fk_forum_session_day_id_slot"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["room_id"], ["forum_room.id"], name=op.f("fk_forum_session_room_id_forum_room"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["forum_version.id"], name=op.f("fk_forum_session_version_id_forum_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_session")),
        sa.UniqueConstraint("version_id", "key", name="uq_forum_session_key"),
    )
    op.create_index("ix_forum_session_room_id", "forum_session", ["room_id"], unique=False)

    op.create_table(
        "forum_session_speaker",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["forum_session.id"],
            name=op.f("fk_forum_session_speaker_session_id_forum_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["forum_speaker.id"],
            name=op.f("fk_forum_session_speaker_speaker_id_forum_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "speaker_id", name=op.f("pk_forum_session_speaker")),
    )
    op.create_index("ix_forum_session_speaker_speaker_id", "forum_session_speaker", ["speaker_id"], unique=False)

    op.create_table(
        "forum_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("masked_name", sa.String(length=100), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("(revoked_at IS NULL) = (reason = '')", name=op.f("ck_forum_certificate_revoked_with_a_reason")),
        sa.CheckConstraint("hours BETWEEN 1 AND 100", name=op.f("ck_forum_certificate_hours_sane")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_forum_certificate_activity_id_activity")),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_forum_certificate_sign_up_id_sign_up"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_certificate")),
        sa.UniqueConstraint("number", name="uq_forum_certificate_number"),
        sa.UniqueConstraint("sign_up_id", name="uq_forum_certificate_sign_up"),
    )
    op.create_index("ix_forum_certificate_activity_id", "forum_certificate", ["activity_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("forum_certificate")
    op.drop_table("forum_session_speaker")
    op.drop_table("forum_session")
    op.drop_table("forum_news")
    op.drop_table("forum_version")
    op.drop_table("forum_speaker")
    op.drop_table("forum_setting")
    op.drop_table("forum_saved")
    op.drop_table("forum_room")
    op.drop_table("forum_material")
    op.drop_column("slot", "is_extra")
