"""The tables of the jobs are those that the migrations make: ours on SQLite, those of procrastinate's release on PostgreSQL."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from procrastinate.schema import SchemaManager

from festival.jobs import tables
from festival.lib.db import db
from tests.database import ROOT


def test_our_table_is_the_migrated_one(app, dialect):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": of_jobs, "compare_type": True})
        differences = compare_metadata(context, tables.ours)

    assert [difference[0] for difference in differences if dialect == "sqlite"] == []
    assert ("add_table" in [difference[0] for difference in differences]) == (dialect == "postgresql")


def of_jobs(name, kind, _parents):
    return kind != "table" or name in tables.ours.tables


def test_the_schema_of_procrastinate_is_that_of_the_release_that_is_installed():
    """If it fails after an upgrade: what the new release changed wants a migration of ours, and a file of its own."""
    ours = (ROOT / "migrations" / "procrastinate-3.10.sql").read_text(encoding="utf-8")
    begins = "-- Enums\n"

    assert ours.partition(begins)[2] == SchemaManager.get_schema().partition(begins)[2] != ""
