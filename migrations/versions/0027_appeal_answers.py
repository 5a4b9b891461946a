"""What staff answer whoever says why they did not come, where it is not excused."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


# Plain ADD COLUMN on both databases: a batch rebuild of sign_up would drop its triggers.
def upgrade() -> None:
    op.add_column("sign_up", sa.Column("appeal_answer", sa.String(length=500), server_default="", nullable=False))
    op.add_column("sign_up", sa.Column("appeal_answered_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_up", "appeal_answered_at")
    op.drop_column("sign_up", "appeal_answer")
