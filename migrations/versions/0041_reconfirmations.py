"""Asking those who hold a place whether they are still coming."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconfirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released", sa.Integer(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("release_at IS NULL OR release_at > ask_at", name=op.f("ck_reconfirmation_release_after_ask")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_reconfirmation_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_reconfirmation_slot_id_slot"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_reconfirmation_author_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconfirmation")),
    )
    op.create_index("ix_reconfirmation_activity_id", "reconfirmation", ["activity_id"], unique=False)
    op.create_index("ix_reconfirmation_slot_id", "reconfirmation", ["slot_id"], unique=False)
    op.create_table(
        "reconfirmation_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reconfirmation_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer IN ('coming', 'released', 'lapsed')", name=op.f("ck_reconfirmation_answer_answer_known")),
        sa.ForeignKeyConstraint(
            ["reconfirmation_id"],
            ["reconfirmation.id"],
            name=op.f("fk_reconfirmation_answer_reconfirmation_id_reconfirmation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_reconfirmation_answer_sign_up_id_sign_up"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconfirmation_answer")),
        sa.UniqueConstraint("reconfirmation_id", "sign_up_id", name="uq_reconfirmation_answer_sign_up"),
    )
    op.create_index("ix_reconfirmation_answer_sign_up_id", "reconfirmation_answer", ["sign_up_id"], unique=False)


def downgrade() -> None:
    op.drop_table("reconfirmation_answer")
    op.drop_table("reconfirmation")
