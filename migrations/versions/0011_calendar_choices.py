"""A longer feed key, a reading per family of clients, and a person's choice of alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("has_alarms", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calendar_choice_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_choice")),
        sa.UniqueConstraint("account_id", name="uq_calendar_choice_account_id"),
    )
    with op.batch_alter_table("calendar_feed") as table:
        table.alter_column("key", existing_type=sa.String(length=64), type_=sa.String(length=80), existing_nullable=False)
    with op.batch_alter_table("feed_reading") as table:
        table.drop_constraint("uq_feed_reading_account", type_="unique")
        table.create_unique_constraint("uq_feed_reading_client", ["account_id", "client"])


def downgrade() -> None:
    # One row per account fits again: the newest reading stays. Stored feeds are only a copy of what can be built.
    op.execute(
        "DELETE FROM feed_reading WHERE EXISTS (SELECT 1 FROM feed_reading AS newer"
        " WHERE newer.account_id = feed_reading.account_id"
        " AND (newer.read_at > feed_reading.read_at OR (newer.read_at = feed_reading.read_at AND newer.id > feed_reading.id)))"
    )
    op.execute("DELETE FROM calendar_feed WHERE length(key) > 64")
    with op.batch_alter_table("feed_reading") as table:
        table.drop_constraint("uq_feed_reading_client", type_="unique")
        table.create_unique_constraint("uq_feed_reading_account", ["account_id"])
    with op.batch_alter_table("calendar_feed") as table:
        table.alter_column("key", existing_type=sa.String(length=80), type_=sa.String(length=64), existing_nullable=False)
    op.drop_table("calendar_choice")
