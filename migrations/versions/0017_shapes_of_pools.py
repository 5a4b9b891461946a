"""Reserves, batches and balance of pools; what one person may hold; excuses for not having come."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Plain ADD COLUMN on both databases: a batch rebuild of sign_up or pool would drop its triggers.
_COLUMNS = (
    ("festival", "activities_max", sa.Integer(), None),
    ("activity", "smaller_may_pass", sa.Boolean(), sa.false()),
    ("activity", "balance_tolerance", sa.Integer(), None),
    ("pool", "is_flex", sa.Boolean(), sa.false()),
    ("pool", "borrowed", sa.Integer(), "0"),
    ("sign_up", "excused_at", sa.DateTime(timezone=True), None),
    ("sign_up", "appeal", sa.String(length=500), ""),
    ("sign_up", "appealed_at", sa.DateTime(timezone=True), None),
)


def upgrade() -> None:
    for table, name, its_type, default in _COLUMNS:
        op.add_column(table, sa.Column(name, its_type, server_default=default, nullable=default is None))
    op.create_table(
        "pool_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("places >= 1", name=op.f("ck_pool_batch_places_positive")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_batch_pool_id_pool"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_batch")),
        sa.UniqueConstraint("pool_id", "at", name="uq_pool_batch_at"),
    )


def downgrade() -> None:
    op.drop_table("pool_batch")
    for table, name, _type, _default in reversed(_COLUMNS):
        op.drop_column(table, name)
