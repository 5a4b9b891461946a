"""What a person's mailbox was last told about a slot; until now a number on the sign-up, which nobody wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("method IN ('REQUEST', 'CANCEL')", name=op.f("ck_calendar_invitation_method_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calendar_invitation_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_calendar_invitation_slot_id_slot"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["address_id"], ["address.id"], name=op.f("fk_calendar_invitation_address_id_address"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_invitation")),
        sa.UniqueConstraint("account_id", "slot_id", name="uq_calendar_invitation_slot"),
    )
    # Without a rebuild of the table, which would drop its triggers on SQLite.
    op.drop_column("sign_up", "last_itip_seq")


def downgrade() -> None:
    op.add_column("sign_up", sa.Column("last_itip_seq", sa.Integer(), nullable=True))
    op.drop_table("calendar_invitation")
