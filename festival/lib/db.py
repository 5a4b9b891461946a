"""The database: declarative base, column types, and the one way to write.

Both databases serve one writer of an activity at a time. SQLite: ``BEGIN IMMEDIATE`` behind a fair lock. PostgreSQL: READ
COMMITTED and the locked activity row; the count is a later statement than the lock.
"""

import fcntl
import os
import select
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import psycopg
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    Integer,
    MetaData,
    bindparam,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

from festival.lib import clock
from festival.lib.errors import Busy

#: Constraints carry our names on both databases, so that migrations can find them again.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
#: Seconds a writer waits for the others before the visitor is told to try again.
LOCK_SECONDS = 5
#: Seconds after which a connection to PostgreSQL is replaced by a new one.
_RECYCLE = 600


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database. A naive value is a bug and raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as UTC; SQLite keeps it without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a naive datetime reached the database: {value!r}"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Give it back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(of: type[StrEnum], length: int) -> Enum:
    """Return the type of a column that holds one word of a StrEnum: text in the database, the enum's member in Python.

    Plain ``String`` would give back a ``str`` that only looks like the member. Which words are legal, a CHECK says.
    """
    return Enum(of, native_enum=False, length=length, values_callable=lambda words: [word.value for word in words])


#: Row ids fit PostgreSQL's integer; addresses are bounded to the same range (``lib.urls``).
MAX_ID = 2**31 - 1
#: Counters that may outlive 2**31.
Big = BigInteger().with_variant(Integer, "sqlite")

# The map sits on the registry: on the class it crashes Flask-SQLAlchemy 3.1 (its issue 1361).
_registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map={datetime: UtcDateTime})


class Model(DeclarativeBase):
    """Base of every table. Queries live in each slice's ``queries.py``, never on the class."""

    registry = _registry
    metadata = _registry.metadata


db: SQLAlchemy = SQLAlchemy(model_class=Model, session_options={"autoflush": True})


# -- SQLite: pragmas, explicit BEGIN, and a fair lock in front of the writer ------------------------------------------------


class _FairLock:
    """One writer at a time over all threads and processes of a SQLite file.

    SQLite's own busy handler polls and is unfair; a kernel lock queues, and the kernel drops it when a process is killed.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._file: int | None = None

    def acquire(self) -> None:
        """Wait for the turn to write.

        :raises Busy: the others took longer than LOCK_SECONDS.
        """
        until = time.monotonic() + LOCK_SECONDS
        if not self._threads.acquire(timeout=LOCK_SECONDS):
            raise Busy
        try:
            # Opened anew each time: a forked child never shares its parent's turn, and no file stays open.
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)  # closed in release()
            is_ours = _lock_in_turn(file, until - time.monotonic())
        except BaseException:
            self._threads.release()
            raise
        if not is_ours:
            self._threads.release()
            raise Busy
        self._file = file

    def release(self) -> None:
        """Let the next writer in."""
        try:
            if self._file is not None:
                file, self._file = self._file, None
                os.close(file)  # the kernel's lock goes with it
        finally:
            self._threads.release()


def _lock_in_turn(file: int, seconds: float) -> bool:
    """Take the kernel's lock on a file in its queue. False: it took too long; the file is closed as soon as its turn comes.

    The kernel's queue knows no time-out, so a thread of its own stands in it where the lock is not free at once.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    except OSError:
        os.close(file)
        raise
    else:
        return True
    deciding, ours, given_up = threading.Lock(), threading.Event(), threading.Event()

    def stand_in_line() -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
        with deciding:
            if given_up.is_set():
                os.close(file)
            else:
                ours.set()

    threading.Thread(target=stand_in_line, name="writer's turn", daemon=True).start()
    ours.wait(seconds)
    with deciding:
        if not ours.is_set():
            given_up.set()
    return ours.is_set()


_fair_locks: dict[str, _FairLock] = {}
_fair_locks_guard = threading.Lock()


def _fair_lock(engine: Engine) -> _FairLock | None:
    """Return the writer's lock of a SQLite file; None on PostgreSQL and for a database in memory."""
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        return None
    with _fair_locks_guard:
        return _fair_locks.setdefault(path, _FairLock(f"{path}.lock"))


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: object) -> None:  # any driver's connection
    """Prepare a new SQLite connection: our own BEGIN, durable commits, foreign keys, erased bytes stay erased."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={LOCK_SECONDS * 1000}",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Pool, "checkout")
def _on_checkout(connection: Any, _record: object, _proxy: object) -> None:  # any driver's connection
    """Have a connection that PostgreSQL ended be replaced: something came in though nothing was asked. No question is sent."""
    if isinstance(connection, psycopg.Connection):
        incoming = select.poll()
        incoming.register(connection.fileno(), select.POLLIN)
        if incoming.poll(0):
            raise DisconnectionError


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    """Begin at once on SQLite; a writer takes the write lock with BEGIN, since a reader that turns writer fails at once."""
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


# -- the one way to write -------------------------------------------------------------------------------------------------


def in_transaction() -> bool:
    """Tell whether the running code is inside ``transaction()``."""
    return bool(db.session().info.get("writes"))


@contextmanager
def transaction() -> Iterator[None]:
    """Run the block as one write: committed at its end, undone by any exception.

    Whatever was read before is read again inside, so nothing is decided on an old row. Nests by joining the outer block.

    :raises Busy: the database was locked for too long; nothing was written.
    """
    session = db.session()
    if session.info.get("writes"):
        yield
        return
    session.rollback()  # ends the read transaction: every object loads afresh inside
    fair = _fair_lock(db.engine)
    if fair:
        fair.acquire()
    session.info["writes"] = True
    try:
        session.connection(execution_options={"writes": True})
        yield
        session.commit()
    except (DBAPIError, NoConnection) as error:
        session.rollback()
        if is_busy(error):
            raise Busy from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writes", None)
        if fair:
            fair.release()


class _Undo(Exception):  # noqa: N818  # no error: the way out of a rehearsal
    """The block of a rehearsal has ended."""


@contextmanager
def rehearsal() -> Iterator[None]:
    """Run the block as a write that is undone at its end: what it returns is what would happen now, and nothing has.

    :raises Busy: the database was locked for too long.
    """
    assert not in_transaction()  # joined, it would undo the outer block too, or nothing
    with suppress(_Undo), transaction():
        yield
        raise _Undo


#: PostgreSQL's "not now": lock not to be had, statement or idle transaction too long, deadlock, serialisation, too many
#: connections, shutting down, crashed, starting up.
_NOT_NOW = frozenset({"55P03", "57014", "25P03", "40P01", "40001", "53300", "57P01", "57P02", "57P03"})


def is_busy(error: DBAPIError | NoConnection) -> bool:
    """Tell whether the database said "not now" (lock or statement time-out, deadlock, no connection) rather than "never"."""
    if isinstance(error, NoConnection):
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _NOT_NOW or state.startswith("08")
    if not isinstance(error, OperationalError):
        return False
    words = str(error.orig)
    return "locked" in words or "busy" in words or "connection" in words


def database_now() -> datetime:
    """Return the festival's time by the database's clock, read by a statement of its own; or what a demo has set.

    SQLite runs in this process and has no clock but this one.
    """
    if clock.appointed() is not None or not is_postgresql():
        return clock.now()
    at: datetime = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return at.astimezone(UTC)


def engine_options(url: str) -> dict[str, Any]:
    """Return the engine's options for a database address: time-outs and a small pool on PostgreSQL.

    An error's message never tells the values of its statement: it ends up in the log, and they may be anybody's.
    """
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "connect_args": {"check_same_thread": False, "timeout": LOCK_SECONDS}}
    limits = {
        "lock_timeout": LOCK_SECONDS,
        "statement_timeout": 2 * LOCK_SECONDS,
        "idle_in_transaction_session_timeout": 3 * LOCK_SECONDS,
    }
    return {
        "hide_parameters": True,
        "pool_recycle": _RECYCLE,
        "pool_size": 4,
        "max_overflow": 4,
        "pool_timeout": LOCK_SECONDS,
        "isolation_level": "READ COMMITTED",
        "connect_args": {
            "options": " ".join(["-c timezone=UTC", *(f"-c {name}={seconds}s" for name, seconds in limits.items())]),
            "connect_timeout": LOCK_SECONDS,
            "keepalives_idle": 30,  # what a firewall on the way has forgotten is noticed before anybody asks for it
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    }


def put(table: type[Model], values: Mapping[str, object], *, key: tuple[str, ...]) -> None:
    """Insert a row, or overwrite the one with this unique key; one statement, so that nobody comes in between."""
    db.session.execute(_upsert(table, tuple(values), key, is_postgresql=is_postgresql()), values)


@lru_cache(maxsize=64)
def _upsert(table: type[Model], names: tuple[str, ...], key: tuple[str, ...], *, is_postgresql: bool) -> Executable:
    """Return the statement of ``put``, built once: building it costs more than what it does."""
    insert = (postgresql.insert if is_postgresql else sqlite.insert)(table)
    changed = {name: insert.excluded[name] for name in names if name not in key}
    return insert.values({name: bindparam(name) for name in names}).on_conflict_do_update(index_elements=key, set_=changed)


def is_postgresql() -> bool:
    """Tell whether the running application's database is PostgreSQL."""
    return db.engine.dialect.name == "postgresql"


def database_url() -> str:
    """Return the running application's database address."""
    return str(current_app.config["SQLALCHEMY_DATABASE_URI"])
