"""Roles, privacy notices and consents."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "role IN ('administrator', 'organizer', 'reviewer', 'steward', 'auditor')",
            name=op.f("ck_role_grant_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_role_grant_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_role_grant_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(
        "uq_role_grant_activity",
        "role_grant",
        ["account_id", "role", "activity_id"],
        unique=True,
        sqlite_where=sa.text("activity_id IS NOT NULL"),
        postgresql_where=sa.text("activity_id IS NOT NULL"),
    )
    op.create_index(
        "uq_role_grant_festival",
        "role_grant",
        ["account_id", "role"],
        unique=True,
        sqlite_where=sa.text("activity_id IS NULL"),
        postgresql_where=sa.text("activity_id IS NULL"),
    )
    op.create_table(
        "privacy_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_privacy_notice_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_notice")),
        sa.UniqueConstraint("activity_id", "version", name="uq_privacy_notice_version"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=True),
        sa.Column("question_key", sa.String(length=32), nullable=True),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_consent_account_id_account"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_consent_activity_id_activity")),
        sa.ForeignKeyConstraint(["notice_id"], ["privacy_notice.id"], name=op.f("fk_consent_notice_id_privacy_notice")),
        sa.ForeignKeyConstraint(["sign_up_id"], ["sign_up.id"], name=op.f("fk_consent_sign_up_id_sign_up"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_account_id", "consent", ["account_id"], unique=False)
    op.create_index("ix_consent_sign_up_id", "consent", ["sign_up_id"], unique=False)


def downgrade() -> None:
    op.drop_table("consent")
    op.drop_table("privacy_notice")
    op.drop_table("role_grant")
