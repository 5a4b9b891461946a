"""Models equal the migrated schema; migrations go up, down and up again with rows in the tables."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy.exc import IntegrityError

from festival.app import create_app
from festival.jobs import tables as jobs
from festival.lib.db import db
from tests.application import closed, make_settings
from tests.database import ROOT

MIGRATIONS = str(ROOT / "migrations")
FILES = sorted((ROOT / "migrations" / "versions").glob("*.py"))
REVISIONS = [path.name[:4] for path in FILES]
#: Constraints as SQLite and PostgreSQL write them: which words a column may hold.
_CHOICES = re.compile(r"""\(?"?(\w+)"?\)?(?:::[\w ]+)?\s*(?:IN\s*\(|=\s*ANY\s*\(+ARRAY\[)'([^']+)'""")


@pytest.fixture
def empty_app(empty_database, tmp_path) -> Iterator[Flask]:
    """An application whose database has no tables yet."""
    app = create_app(make_settings(empty_database, tmp_path))
    with closed(app), app.app_context():
        yield app


# -- models equal the schema ------------------------------------------------------------------------------------------------


def test_models_equal_the_migrated_schema(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_of_models})
        assert compare_metadata(context, db.metadata) == []


def test_models_and_schema_have_the_same_constraints(app):
    """Alembic compares neither checks nor the conditions of partial indexes."""
    seen = sa.inspect(db.engine)

    checks = {(table, check["name"]) for table in db.metadata.tables for check in seen.get_check_constraints(table)}
    partial = {
        index["name"]
        for table in db.metadata.tables
        for index in seen.get_indexes(table)
        if index.get("dialect_options", {}).get(f"{db.engine.dialect.name}_where") is not None
    }

    assert checks == {
        (table.name, str(constraint.name))
        for table in db.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    assert partial == {
        index.name
        for table in db.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options[db.engine.dialect.name]["where"] is not None
    }


def test_migrations_form_one_numbered_line():
    links = [
        re.search(r'^revision = "(\d+)"\ndown_revision = (?:"(\d+)"|None)$', path.read_text(), re.MULTILINE) for path in FILES
    ]

    assert [link and link.groups() for link in links] == list(zip(REVISIONS, [None, *REVISIONS], strict=False))


# -- up, down, up -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_migration_goes_up_down_and_up_with_rows_in_the_tables(empty_app):
    for revision in REVISIONS:
        before = counts()
        flask_migrate.upgrade(MIGRATIONS, revision)
        assert before.items() <= counts().items(), f"{revision} up lost rows"

        fill_empty_tables()
        full = counts()
        flask_migrate.downgrade(MIGRATIONS, "-1")
        kept = counts()
        assert kept.items() <= full.items(), f"{revision} down lost rows"

        flask_migrate.upgrade(MIGRATIONS, revision)
        assert kept.items() <= counts().items(), f"{revision} up again lost rows"
        fill_empty_tables()


def test_all_migrations_go_down_with_rows_and_leave_nothing(empty_app):
    flask_migrate.upgrade(MIGRATIONS)
    fill_empty_tables()

    flask_migrate.downgrade(MIGRATIONS, "base")

    assert counts() == {}
    flask_migrate.upgrade(MIGRATIONS)
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_of_models})
        assert compare_metadata(context, db.metadata) == []


def is_of_models(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the tables of the jobs: they are no models, and which there are depends on the database."""
    return kind != "table" or name is None or not jobs.is_of_jobs(name)


def counts() -> dict[str, int]:
    """Return how many rows each table has."""
    names = sorted(set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"})
    with db.engine.connect() as connection:
        return {name: connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one() for name in names}


def fill_empty_tables() -> None:
    """Write one made-up row into each table that has none, parents first."""
    reflected = sa.MetaData()
    empty = [name for name, rows in counts().items() if rows == 0 and not name.startswith(jobs.THEIRS)]  # not ours to fill
    reflected.reflect(db.engine, only=empty)
    for table in reflected.sorted_tables:
        if table.name in empty:  # reflection brings the tables they point to as well
            _write_row(table)


def _write_row(table: sa.Table) -> None:
    """Write the first made-up row that the table's constraints take."""
    refusals = []
    for row in _rows(table):
        try:
            with db.engine.begin() as connection:
                connection.execute(table.insert().values(row))
        except IntegrityError as refusal:
            refusals.append(str(refusal.orig).splitlines()[0])
        else:
            return
    pytest.fail(f"no made-up row fits {table.name}: {sorted(set(refusals))}")


def _rows(table: sa.Table) -> Iterator[dict[str, Any]]:
    """Yield rows to try: every column filled, then without one or another that may be empty."""
    choices = _choices(table)
    full = {column.name: _value(column, choices, place) for place, column in enumerate(table.columns)}
    optional = [column.name for column in table.columns if column.nullable]
    needed = {name: value for name, value in full.items() if name not in optional}
    yield full
    yield needed
    for name in optional:
        yield {key: value for key, value in full.items() if key != name}
        yield needed | {name: full[name]}
    for name in optional:
        for other in optional:
            yield {key: value for key, value in full.items() if key not in {name, other}}
            yield needed | {name: full[name], other: full[other]}


def _choices(table: sa.Table) -> dict[str, str]:
    """Return the first word that each column with a list of words may hold."""
    found: dict[str, str] = {}
    for check in sa.inspect(db.engine).get_check_constraints(table.name):
        for column, word in _CHOICES.findall(check["sqltext"]):
            found.setdefault(column, word)
    return found


def _value(column: sa.Column[Any], choices: dict[str, str], place: int) -> Any:
    """Return a plain value: 1 for numbers and keys, a wide limit where none is needed, later times for later columns."""
    if column.name in choices:
        return choices[column.name]
    match column.type:
        case sa.Boolean():
            return True
        case sa.DateTime():
            return datetime(2023, 6, 16, 2, place, tzinfo=None if db.engine.dialect.name == "sqlite" else UTC)
        case sa.Date():
            return date(2023, 6, 16) + timedelta(days=place)
        case sa.LargeBinary():
            return b"x"
        case sa.JSON():
            return {}
        case sa.Numeric() | sa.Float() | sa.Integer():
            return 100 if column.nullable and not column.foreign_keys else 1
    return "x"
