"""The audit trail: append-only by triggers, numbered and sealed in a chain."""

import audit_triggers
import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("audit_entry", sa.Column("seal", sa.String(length=64), nullable=True))
    op.create_index("uq_audit_entry_number", "audit_entry", ["number"], unique=True)
    audit_triggers.create(op)


def downgrade() -> None:
    audit_triggers.drop(op)
    op.drop_index("uq_audit_entry_number", table_name="audit_entry")
    op.drop_column("audit_entry", "seal")
    op.drop_column("audit_entry", "number")
