"""Activities kept for later, and the entries of a private calendar that say when their sign-up opens."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wants_word", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_saved_activity_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_saved_activity_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_activity")),
        sa.UniqueConstraint("account_id", "activity_id", name="uq_saved_activity_once"),
    )
    op.create_index("ix_saved_activity_activity_id", "saved_activity", ["activity_id"])
    op.create_table(
        "calendar_opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calendar_opening_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_calendar_opening_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_opening")),
        sa.UniqueConstraint("account_id", "activity_id", name="uq_calendar_opening_once"),
        sa.UniqueConstraint("uid", name="uq_calendar_opening_uid"),
    )
    with op.batch_alter_table("calendar_choice") as table:
        table.add_column(sa.Column("shows_openings", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("calendar_choice") as table:
        table.alter_column("shows_openings", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("calendar_choice") as table:
        table.drop_column("shows_openings")
    op.drop_table("calendar_opening")
    op.drop_index("ix_saved_activity_activity_id", "saved_activity")
    op.drop_table("saved_activity")
