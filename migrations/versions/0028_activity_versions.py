"""A version of each activity's structure, so that processes may keep it. Its triggers: ``version_triggers``, by ``env.py``."""

import sqlalchemy as sa
import version_triggers
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_version",
        sa.Column("activity_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activity_version")),
    )


def downgrade() -> None:
    version_triggers.drop(op.get_bind())
    op.drop_table("activity_version")
