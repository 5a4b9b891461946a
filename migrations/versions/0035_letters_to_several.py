"""Letters to people of several activities: in two languages, for chosen states, at a time, stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_activity",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letter.id"], name=op.f("fk_letter_activity_letter_id_letter"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_letter_activity_activity_id_activity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("letter_id", "activity_id", name=op.f("pk_letter_activity")),
    )
    op.create_index("ix_letter_activity_activity_id", "letter_activity", ["activity_id"], unique=False)
    op.execute("INSERT INTO letter_activity (letter_id, activity_id) SELECT id, activity_id FROM letter")
    with op.batch_alter_table("letter") as table:
        table.add_column(sa.Column("subject_en", sa.String(length=80), nullable=False, server_default=""))
        table.add_column(sa.Column("body_en", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("urgent_reason", sa.String(length=200), nullable=False, server_default=""))
        table.add_column(sa.Column("states", sa.String(length=160), nullable=False, server_default=""))
        table.add_column(sa.Column("readers", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("stopped_by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("key", sa.String(length=64), nullable=True))
    op.execute(
        "UPDATE letter SET due_at = at, readers = (SELECT count(*) FROM letter_copy WHERE letter_copy.letter_id = letter.id)",
    )
    with op.batch_alter_table("letter") as table:
        table.alter_column("due_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        for name in ("subject_en", "body_en", "urgent_reason", "states", "readers"):
            table.alter_column(name, server_default=None)
        table.drop_index("ix_letter_activity_id")
        table.drop_constraint(op.f("fk_letter_activity_id_activity"), type_="foreignkey")
        table.drop_column("activity_id")
        table.create_foreign_key(op.f("fk_letter_stopped_by_id_account"), "account", ["stopped_by_id"], ["id"])
        table.create_unique_constraint("uq_letter_key", ["key"])


def downgrade() -> None:
    with op.batch_alter_table("letter") as table:
        table.add_column(sa.Column("activity_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE letter SET activity_id ="
        " (SELECT min(activity_id) FROM letter_activity WHERE letter_activity.letter_id = letter.id)",
    )
    with op.batch_alter_table("letter") as table:
        table.alter_column("activity_id", existing_type=sa.Integer(), nullable=False)
        table.create_foreign_key(op.f("fk_letter_activity_id_activity"), "activity", ["activity_id"], ["id"], ondelete="CASCADE")
        table.drop_constraint("uq_letter_key", type_="unique")
        table.drop_constraint(op.f("fk_letter_stopped_by_id_account"), type_="foreignkey")
        for name in (
            "subject_en",
            "body_en",
            "due_at",
            "urgent_reason",
            "states",
            "readers",
            "stopped_at",
            "stopped_by_id",
            "key",
        ):
            table.drop_column(name)
        table.create_index("ix_letter_activity_id", ["activity_id"], unique=False)
    op.drop_table("letter_activity")
