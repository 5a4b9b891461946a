"""Publication at a time set beforehand, editions being prepared, questions added later."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Plain ADD COLUMN on both databases: nothing is rebuilt, no trigger is lost.
_COLUMNS = (
    ("festival", "is_preparing", sa.Boolean(), sa.false()),
    ("activity", "publish_at", sa.DateTime(timezone=True), None),
    ("question", "added_at", sa.DateTime(timezone=True), None),
    ("question", "reminded_at", sa.DateTime(timezone=True), None),
)


def upgrade() -> None:
    for table, name, its_type, default in _COLUMNS:
        op.add_column(table, sa.Column(name, its_type, server_default=default, nullable=default is None))


def downgrade() -> None:
    for table, name, _type, _default in reversed(_COLUMNS):
        op.drop_column(table, name)
