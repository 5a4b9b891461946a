"""What forms for several activities were answered with."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=26), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_bundle_person_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
        sa.UniqueConstraint("code", name="uq_bundle_code"),
        sa.UniqueConstraint("browser", "key", name="uq_bundle_key"),
    )
    op.create_index("ix_bundle_person_id", "bundle", ["person_id"])
    op.create_table(
        "bundle_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bundle_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=True),
        sa.Column("was_already", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.CheckConstraint("(sign_up_id IS NULL) = (reason IS NOT NULL)", name=op.f("ck_bundle_verdict_one_answer")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_bundle_verdict_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_bundle_verdict_bundle_id_bundle"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_bundle_verdict_sign_up_id_sign_up"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_verdict")),
        sa.UniqueConstraint("bundle_id", "activity_id", name="uq_bundle_verdict_activity"),
    )
    op.create_index("ix_bundle_verdict_sign_up_id", "bundle_verdict", ["sign_up_id"])


def downgrade() -> None:
    op.drop_table("bundle_verdict")
    op.drop_table("bundle")
