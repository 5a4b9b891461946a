"""A sign-up's name as it is found and sorted by sound."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A plain ADD COLUMN on both databases: no table is rebuilt, so no trigger is lost.
    op.add_column("sign_up", sa.Column("search_text", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE sign_up SET search_text = lower(name)")  # found by its characters until it is next saved


def downgrade() -> None:
    op.drop_column("sign_up", "search_text")
