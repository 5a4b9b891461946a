"""Which alarms a private feed rings with, instead of whether it does."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("calendar_choice") as table:
        table.add_column(sa.Column("alarm_hours", sa.String(length=20), nullable=False, server_default="1"))
    op.execute("UPDATE calendar_choice SET alarm_hours = '' WHERE NOT has_alarms")
    with op.batch_alter_table("calendar_choice") as table:
        table.alter_column("alarm_hours", existing_type=sa.String(length=20), existing_nullable=False, server_default=None)
        table.drop_column("has_alarms")


def downgrade() -> None:
    with op.batch_alter_table("calendar_choice") as table:
        table.add_column(sa.Column("has_alarms", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute("UPDATE calendar_choice SET has_alarms = (alarm_hours <> '')")
    with op.batch_alter_table("calendar_choice") as table:
        table.alter_column("has_alarms", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
        table.drop_column("alarm_hours")
