"""The one way to write: committed whole, undone whole, one writer at a time, and "not now" told as such."""

import contextvars
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from festival.accounts.models import Account, AccountKind
from festival.app import create_app
from festival.lib import clock
from festival.lib import db as database
from festival.lib.db import database_now, db, in_transaction, is_busy, put, transaction
from festival.lib.errors import Busy
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, ActivityStatus, Slot, SlotStatus
from festival.signups.models import IdempotentAnswer
from tests.application import closed
from tests.builders import make_activity, make_person, make_sign_up, pool_of

only_on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"])
only_on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"])

#: A process that takes the writer's turn of a SQLite file, says so, and keeps it until it is ended.
HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "ab")
fcntl.flock(file, fcntl.LOCK_EX)
print("mine", flush=True)
time.sleep(60)
"""


def names() -> list[str]:
    """Return the names of all accounts as they stand in the database."""
    db.session.rollback()
    return sorted(db.session.scalars(sa.select(Account.name)))


def add(name: str) -> None:
    """Add an account without any commit."""
    db.session.add(Account(kind=AccountKind.PERSON, name=name, created_at=clock.wall()))
    db.session.flush()


# -- transaction() ------------------------------------------------------------------------------------------------------------


def test_a_block_is_committed_at_its_end(app):
    with transaction():
        add("a")
        assert in_transaction()

    assert not in_transaction()
    assert names() == ["a"]


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, SystemExit])
def test_any_exception_undoes_the_block_and_flies_on(app, fault):
    with pytest.raises(fault), transaction():  # noqa: PT012  # the block is what is tested
        add("a")
        raise fault

    assert not in_transaction()
    assert names() == []


def test_an_inner_block_joins_the_outer_one(app):
    with pytest.raises(ValueError, match="later"), transaction():  # noqa: PT012  # the block is what is tested
        with transaction():
            add("a")
        raise ValueError("later")

    assert names() == []


def test_after_a_failed_block_the_next_one_works(app):
    with pytest.raises(IntegrityError), transaction():
        db.session.add(Account(kind=AccountKind.PERSON, staff_name="x", created_at=clock.wall()))

    with transaction():
        add("b")
    assert names() == ["b"]


def test_what_was_read_before_the_block_is_read_again_inside(app):
    activity = make_activity(title_zh="旧")
    assert activity.title_zh == "旧"
    activity_id = activity.id
    elsewhere(app, lambda: _rename(activity_id, "新"))

    with transaction():
        assert activity.title_zh == "新"


@only_on_postgresql
def test_a_lock_gives_back_the_row_as_it_is_and_not_as_it_was_seen_inside_the_block(app, dialect):
    activity_id = make_activity(title_zh="旧").id

    with transaction():
        seen = db.session.get_one(Activity, activity_id)
        assert seen.title_zh == "旧"
        elsewhere(app, lambda: _rename(activity_id, "新"))
        assert lock_activity(activity_id).title_zh == "新"


def _rename(activity_id: int, title: str) -> None:
    with transaction():
        db.session.get_one(Activity, activity_id).title_zh = title


def elsewhere(app: Flask, act: Callable[[], None]) -> None:
    """Act in a thread with a session of its own, to the end."""
    thread = started(app, act)
    thread.join(30)


def started(app: Flask, act: Callable[[], None]) -> threading.Thread:
    """Return a thread that acts in an app context of its own."""

    def run() -> None:
        with app.app_context():
            act()

    thread = threading.Thread(target=contextvars.Context().run, args=(run,))
    thread.start()
    return thread


def test_places_are_locked_inside_a_block_only(app):
    activity_id = make_activity().id

    with pytest.raises(AssertionError, match="inside transaction"):
        lock_activity(activity_id)


def test_writers_take_turns_and_none_works_on_a_stale_number(app):
    person_id = make_person(name="0").id

    def count_up() -> None:
        for _ in range(5):
            with transaction():
                row = db.session.scalars(sa.select(Account).where(Account.id == person_id).with_for_update(key_share=True)).one()
                row.name = str(int(row.name) + 1)

    threads = [started(app, count_up) for _ in range(6)]
    for thread in threads:
        thread.join(60)

    assert names() == ["30"]


# -- not now ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def impatient(settings, monkeypatch):
    """An application whose writers wait a fifth of a second (PostgreSQL: one second), in an app context."""
    monkeypatch.setattr(database, "LOCK_SECONDS", 1 if "postgresql" in settings.database_url else 0.2)
    app = create_app(settings)
    with closed(app), app.app_context():
        yield app


def test_whoever_waits_too_long_for_the_others_is_told_busy_and_has_written_nothing(impatient, dialect):
    activity_id = make_activity().id
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction():
            lock_activity(activity_id)
            begun.set()
            done.wait(30)

    holder = started(impatient, hold)
    begun.wait(30)
    try:
        with pytest.raises(Busy), transaction():  # noqa: PT012  # the second statement waits, the first is undone
            add("a")
            lock_activity(activity_id)
    finally:
        done.set()
        holder.join(30)

    assert names() == []
    with transaction():
        lock_activity(activity_id)
        add("b")
    assert names() == ["b"]


@only_on_sqlite
def test_another_process_that_holds_the_turn_is_waited_for_no_longer_than_that(impatient, dialect, settings):
    with turn_held(settings.database_url):
        started = time.monotonic()
        for _ in range(2):
            with pytest.raises(Busy), transaction():
                add("a")
        assert time.monotonic() - started < 5

    with transaction():  # the turns given up are let go of as they come
        add("b")
    assert names() == ["b"]


@only_on_sqlite
def test_a_killed_process_leaves_its_turn_to_the_next(app, dialect, settings):
    with turn_held(settings.database_url) as holder:
        threading.Timer(0.3, holder.kill).start()
        with transaction():
            add("a")

    assert names() == ["a"]


@contextmanager
def turn_held(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have another process hold the writer's turn of a SQLite file inside the block."""
    path = sa.engine.make_url(url).database
    with subprocess.Popen([sys.executable, "-c", HOLDER, f"{path}.lock"], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            yield holder
        finally:
            holder.kill()


@only_on_postgresql
def test_a_server_that_is_gone_is_busy_and_back_again_works(app, dialect):
    with pytest.raises(Busy), transaction():  # noqa: PT012  # the last statement fails, the first is undone
        add("a")
        _end_other_connections(database.database_url(), db.session.scalar(sa.text("SELECT pg_backend_pid()")))
        add("b")

    assert names() == []


def _end_other_connections(url: str, pid: int) -> None:
    plain = sa.engine.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        for _ in range(200):
            if other.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone() == (0,):
                return
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("", {}, sqlite3.OperationalError("database is locked")), True),
        (OperationalError("", {}, sqlite3.OperationalError("no such table: busy")), True),
        (OperationalError("", {}, sqlite3.OperationalError("disk I/O error")), False),
        (IntegrityError("", {}, sqlite3.IntegrityError("CHECK constraint failed: locked")), False),
        (OperationalError("", {}, psycopg.errors.LockNotAvailable()), True),
        (OperationalError("", {}, psycopg.errors.DeadlockDetected()), True),
        (OperationalError("", {}, psycopg.errors.QueryCanceled()), True),
        (OperationalError("", {}, psycopg.errors.CannotConnectNow()), True),
        (OperationalError("", {}, psycopg.errors.ConnectionFailure()), True),
        (OperationalError("", {}, psycopg.OperationalError("the connection is closed")), True),
        (sa.exc.InternalError("", {}, psycopg.errors.IdleInTransactionSessionTimeout()), True),
        (IntegrityError("", {}, psycopg.errors.UniqueViolation()), False),
        (OperationalError("", {}, psycopg.errors.DiskFull()), False),
        (NoConnection(), True),
    ],
)
def test_not_now_is_told_from_never(error, expected):
    assert is_busy(error) is expected


# -- how each database is opened ----------------------------------------------------------------------------------------------


def test_each_database_is_opened_as_the_design_wants_it(app, dialect):
    def ask(*questions: str) -> list[str]:
        return [str(db.session.execute(sa.text(question)).scalar_one()) for question in questions]

    if dialect == "sqlite":
        told = ask(
            *(f"PRAGMA {name}" for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete"))
        )
        assert told == ["wal", "2", "1", "5000", "1"]
    else:
        told = ask(
            *(
                f"SHOW {name}"
                for name in (
                    "transaction_isolation",
                    "lock_timeout",
                    "statement_timeout",
                    "idle_in_transaction_session_timeout",
                    "timezone",
                )
            )
        )
        assert told == ["read committed", "5s", "10s", "15s", "UTC"]


@only_on_sqlite
def test_a_writer_holds_sqlite_from_its_first_statement_and_a_reader_does_not(app, dialect):
    begun: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *call: begun.append(call[2]))

    names()
    with transaction():
        pass

    assert [statement for statement in begun if statement.startswith("BEGIN")] == ["BEGIN", "BEGIN IMMEDIATE"]


@only_on_sqlite
def test_no_lock_file_stays_open_between_writes(app, dialect):
    with transaction():
        add("a")

    opened = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.exists()]
    assert [path for path in opened if path.endswith(".sqlite3.lock")] == []


# -- values -------------------------------------------------------------------------------------------------------------------


def test_an_instant_comes_back_as_it_went_in_whatever_its_zone(app):
    when = datetime(2023, 6, 16, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    person = make_person()
    with transaction():
        person.disabled_at = when

    db.session.expire_all()

    assert person.disabled_at == when
    assert person.disabled_at is not None
    assert person.disabled_at.tzinfo == UTC


def test_an_instant_without_a_zone_is_a_bug(app):
    person = make_person()

    with pytest.raises(sa.exc.StatementError, match="naive"), transaction():
        person.disabled_at = datetime(2023, 6, 16)  # noqa: DTZ001


def test_words_come_back_as_members_of_their_enum(app):
    activity = make_activity()
    slot = db.session.get_one(Slot, pool_of(activity).slot_id)

    db.session.expire_all()

    assert (type(activity.status), type(slot.status)) == (ActivityStatus, SlotStatus)


def test_the_databases_clock_runs_after_the_lock_and_can_be_frozen(app, frozen):
    before = clock.wall() - timedelta(seconds=1)
    with transaction():
        first = database_now()
        time.sleep(0.01)
        second = database_now()
    assert before < first < second < clock.wall() + timedelta(seconds=1)

    frozen(datetime(2023, 6, 16, 10, tzinfo=clock.ZONE))
    assert database_now() == datetime(2023, 6, 16, 2, tzinfo=UTC)


def test_put_inserts_a_row_or_overwrites_the_one_with_that_key(app):
    first, second = (make_sign_up(make_activity()).id for _ in range(2))
    at = clock.wall()

    for sign_up_id in (first, second):
        with transaction():
            put(
                IdempotentAnswer,
                {"browser": "b", "key": "k", "sign_up_id": sign_up_id, "was_already": False, "at": at},
                key=("browser", "key"),
            )

    assert [row.sign_up_id for row in db.session.scalars(sa.select(IdempotentAnswer))] == [second]
