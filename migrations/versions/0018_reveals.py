"""How many people one member of staff may reveal in an hour before the auditor is told."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("festival", sa.Column("reveals_max", sa.Integer(), server_default="20", nullable=False))


def downgrade() -> None:
    op.drop_column("festival", "reveals_max")
