"""Employers of job fairs: booths, papers, positions, recruiters, reports of positions, figures entered by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "employer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("industry", sa.String(length=16), nullable=False),
        sa.Column("size", sa.String(length=16), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applicant_id", sa.Integer(), nullable=True),
        sa.Column("contact_name", sa.String(length=100), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_note", sa.String(length=500), nullable=False),
        sa.Column("review_fields", sa.String(length=200), nullable=False),
        sa.Column("waiting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "industry IN ('it', 'design', 'finance', 'shipping', 'trade', 'health', 'culture', 'education', 'service', 'other')",
            name=op.f("ck_employer_industry_known"),
        ),
        sa.CheckConstraint("name_zh <> '' OR name_en <> ''", name=op.f("ck_employer_has_a_name")),
        sa.CheckConstraint("size IN ('1-19', '20-99', '100-499', '500-999', '1000+')", name=op.f("ck_employer_size_known")),
        sa.CheckConstraint(
            "state IN ('applied', 'returned', 'approved', 'rejected', 'withdrawn')", name=op.f("ck_employer_state_known")
        ),
        sa.CheckConstraint("arrived_at IS NULL OR missed_at IS NULL", name=op.f("ck_employer_came_or_missed")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_employer_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["applicant_id"], ["account.id"], name=op.f("fk_employer_applicant_id_account")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["account.id"], name=op.f("fk_employer_reviewer_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer")),
        sa.UniqueConstraint("activity_id", "key", name="uq_employer_key"),
    )
    op.create_index("ix_employer_activity_id", "employer", ["activity_id", "state"], unique=False)
    op.create_index("ix_employer_applicant_id", "employer", ["applicant_id"], unique=False)
    op.create_index("ix_employer_uscc", "employer", ["uscc"], unique=False)
    op.create_index(
        "uq_employer_one_live_per_code",
        "employer",
        ["activity_id", "uscc"],
        unique=True,
        sqlite_where=sa.text("state IN ('applied', 'approved', 'returned')"),
        postgresql_where=sa.text("state IN ('applied', 'approved', 'returned')"),
    )

    op.create_table(
        "booth",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.String(length=4), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'taken') = (employer_id IS NOT NULL)", name=op.f("ck_booth_taken_by_somebody")),
        sa.CheckConstraint("state IN ('free', 'taken', 'released')", name=op.f("ck_booth_state_known")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_booth_number_positive")),
        sa.CheckConstraint("x >= 0 AND y >= 0", name=op.f("ck_booth_on_the_plan")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_booth_activity_id_activity"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["employer_id"], ["employer.id"], name=op.f("fk_booth_employer_id_employer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booth")),
        sa.UniqueConstraint("activity_id", "row", "number", name="uq_booth_place"),
        sa.UniqueConstraint("employer_id", name="uq_booth_one_per_employer"),
    )
    op.create_table(
        "employer_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("paper IN ('licence', 'mandate', 'advert')", name=op.f("ck_employer_paper_paper_known")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_employer_paper_employer_id_employer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_paper")),
        sa.UniqueConstraint("employer_id", "paper", name="uq_employer_paper_paper"),
    )
    op.create_table(
        "fair_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("figure", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "figure IN ('employers', 'positions', 'openings', 'visitors', 'cvs', 'interviews', 'intents', 'signed', 'ratio')",
            name=op.f("ck_fair_figure_figure_known"),
        ),
        sa.CheckConstraint("value >= 0", name=op.f("ck_fair_figure_value_not_negative")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_fair_figure_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_fair_figure_employer_id_employer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["account.id"], name=op.f("fk_fair_figure_entered_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fair_figure")),
    )
    op.create_index(
        "uq_fair_figure_of_an_employer",
        "fair_figure",
        ["employer_id", "figure"],
        unique=True,
        sqlite_where=sa.text("employer_id IS NOT NULL"),
        postgresql_where=sa.text("employer_id IS NOT NULL"),
    )
    op.create_index(
        "uq_fair_figure_of_the_fair",
        "fair_figure",
        ["activity_id", "figure"],
        unique=True,
        sqlite_where=sa.text("employer_id IS NULL"),
        postgresql_where=sa.text("employer_id IS NULL"),
    )

    op.create_table(
        "position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=100), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("education", sa.String(length=16), nullable=False),
        sa.Column("pay_min", sa.Integer(), nullable=True),
        sa.Column("pay_max", sa.Integer(), nullable=True),
        sa.Column("pay_per", sa.String(length=8), nullable=True),
        sa.Column("pay_note_zh", sa.String(length=60), nullable=False),
        sa.Column("pay_note_en", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_why", sa.String(length=500), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "education IN ('college', 'bachelor', 'master', 'doctor', 'student')", name=op.f("ck_position_education_known")
        ),
        sa.CheckConstraint("pay_min IS NOT NULL OR pay_note_zh <> '' OR pay_note_en <> ''", name=op.f("ck_position_pay_said")),
        sa.CheckConstraint("pay_per IN ('month', 'day')", name=op.f("ck_position_pay_per_known")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_position_state_known")),
        sa.CheckConstraint("title_zh <> '' OR title_en <> ''", name=op.f("ck_position_has_a_title")),
        sa.CheckConstraint(
            "(pay_min IS NULL) = (pay_max IS NULL) AND (pay_min IS NULL) = (pay_per IS NULL)", name=op.f("ck_position_pay_whole")
        ),
        sa.CheckConstraint("openings >= 1", name=op.f("ck_position_openings_positive")),
        sa.CheckConstraint("pay_min >= 1 AND pay_max >= pay_min", name=op.f("ck_position_pay_in_order")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_position_employer_id_employer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
        sa.UniqueConstraint("employer_id", "ordinal", name="uq_position_ordinal"),
    )
    op.create_table(
        "recruiter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('mobile', 'mail')", name=op.f("ck_recruiter_channel_known")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recruiter_account_id_account")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employer.id"], name=op.f("fk_recruiter_employer_id_employer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recruiter")),
    )
    op.create_index("ix_recruiter_account_id", "recruiter", ["account_id"], unique=False)
    op.create_index("ix_recruiter_address", "recruiter", ["address"], unique=False)
    op.create_index(
        "uq_recruiter_address",
        "recruiter",
        ["employer_id", "address"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )

    op.create_table(
        "position_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position_id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_position_report_decided_once")),
        sa.CheckConstraint("reason IN ('fake', 'fee', 'pay', 'bias', 'other')", name=op.f("ck_position_report_reason_known")),
        sa.CheckConstraint("state IN ('open', 'upheld', 'dismissed')", name=op.f("ck_position_report_state_known")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_position_report_decided_by_id_account")),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_position_report_position_id_position"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reporter_id"], ["account.id"], name=op.f("fk_position_report_reporter_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_report")),
    )
    op.create_index("ix_position_report_reporter_id", "position_report", ["reporter_id"], unique=False)
    op.create_index(
        "uq_position_report_one_per_person",
        "position_report",
        ["position_id", "reporter_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_table("position_report")
    op.drop_table("recruiter")
    op.drop_table("position")
    op.drop_table("fair_figure")
    op.drop_table("employer_paper")
    op.drop_table("booth")
    op.drop_table("employer")
