"""Statements that are run very often: compiled once, and several of them sent to the database in one go.

SQLAlchemy spends more on a small statement than the database does, and PostgreSQL waits out the way there and back for each. A
``Prepared`` is written like any other statement, so that columns and types are checked, and runs in the session's own
transaction; what it gives are plain rows, never entities.
"""

import re
import sqlite3
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Table, Update, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from festival.lib.db import Model, db

Statement: TypeAlias = Select[*tuple[Any, ...]] | Insert | Update | Delete
Values: TypeAlias = Mapping[str, object]


class Prepared:
    """A statement of which only the values differ: its bind parameters without a value of their own."""

    def __init__(self, statement: Statement | Mapping[str, Statement]) -> None:
        """:param statement: by the database's name where it is written in its own words."""
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def compiled(self, dialect: Dialect) -> "_Compiled":
        """Return it as a database takes it."""
        found = self._compiled.get(dialect.name)
        if found is None:
            statement = self._statement[dialect.name] if isinstance(self._statement, Mapping) else self._statement
            found = self._compiled[dialect.name] = _Compiled(statement, dialect)
        return found


class _Compiled:
    """A statement as text, with what turns values into parameters and a row into named values."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        asked = {name for name, parameter in compiled.binds.items() if parameter.required}
        whole = compiled.construct_expanded_state(dict.fromkeys(asked))  # lists of fixed values are written out
        self.text: str = whole.statement
        writers: Mapping[str, Any] = {**compiled._bind_processors, **whole.processors}  # noqa: SLF001  # what execution itself uses
        fixed = {name: value for name, value in whole.parameters.items() if name not in asked}
        self._fixed = {name: writers[name](value) if name in writers else value for name, value in fixed.items()}
        if not compiled.positional:
            self.text, self._fixed = _spelt_out(self.text, self._fixed)
        self._asked = [(name, writers.get(name)) for name in asked]
        self._order: Sequence[str] | None = whole.positiontup
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._row = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc]  # noqa: PYI024  # as many shapes as statements
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._readers = [(number, reader) for number, reader in enumerate(readers) if reader is not None]

    def parameters(self, values: Values) -> Any:
        """Return the parameters in the driver's form."""
        given = self._fixed | {name: values[name] if write is None else write(values[name]) for name, write in self._asked}
        return given if self._order is None else [given[name] for name in self._order]

    def row(self, found: Sequence[Any] | None) -> Any:
        """Return a row with its values by name; None where there is none."""
        if found is None:
            return None
        values = list(found)
        for number, read in self._readers:
            values[number] = read(values[number])
        return self._row(*values)


def _spelt_out(text: str, fixed: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a statement for PostgreSQL with its fixed words and numbers in it, and the values that remain.

    It plans a statement once, for any values: only of what stands there can it know how rare it is, such as an offer among
    100,000 sign-ups.
    """
    words = {name: f"'{value}'" for name, value in fixed.items() if isinstance(value, str) and _PLAIN.fullmatch(value)}
    words |= {name: str(value) for name, value in fixed.items() if type(value) is int}
    for name, literal in words.items():
        text = text.replace(f"%({name})s", literal)
    return text, {name: value for name, value in fixed.items() if name not in words}


_PLAIN = re.compile(r"\w+")


def insert_into(model: type[Model], *names: str) -> Prepared:
    """Return the INSERT of a row with values for these columns; the others get the defaults that they would in an entity."""
    table = model.__table__
    assert isinstance(table, Table)
    defaults = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in names and column.default is not None and column.default.is_scalar
    }
    return Prepared(insert(table).inline().values({name: bindparam(name) for name in names} | defaults))


def put_into(model: type[Model], *names: str, key: tuple[str, ...]) -> Prepared:
    """Return the INSERT of a row that overwrites the one with this unique key; one statement, so that nobody comes in between."""
    return Prepared({dialect: _upsert(model, insert, names, key) for dialect, insert in _INSERTS.items()})


_INSERTS = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _upsert(model: type[Model], insert: Any, names: tuple[str, ...], key: tuple[str, ...]) -> Insert:
    into = insert(model.__table__).inline()
    changed = {name: into.excluded[name] for name in names if name not in key}
    whole: Insert = into.values({name: bindparam(name) for name in names}).on_conflict_do_update(index_elements=key, set_=changed)
    return whole


# -- reading -------------------------------------------------------------------------------------------------------------------


def ask(*asked: tuple[Prepared, Values]) -> list[Any]:
    """Return the first row of each question, None where there is none. They are answered in order, each by a snapshot of its own.

    What the session has not written yet is written before.

    :raises DBAPIError: as SQLAlchemy would.
    """
    db.session.flush()
    connection = db.session.connection()
    driver: Any = connection.connection.driver_connection
    questions = [(one.compiled(connection.dialect), values) for one, values in asked]
    with _told_as_sqlalchemy_would(connection), _in_one_go(driver, len(asked)):
        cursors = [_run(connection, driver, one, one.parameters(values)) for one, values in questions]
        return [one.row(cursor.fetchone()) for cursor, (one, _) in zip(cursors, questions, strict=True)]


def glance(question: Prepared, values: Values) -> Any:
    """Return the first row of one question that is asked outside any transaction; None: there is none.

    :raises DBAPIError: as SQLAlchemy would.
    """
    if db.session().in_transaction():
        return ask((question, values))[0]
    engine = db.engine
    compiled = question.compiled(engine.dialect)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with _told_as_sqlalchemy_would(connection), _outside_transactions(driver):
            return compiled.row(_run(connection, driver, compiled, compiled.parameters(values)).fetchone())


# -- writing -------------------------------------------------------------------------------------------------------------------


class Writes:
    """Writes of one transaction; see ``in_one_go``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection

    def run(self, write: Prepared, *rows: Values) -> Any:
        """Run a write for each of these rows. Returns the driver's cursor; None: there are no rows."""
        if not rows:
            return None
        compiled = write.compiled(self._connection.dialect)
        parameters = [compiled.parameters(values) for values in rows]
        return _run(self._connection, self._driver, compiled, parameters[0] if len(rows) == 1 else parameters)


@contextmanager
def in_one_go() -> Iterator[Writes]:
    """Have the writes of the block, none of which gives anything back, go to PostgreSQL in one go. What fails, fails at its end.

    What the session has not written yet is written before.

    :raises DBAPIError: as SQLAlchemy would.
    """
    db.session.flush()
    connection = db.session.connection()
    with _told_as_sqlalchemy_would(connection), _in_one_go(connection.connection.driver_connection, 2):
        yield Writes(connection)


# -- how -----------------------------------------------------------------------------------------------------------------------


def _run(connection: Connection, driver: Any, compiled: _Compiled, parameters: Any) -> Any:
    """Run a statement, many times where there is a list of parameters; who listens to SQLAlchemy's statements hears of it."""
    cursor = driver.cursor()
    is_many = isinstance(parameters, list) and bool(parameters) and isinstance(parameters[0], (list, dict))
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, compiled.text, parameters, None, is_many)
    (cursor.executemany if is_many else cursor.execute)(compiled.text, parameters)
    for listener in connection.dispatch.after_cursor_execute:
        listener(connection, cursor, compiled.text, parameters, None, is_many)
    return cursor


@contextmanager
def _in_one_go(driver: Any, count: int) -> Iterator[None]:
    if count > 1 and isinstance(driver, psycopg.Connection):
        with driver.pipeline():
            yield
    else:
        yield


@contextmanager
def _outside_transactions(driver: Any) -> Iterator[None]:
    """Keep PostgreSQL's driver from beginning one; SQLite's does not unless it is told."""
    if not isinstance(driver, psycopg.Connection):
        yield
        return
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


@contextmanager
def _told_as_sqlalchemy_would(connection: Connection) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy's, without the values of the statement; a broken connection is given up."""
    try:
        yield
    except (sqlite3.Error, psycopg.Error) as error:
        base: type[Exception] = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
        driver = connection.connection.driver_connection
        is_broken = isinstance(driver, psycopg.Connection) and driver.closed
        told = DBAPIError.instance(
            None, None, error, base, hide_parameters=True, connection_invalidated=is_broken, dialect=connection.dialect
        )
        if is_broken:
            connection.invalidate(told)
        raise told from error
