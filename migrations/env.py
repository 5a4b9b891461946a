"""Alembic's environment: the running application's engine, and the traps of SQLite."""

import sys
from pathlib import Path

from alembic import context
from flask import current_app
from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).parent))  # for place_triggers and version_triggers

import version_triggers  # found by the line above

config = context.config


def _engine() -> Engine:
    return current_app.extensions["migrate"].db.engine


def _render_item(kind: str, item: object, _autogen_context: object) -> str | bool:
    """Write our own column types as plain SQLAlchemy: migrations never import the package."""
    if kind == "type" and type(item).__module__.startswith("festival."):
        return "sa.DateTime(timezone=True)"
    return False


def _is_of_models(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the tables of the jobs: they are of no model, and which there are depends on the database (``festival.jobs.tables``)."""
    return kind != "table" or name is None or not (name in {"job", "job_round"} or name.startswith("procrastinate_"))


def run() -> None:
    """Migrate with one connection, in one transaction per revision."""
    metadata = current_app.extensions["migrate"].db.metadata
    with _engine().connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # With foreign keys on, a batch rebuild of a parent table deletes its children through ON DELETE CASCADE.
            raw = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        version_triggers.drop(connection)
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=_render_item,
            include_name=_is_of_models,
            transaction_per_migration=True,
            transactional_ddl=True,  # ours begins explicitly, so SQLite undoes a failed revision too
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
            connection.commit()
        finally:
            connection.rollback()
            version_triggers.create(connection)
            connection.commit()
        if is_sqlite:
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            connection.rollback()
            raw.execute("PRAGMA foreign_keys=ON")
            if broken:
                msg = f"rows point nowhere after the migration: {broken[:5]}"
                raise RuntimeError(msg)


run()
