"""Since when a person's inbox has each message."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE message SET shown_at = sent_at WHERE text <> ''")


def downgrade() -> None:
    op.drop_column("message", "shown_at")
