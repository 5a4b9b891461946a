"""Numbers, tables and choices of a mixer."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def _to(column: str, target: str, table: str, *, cascades: bool = True) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE" if cascades else None)


def upgrade() -> None:
    op.create_table(
        "mixer_run",
        sa.Column("activity_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("blind", sa.LargeBinary(), nullable=True),
        sa.Column("current_round", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pairs", sa.Integer(), nullable=True),
        sa.CheckConstraint("(settled_at IS NULL) = (pairs IS NULL)", name=op.f("ck_mixer_run_settled_has_a_count")),
        sa.CheckConstraint("settled_at IS NULL OR blind IS NULL", name=op.f("ck_mixer_run_settled_is_not_blind")),
        sa.CheckConstraint("current_round >= 0", name=op.f("ck_mixer_run_round_not_negative")),
        _to("activity_id", "activity", "mixer_run"),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_mixer_run")),
    )
    op.create_table(
        "mixer_guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_mixer_guest_number_positive")),
        _to("activity_id", "activity", "mixer_guest", cascades=False),
        _to("pool_id", "pool", "mixer_guest", cascades=False),
        _to("sign_up_id", "sign_up", "mixer_guest"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mixer_guest")),
        sa.UniqueConstraint("sign_up_id", name="uq_mixer_guest_sign_up"),
        sa.UniqueConstraint("pool_id", "number", name="uq_mixer_guest_number"),
        sa.UniqueConstraint("public_key", name="uq_mixer_guest_public_key"),
    )
    op.create_index("ix_mixer_guest_activity_id", "mixer_guest", ["activity_id"], unique=False)
    op.create_table(
        "mixer_preference",
        sa.Column("sign_up_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("no_photo", sa.Boolean(), nullable=False),
        _to("sign_up_id", "sign_up", "mixer_preference"),
        sa.PrimaryKeyConstraint("sign_up_id", name=op.f("pk_mixer_preference")),
    )
    op.create_table(
        "mixer_acquaintance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sign_up_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(length=8), nullable=False),
        _to("sign_up_id", "sign_up", "mixer_acquaintance"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mixer_acquaintance")),
        sa.UniqueConstraint("sign_up_id", "said", name="uq_mixer_acquaintance_said"),
    )
    op.create_table(
        "mixer_block",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("blocked_id", sa.Integer(), nullable=False),
        _to("blocked_id", "mixer_guest", "mixer_block"),
        _to("by_id", "mixer_guest", "mixer_block"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mixer_block")),
        sa.UniqueConstraint("by_id", "blocked_id", name="uq_mixer_block"),
    )
    op.create_index("ix_mixer_block_blocked_id", "mixer_block", ["blocked_id"], unique=False)
    op.create_table(
        "mixer_meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("left_id", sa.Integer(), nullable=True),
        sa.Column("right_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("left_id IS NOT NULL OR right_id IS NOT NULL", name=op.f("ck_mixer_meeting_somebody")),
        sa.CheckConstraint("round >= 1", name=op.f("ck_mixer_meeting_round_positive")),
        _to("activity_id", "activity", "mixer_meeting"),
        _to("left_id", "mixer_guest", "mixer_meeting"),
        _to("right_id", "mixer_guest", "mixer_meeting"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mixer_meeting")),
        sa.UniqueConstraint("left_id", "right_id", name="uq_mixer_meeting_once"),
        sa.UniqueConstraint("left_id", "round", name="uq_mixer_meeting_left"),
        sa.UniqueConstraint("right_id", "round", name="uq_mixer_meeting_right"),
    )
    op.create_index("ix_mixer_meeting_activity_id", "mixer_meeting", ["activity_id", "round"], unique=False)
    op.create_table(
        "mixer_choice",
        sa.Column("guest_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        _to("guest_id", "mixer_guest", "mixer_choice"),
        sa.PrimaryKeyConstraint("guest_id", "tag", name=op.f("pk_mixer_choice")),
    )
    op.create_index("ix_mixer_choice_tag", "mixer_choice", ["tag"], unique=False)
    op.create_table(
        "mixer_pair",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("left_id", sa.Integer(), nullable=False),
        sa.Column("right_id", sa.Integer(), nullable=False),
        sa.Column("left_contact", sa.LargeBinary(), nullable=False),
        sa.Column("right_contact", sa.LargeBinary(), nullable=False),
        _to("left_id", "mixer_guest", "mixer_pair"),
        _to("right_id", "mixer_guest", "mixer_pair"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mixer_pair")),
        sa.UniqueConstraint("left_id", "right_id", name="uq_mixer_pair"),
    )
    op.create_index("ix_mixer_pair_right_id", "mixer_pair", ["right_id"], unique=False)
    op.create_table(
        "mixer_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("may_be_asked", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "what IN ('harassment', 'untrue', 'pictures', 'selling', 'other')", name=op.f("ck_mixer_report_what_known")
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name=op.f("ck_mixer_report_closed_by_somebody")),
        _to("about_id", "mixer_guest", "mixer_report"),
        _to("activity_id", "activity", "mixer_report"),
        _to("by_id", "mixer_guest", "mixer_report"),
        _to("closed_by_id", "account", "mixer_report", cascades=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mixer_report")),
    )
    op.create_index("ix_mixer_report_about_id", "mixer_report", ["about_id"], unique=False)
    op.create_index("ix_mixer_report_activity_id", "mixer_report", ["activity_id", "id"], unique=False)
    op.create_index("ix_mixer_report_by_id", "mixer_report", ["by_id"], unique=False)


def downgrade() -> None:
    for table in (
        "mixer_report",
        "mixer_pair",
        "mixer_choice",
        "mixer_meeting",
        "mixer_block",
        "mixer_acquaintance",
        "mixer_preference",
        "mixer_guest",
        "mixer_run",
    ):
        op.drop_table(table)
