"""Decisions on sign-ups, and what a review still asks for."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ADD COLUMN on both databases: a batch rebuild of sign_up would drop its triggers.
    op.add_column("account", sa.Column("contact", sa.String(length=254), nullable=True))
    op.add_column("sign_up", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_up", sa.Column("reply", sa.String(length=500), server_default="", nullable=False))
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'reject', 'ask')", name=op.f("ck_review_decision_known")),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_review_actor_id_account")),
        sa.ForeignKeyConstraint(["sign_up_id"], ["sign_up.id"], name=op.f("fk_review_sign_up_id_sign_up"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_sign_up_id", "review", ["sign_up_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("review")
    op.drop_column("sign_up", "reply")
    op.drop_column("sign_up", "asked_at")
    op.drop_column("account", "contact")
