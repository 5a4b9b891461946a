"""The second factor of staff, who used a code, and how far a message got."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("totp_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("account", sa.Column("totp_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("account_id", "digest", name="uq_recovery_code_digest"),
    )
    op.add_column("code_challenge", sa.Column("used_by", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("message", sa.Column("reached", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("message", sa.Column("locale", sa.String(length=2), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("message", "locale")
    op.drop_column("message", "reached")
    op.drop_column("code_challenge", "used_by")
    op.drop_table("recovery_code")
    op.drop_column("account", "totp_step")
    op.drop_column("account", "totp_sealed")
