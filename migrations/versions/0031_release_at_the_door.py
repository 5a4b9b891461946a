"""From when staff at the door may release the places of those who have not come."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


# Plain ADD COLUMN on both databases: a batch rebuild would drop the triggers of its table.
def upgrade() -> None:
    op.add_column("activity", sa.Column("release_minutes", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("activity", "release_minutes")
