"""CVs, applications, interviews and numbers at the booths of job fairs."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cv_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(sealed IS NULL) = (deleted_at IS NOT NULL)", name=op.f("ck_cv_version_deleted_has_no_file")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_cv_version_number_positive")),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_cv_version_person_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cv_version")),
        sa.UniqueConstraint("person_id", "number", name="uq_cv_version_number"),
    )
    op.create_table(
        "booth_number",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'called', 'done', 'missed', 'left')", name=op.f("ck_booth_number_state_known")),
        sa.ForeignKeyConstraint(
            ["called_by_id"], ["recruiter.id"], name=op.f("fk_booth_number_called_by_id_recruiter"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_booth_number_employer_id_employer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_booth_number_person_id_account")),
        sa.ForeignKeyConstraint(["session_id"], ["slot.id"], name=op.f("fk_booth_number_session_id_slot"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booth_number")),
        sa.UniqueConstraint("employer_id", "session_id", "number", name="uq_booth_number_number"),
    )
    op.create_index("ix_booth_number_person_id", "booth_number", ["person_id"], unique=False)
    op.create_index("ix_booth_number_session_id", "booth_number", ["session_id"], unique=False)
    op.create_index(
        "uq_booth_number_one_per_person",
        "booth_number",
        ["employer_id", "session_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'called')"),
        postgresql_where=sa.text("state IN ('waiting', 'called')"),
    )
    op.create_table(
        "job_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("position_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("cv_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('submitted', 'viewed', 'shortlisted', 'invited', 'accepted', 'declined', 'intent', 'not_selected', 'withdrawn')",
            name=op.f("ck_job_application_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_job_application_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["cv_id"], ["cv_version.id"], name=op.f("fk_job_application_cv_id_cv_version")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_job_application_employer_id_employer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_job_application_person_id_account")),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_job_application_position_id_position"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_application")),
    )
    op.create_index("ix_job_application_activity_id", "job_application", ["activity_id", "state"], unique=False)
    op.create_index("ix_job_application_cv_id", "job_application", ["cv_id"], unique=False)
    op.create_index("ix_job_application_employer_id", "job_application", ["employer_id", "state"], unique=False)
    op.create_index("ix_job_application_person_id", "job_application", ["person_id"], unique=False)
    op.create_index("ix_job_application_position_id", "job_application", ["position_id"], unique=False)
    op.create_index(
        "uq_job_application_one_per_position",
        "job_application",
        ["person_id", "position_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "cv_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cv_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("reader_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["job_application.id"],
            name=op.f("fk_cv_access_application_id_job_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["cv_id"], ["cv_version.id"], name=op.f("fk_cv_access_cv_id_cv_version"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["reader_id"], ["account.id"], name=op.f("fk_cv_access_reader_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cv_access")),
    )
    op.create_index("ix_cv_access_application_id", "cv_access", ["application_id"], unique=False)
    op.create_index("ix_cv_access_cv_id", "cv_access", ["cv_id", "id"], unique=False)
    op.create_table(
        "interview",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("recruiter_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minute >= 0 AND minute < 1440", name=op.f("ck_interview_minute_of_a_day")),
        sa.CheckConstraint("seat >= 0", name=op.f("ck_interview_seat_not_negative")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["job_application.id"],
            name=op.f("fk_interview_application_id_job_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_interview_person_id_account")),
        sa.ForeignKeyConstraint(
            ["recruiter_id"], ["recruiter.id"], name=op.f("fk_interview_recruiter_id_recruiter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["slot.id"], name=op.f("fk_interview_session_id_slot"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview")),
    )
    op.create_index("ix_interview_application_id", "interview", ["application_id", "id"], unique=False)
    op.create_index("ix_interview_session_id", "interview", ["session_id"], unique=False)
    op.create_index(
        "uq_interview_one_at_a_time",
        "interview",
        ["person_id", "session_id", "minute"],
        unique=True,
        sqlite_where=sa.text("cancelled_at IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_index(
        "uq_interview_one_per_application",
        "interview",
        ["application_id"],
        unique=True,
        sqlite_where=sa.text("cancelled_at IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_index(
        "uq_interview_one_per_chair",
        "interview",
        ["recruiter_id", "session_id", "minute", "seat"],
        unique=True,
        sqlite_where=sa.text("cancelled_at IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "interview_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("recruiter_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["job_application.id"],
            name=op.f("fk_interview_offer_application_id_job_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recruiter_id"], ["recruiter.id"], name=op.f("fk_interview_offer_recruiter_id_recruiter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["slot.id"], name=op.f("fk_interview_offer_session_id_slot"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interview_offer")),
        sa.UniqueConstraint("application_id", "recruiter_id", "session_id", "minute", name="uq_interview_offer_time"),
    )
    op.create_index("ix_interview_offer_recruiter_id", "interview_offer", ["recruiter_id"], unique=False)
    op.create_index("ix_interview_offer_session_id", "interview_offer", ["session_id"], unique=False)
    op.create_table(
        "job_application_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["job_application.id"],
            name=op.f("fk_job_application_note_application_id_job_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_job_application_note_author_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_application_note")),
    )
    op.create_index("ix_job_application_note_application_id", "job_application_note", ["application_id", "id"], unique=False)
    op.create_table(
        "job_application_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('seeker', 'employer')", name=op.f("ck_job_application_step_side_known")),
        sa.CheckConstraint(
            "state IN ('submitted', 'viewed', 'shortlisted', 'invited', 'accepted', 'declined', 'intent', 'not_selected', 'withdrawn')",
            name=op.f("ck_job_application_step_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["job_application.id"],
            name=op.f("fk_job_application_step_application_id_job_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_application_step")),
    )
    op.create_index("ix_job_application_step_application_id", "job_application_step", ["application_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("job_application_step")
    op.drop_table("job_application_note")
    op.drop_table("interview_offer")
    op.drop_table("interview")
    op.drop_table("cv_access")
    op.drop_table("job_application")
    op.drop_table("booth_number")
    op.drop_table("cv_version")
