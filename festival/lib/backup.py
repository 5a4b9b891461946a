"""Copies of the whole database, made while it is in use, and brought back. Knows both databases, and no word of the festival.

SQLite: its online backup, of the one moment at which the copy began. PostgreSQL: ``pg_dump`` and ``pg_restore``, likewise of
one moment. A file of either is private (mode 0600), and is there whole or not at all.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

#: Pages of SQLite that are copied at once; between two helpings the machine may do something else.
_STEP = 2000
_SQLITE_HEAD = b"SQLite format 3\0"
_POSTGRESQL_HEAD = b"PGDMP"
#: How long dropping the old tables waits for whoever still uses them, in seconds.
_PATIENCE = 5


class BackupRefused(Exception):  # noqa: N818  # it says what is so
    """No copy was made, or none was brought back. The message is one line for whoever typed the command."""


def save(url: str, file: Path, pg_bin: str = "") -> None:
    """Copy a database into a new file while others read and write: what was committed before this began is in it.

    :param url: the database's address.
    :param pg_bin: the folder of PostgreSQL's programs; empty: wherever PATH says.
    :raises BackupRefused: the file exists, there is no such database, or the copy is not sound.
    """
    if file.exists():
        raise BackupRefused(f"{file} exists already; a backup never overwrites another.")
    if not file.parent.is_dir():
        raise BackupRefused(f"{file.parent} is no folder.")
    with _draft(file) as draft:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            _save_sqlite(_path_of(address), draft)
        else:
            _run(pg_bin, "pg_dump", address, "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}")
            _list(draft, pg_bin)


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """Give a private file beside the wanted one; it takes that one's name only after the block, written to the disk."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".backup-")  # mode 0600
    draft = Path(name)
    try:
        os.close(handle)
        yield draft
        _to_disk(draft)
        draft.rename(file)
        _to_disk(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def dialect_of(file: Path) -> str:
    """Return which database a backup is of.

    :raises BackupRefused: it is none that ``save`` makes.
    """
    with file.open("rb") as opened:
        head = opened.read(len(_SQLITE_HEAD))
    if head == _SQLITE_HEAD:
        return "sqlite"
    if head.startswith(_POSTGRESQL_HEAD):
        return "postgresql"
    raise BackupRefused(f"{file} is no backup of ours.")


def column(file: Path, table: str, name: str, pg_bin: str = "") -> list[str]:
    """Return what a column of a table holds in a backup, as text; empty where there is no such table.

    :raises BackupRefused: the file is damaged or none of ours.
    """
    if dialect_of(file) == "postgresql":
        return _column_of_dump(file, table, name, pg_bin)
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            if not opened.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone():
                return []
            rows = opened.execute(f'SELECT "{name}" FROM "{table}"')  # noqa: S608  # names of our own tables
            return [str(value) for (value,) in rows]
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"{file} is damaged: {error}.") from error


def is_empty(url: str) -> bool:
    """Tell whether a database has no table yet."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        path = _path_of(address)
        return not path.exists() or _has_no_table(path)
    with psycopg.connect(_libpq(address)) as connection:
        found = connection.execute("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
        return found is None


def restore(url: str, file: Path, pg_bin: str = "") -> None:
    """Put a backup in the place of everything in a database. The file is read whole before anything is touched.

    :raises BackupRefused: the file is damaged, of the other database, or the database is in use; nothing has changed then.
    """
    address, dialect = make_url(url), dialect_of(file)
    if address.get_backend_name() != dialect:
        raise BackupRefused(f"{file} is a backup of {dialect}; DATABASE_URL is {address.get_backend_name()}.")
    if dialect == "sqlite":
        _restore_sqlite(file, _path_of(address))
    else:
        _restore_postgresql(file, address, pg_bin)


# -- SQLite ---------------------------------------------------------------------------------------------------------------------


def _path_of(address: URL) -> Path:
    if not address.database or address.database == ":memory:":
        raise BackupRefused("a database in memory cannot be backed up.")
    return Path(address.database)


def _has_no_table(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' LIMIT 1").fetchone() is None


def _save_sqlite(path: Path, draft: Path) -> None:
    if not path.exists():
        raise BackupRefused(f"there is no database at {path}.")
    with closing(sqlite3.connect(path, isolation_level=None)) as source, closing(sqlite3.connect(draft)) as copy:
        # One read transaction holds the moment: without it every commit of others would begin the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=_STEP)
        copy.execute("PRAGMA journal_mode = DELETE")  # a backup is one file
        _check_sqlite(copy, draft)


def _check_sqlite(opened: sqlite3.Connection, file: Path) -> None:
    """Read every page.

    :raises BackupRefused: one is not sound.
    """
    try:
        [(said,)] = opened.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"{file} is damaged: {error}.") from error
    if said != "ok":
        raise BackupRefused(f"{file} is damaged: {said}.")


def _restore_sqlite(file: Path, path: Path) -> None:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
        _check_sqlite(source, file)
        if not path.exists() or _has_no_table(path):
            path.touch()
            path.chmod(0o600)
        with closing(sqlite3.connect(path, timeout=_PATIENCE)) as target:
            try:
                source.backup(target)  # one transaction of the target's
            except sqlite3.OperationalError as error:
                raise BackupRefused(f"{path} is in use ({error}): stop the servers first.") from error


# -- PostgreSQL -----------------------------------------------------------------------------------------------------------------


def _libpq(address: URL, *, with_password: bool = True) -> str:
    plain = address.set(drivername="postgresql")
    return (plain if with_password else plain.set(password=None)).render_as_string(hide_password=False)


def _program(pg_bin: str, name: str) -> str:
    found = shutil.which(name, path=pg_bin or None)
    if found is None:
        raise BackupRefused(f"{name} was not found: install PostgreSQL's client, or name its folder in FESTIVAL_PG_BIN.")
    return found


def _run(pg_bin: str, name: str, address: URL | None, *options: str) -> str:
    """Run a program of PostgreSQL's and return what it printed. A password goes by the environment, where no list shows it.

    :raises BackupRefused: it is not there, or it failed.
    """
    environment = dict(os.environ)
    if address is not None:
        options = (*options, f"--dbname={_libpq(address, with_password=False)}")
        if address.password:
            environment["PGPASSWORD"] = str(address.password)
    command = [_program(pg_bin, name), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # no shell, our own words
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line] or ["no reason given"]
        raise BackupRefused(f"{name} failed: {said[0]}")
    return done.stdout


def _list(file: Path, pg_bin: str) -> None:
    _run(pg_bin, "pg_restore", None, "--list", str(file))


def _column_of_dump(file: Path, table: str, name: str, pg_bin: str) -> list[str]:
    """Return a column out of the text of one table's dump: a line that begins with COPY, the rows, a line that ends them."""
    lines = _run(pg_bin, "pg_restore", None, "--data-only", f"--table={table}", "--file=-", str(file)).split("\n")
    head = next((line for line in lines if line.startswith(f"COPY public.{table} (")), None)
    if head is None:
        return []
    columns = [word.strip('" ') for word in head.partition("(")[2].partition(")")[0].split(",")]
    rows = lines[lines.index(head) + 1 :]
    return [row.split("\t")[columns.index(name)] for row in rows[: rows.index("\\.")]]


def _restore_postgresql(file: Path, address: URL, pg_bin: str) -> None:
    _run(pg_bin, "pg_restore", None, f"--file={os.devnull}", str(file))  # unpacks all of it: what is damaged fails here
    try:
        with psycopg.connect(_libpq(address)) as connection:
            _drop_everything(connection)
    except psycopg.errors.LockNotAvailable as error:
        raise BackupRefused("the database is in use: stop the servers first.") from error
    _run(pg_bin, "pg_restore", address, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(file))


def _drop_everything(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Drop every table and function, in one transaction. Not the schema: it may belong to somebody else."""
    connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(f"{_PATIENCE}s"))
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (name,) in tables:
        connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier("public", str(name))))
    functions = connection.execute(  # one that took a row of a table has gone with it
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')",
    ).fetchall()
    for (signature,) in functions:
        connection.execute(sql.SQL("DROP FUNCTION {} CASCADE").format(sql.SQL(str(signature))))
    types = connection.execute(
        "SELECT t.oid::regtype::text FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid"
        " WHERE t.typnamespace = 'public'::regnamespace AND (t.typtype = 'e' OR c.relkind = 'c')"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = t.oid AND deptype = 'e')",
    ).fetchall()
    for (name,) in types:
        connection.execute(sql.SQL("DROP TYPE {} CASCADE").format(sql.SQL(str(name))))
