"""The least that could be called a sign-up: one Flask file that inserts a row behind a conditional update.

No sign-in, no token, no consent, no waitlist, no ledger, no message: ``python bench/one_file.py PORT ADDRESS SIZE``. It is served
as the festival is. ``raw`` is its transaction alone.
"""

import logging
import sqlite3
import sys
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from flask import Flask, redirect, request
from waitress import serve
from werkzeug.wrappers import Response

POOL = "CREATE TABLE IF NOT EXISTS one_pool (id INTEGER PRIMARY KEY, capacity INTEGER NOT NULL, taken INTEGER NOT NULL)"
SIGN_UP = "CREATE TABLE IF NOT EXISTS one_sign_up (pool_id INTEGER NOT NULL, person VARCHAR(60) NOT NULL)"
TAKE = "UPDATE one_pool SET taken = taken + 1 WHERE id = {0} AND taken < capacity"
INSERT = "INSERT INTO one_sign_up (pool_id, person) VALUES ({0}, {0})"

#: Signs a person up for a pool; False: it is full.
SignUp = Callable[[int, str], bool]

_here = threading.local()


def make_tables(address: str) -> None:
    """Make both tables with nine pools."""
    is_sqlite = address.startswith("sqlite")
    connection: Any = _sqlite(address) if is_sqlite else psycopg.connect(address, autocommit=True)
    for statement in (POOL, SIGN_UP):
        connection.execute(statement)
    for pool_id in range(1, 10):
        connection.execute(f"INSERT INTO one_pool (id, capacity, taken) VALUES ({pool_id}, 1000000, 0)")
    connection.close()


def _sqlite(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def raw(address: str) -> SignUp:
    """Return the transaction; each thread has a connection of its own."""
    return _raw_sqlite(address) if address.startswith("sqlite") else _raw_postgresql(address)


def _raw_sqlite(address: str) -> SignUp:
    take, insert = TAKE.format("?"), INSERT.format("?")

    def sign_up(pool_id: int, person: str) -> bool:
        if not hasattr(_here, "sqlite"):
            _here.sqlite = _sqlite(address)
        connection: sqlite3.Connection = _here.sqlite
        connection.execute("BEGIN IMMEDIATE")
        has_room = connection.execute(take, (pool_id,)).rowcount == 1
        if has_room:
            connection.execute(insert, (pool_id, person))
        connection.execute("COMMIT")
        return has_room

    return sign_up


def _raw_postgresql(address: str) -> SignUp:
    take, insert = TAKE.format("%s"), INSERT.format("%s")

    def sign_up(pool_id: int, person: str) -> bool:
        if not hasattr(_here, "postgresql"):
            _here.postgresql = psycopg.connect(address)
        connection: psycopg.Connection[tuple[Any, ...]] = _here.postgresql
        with connection.transaction():
            has_room = connection.execute(take, (pool_id,)).rowcount == 1
            if has_room:
                connection.execute(insert, (pool_id, person))
        return has_room

    return sign_up


def make_app(address: str, size: int) -> Flask:
    """Return the application; ``size`` is the length of its only page in bytes."""
    app = Flask("one_file")
    sign_up = raw(address)
    page = "x" * size

    @app.get("/page")
    def show() -> str:
        return page

    @app.get("/unchanged")
    def unchanged() -> tuple[str, int]:
        return "", 304

    @app.post("/sign-up/<int:pool_id>")
    def create(pool_id: int) -> tuple[str, int] | Response:
        if not sign_up(pool_id, request.form["person"]):
            return "full", 409
        return redirect("/page", 303)

    return app


if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is what is measured
    serve(make_app(sys.argv[2], int(sys.argv[3])), host="127.0.0.1", port=int(sys.argv[1]), threads=8, asyncore_use_poll=True)
