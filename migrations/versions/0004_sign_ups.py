"""Sign-ups, answers, idempotency and the ledger of places."""

import place_triggers
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=26), nullable=False),
        sa.Column("digits", sa.String(length=8), nullable=False),
        sa.Column("party_size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.Column("first_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_itip_seq", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name=op.f("ck_sign_up_offered_has_a_deadline")),
        sa.CheckConstraint("arrived = 0 OR state IN ('confirmed', 'attended')", name=op.f("ck_sign_up_arrived_needs_a_place")),
        sa.CheckConstraint(
            "state IN ('pending', 'entered', 'offered', 'confirmed', 'waitlisted', 'attended', 'no_show', 'withdrawn', 'removed', 'rejected', 'expired')",
            name=op.f("ck_sign_up_state_known"),
        ),
        sa.CheckConstraint("arrived >= 0 AND arrived <= party_size", name=op.f("ck_sign_up_arrived_within_party")),
        sa.CheckConstraint("party_size >= 1", name=op.f("ck_sign_up_party_size_positive")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_sign_up_activity_id_activity")),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_sign_up_person_id_account")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_sign_up_pool_id_pool")),
        sa.ForeignKeyConstraint(["session_id"], ["slot.id"], name=op.f("fk_sign_up_session_id_slot")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_sign_up_slot_id_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint("code", name="uq_sign_up_code"),
        sa.UniqueConstraint("digits", name="uq_sign_up_digits"),
    )
    op.create_index("ix_sign_up_activity_id", "sign_up", ["activity_id", "state"], unique=False)
    op.create_index("ix_sign_up_person_id", "sign_up", ["person_id"], unique=False)
    op.create_index("ix_sign_up_queue", "sign_up", ["pool_id", "state", "priority", "joined_at", "id"], unique=False)
    op.create_index("ix_sign_up_session_id", "sign_up", ["session_id"], unique=False)
    op.create_index("ix_sign_up_slot_id", "sign_up", ["slot_id"], unique=False)
    op.create_index(
        "uq_sign_up_one_per_claim",
        "sign_up",
        ["person_id", "claim"],
        unique=True,
        sqlite_where=sa.text("state IN ('pending', 'entered', 'offered', 'confirmed', 'waitlisted', 'attended', 'no_show')"),
        postgresql_where=sa.text("state IN ('pending', 'entered', 'offered', 'confirmed', 'waitlisted', 'attended', 'no_show')"),
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("question_key", sa.String(length=32), nullable=False),
        sa.Column("plain", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(plain IS NULL) <> (sealed IS NULL)", name=op.f("ck_answer_plain_or_sealed")),
        sa.ForeignKeyConstraint(["sign_up_id"], ["sign_up.id"], name=op.f("fk_answer_sign_up_id_sign_up"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("sign_up_id", "question_key", name="uq_answer_question"),
    )
    op.create_table(
        "answer_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("question_key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_answer_file_sign_up_id_sign_up"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_file")),
        sa.UniqueConstraint("sign_up_id", "question_key", name="uq_answer_file_question"),
    )
    op.create_table(
        "idempotent_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("was_already", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_idempotent_answer_sign_up_id_sign_up"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_answer")),
        sa.UniqueConstraint("browser", "key", name="uq_idempotent_answer_key"),
    )
    op.create_index("ix_idempotent_answer_at", "idempotent_answer", ["at"], unique=False)
    op.create_table(
        "seat_ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("state_before", sa.String(length=16), nullable=False),
        sa.Column("state_after", sa.String(length=16), nullable=False),
        sa.Column("party_size", sa.Integer(), nullable=False),
        sa.Column("taken_before", sa.Integer(), nullable=False),
        sa.Column("taken_after", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_seat_ledger_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_seat_ledger_actor_id_account")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_seat_ledger_pool_id_pool"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["sign_up_id"], ["sign_up.id"], name=op.f("fk_seat_ledger_sign_up_id_sign_up"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_ledger")),
    )
    op.create_index("ix_seat_ledger_pool_id", "seat_ledger", ["pool_id", "id"], unique=False)
    op.create_index("ix_seat_ledger_sign_up_id", "seat_ledger", ["sign_up_id"], unique=False)
    place_triggers.create(op)


def downgrade() -> None:
    place_triggers.drop(op)
    op.drop_table("seat_ledger")
    op.drop_table("idempotent_answer")
    op.drop_table("answer_file")
    op.drop_table("answer")
    op.drop_table("sign_up")
