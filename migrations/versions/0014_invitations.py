"""Invitations to pools that are not open."""

import place_triggers
import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=26), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("uses_max", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("uses_max >= 1", name=op.f("ck_invitation_uses_max_positive")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_invitation_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["account.id"], name=op.f("fk_invitation_created_by_id_account")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_invitation_pool_id_pool"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("code", name="uq_invitation_code"),
    )
    op.create_index("ix_invitation_activity_id", "invitation", ["activity_id", "id"], unique=False)
    # Plain ADD COLUMN: a batch rebuild of sign_up would drop its triggers. In words, since Alembic adds a key apart, which SQLite cannot.
    op.execute(
        "ALTER TABLE sign_up ADD COLUMN invitation_id INTEGER"
        " CONSTRAINT fk_sign_up_invitation_id_invitation REFERENCES invitation (id)",
    )
    op.create_index("ix_sign_up_invitation_id", "sign_up", ["invitation_id"])


def downgrade() -> None:
    op.drop_index("ix_sign_up_invitation_id", "sign_up")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_column("sign_up", "invitation_id")
    else:
        # SQLite drops no column that a key hangs on without a rebuild; the triggers are made again after it.
        place_triggers.drop(op)
        with op.batch_alter_table("sign_up") as table:
            table.drop_column("invitation_id")
        place_triggers.create(op)
    op.drop_table("invitation")
