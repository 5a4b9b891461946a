"""Seats: maps of halls, who sits where, and what each was told."""

import seat_triggers
import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seat_map",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_seat_map_slot_id_slot"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_seat_map_pool_id_pool"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_map")),
        sa.UniqueConstraint("slot_id", "pool_id", name="uq_seat_map_pool"),
    )
    op.create_index(
        "uq_seat_map_one_per_slot",
        "seat_map",
        ["slot_id"],
        unique=True,
        sqlite_where=sa.text("pool_id IS NULL"),
        postgresql_where=sa.text("pool_id IS NULL"),
    )
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("map_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Integer(), nullable=False),
        sa.Column("row_name", sa.String(length=6), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('ordinary', 'accessible', 'blocked')", name=op.f("ck_seat_kind_known")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_seat_number_positive")),
        sa.ForeignKeyConstraint(["map_id"], ["seat_map.id"], name=op.f("fk_seat_map_id_seat_map"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_seat_pool_id_pool"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("map_id", "row_name", "number", name="uq_seat_name"),
        sa.UniqueConstraint("map_id", "line", "column", name="uq_seat_place"),
    )
    op.create_index("ix_seat_pool_id", "seat", ["pool_id"])
    op.create_table(
        "seat_given",
        sa.Column("seat_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("nth >= 1", name=op.f("ck_seat_given_nth_positive")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_seat_given_seat_id_seat")),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_seat_given_sign_up_id_sign_up"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_seat_given_by_id_account")),
        sa.PrimaryKeyConstraint("seat_id", name=op.f("pk_seat_given")),
        sa.UniqueConstraint("sign_up_id", "nth", name="uq_seat_given_nth"),
    )
    op.create_table(
        "seat_told",
        sa.Column("sign_up_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seats", sa.String(length=1000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sign_up_id"], ["sign_up.id"], name=op.f("fk_seat_told_sign_up_id_sign_up"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sign_up_id", name=op.f("pk_seat_told")),
    )
    seat_triggers.create(op)


def downgrade() -> None:
    seat_triggers.drop(op)
    op.drop_table("seat_told")
    op.drop_table("seat_given")
    op.drop_table("seat")
    op.drop_index("uq_seat_map_one_per_slot", "seat_map")
    op.drop_table("seat_map")
