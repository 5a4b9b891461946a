"""Jobs: our table on SQLite, the tables of procrastinate on PostgreSQL."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_THEIRS = Path(__file__).parents[1] / "procrastinate-3.10.sql"
_FUNCTIONS = (
    "defer_jobs_v1", "defer_periodic_job_v2", "fetch_job_v2", "finish_job_v1", "cancel_job_v1", "retry_job_v1", "retry_job_v2",
    "notify_queue_job_inserted_v1", "notify_queue_abort_job_v1", "trigger_function_status_events_insert_v1",
    "trigger_function_status_events_update_v1", "trigger_function_scheduled_events_v1",
    "trigger_abort_requested_events_procedure_v1", "unlink_periodic_defers_v1", "register_worker_v1", "unregister_worker_v1",
    "update_heartbeat_v1", "prune_stalled_workers_v1",
)  # fmt: skip


def upgrade() -> None:
    if _is_postgresql():
        # Many statements, and percent signs that are no parameters: handed to the driver as they stand.
        op.get_bind().connection.driver_connection.execute(_THEIRS.read_text(encoding="utf-8"))
        return
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alone", sa.String(length=64), nullable=True),
        sa.CheckConstraint("state IN ('todo', 'doing', 'failed')", name=op.f("ck_job_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_due", "job", ["state", "queue", "due_at"], unique=False)
    op.create_table(
        "job_round",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_round")),
    )


def downgrade() -> None:
    if not _is_postgresql():
        op.drop_table("job_round")
        op.drop_table("job")
        return
    for function in _FUNCTIONS:
        op.execute(f"DROP FUNCTION procrastinate_{function} CASCADE")  # and the triggers that call it
    for table in ("events", "periodic_defers", "jobs", "workers"):
        op.execute(f"DROP TABLE procrastinate_{table}")
    for kind in ("job_to_defer_v1", "job_event_type", "job_status"):
        op.execute(f"DROP TYPE procrastinate_{kind}")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
