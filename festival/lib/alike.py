"""Pages that are alike for every reader: built once, and given again as long as nothing in the database has changed.

A view marked ``alike`` depends on its address, on the database and on the time to the second, and on nobody's session. Its
answer is kept under the state of the database it was built from; whatever is committed anywhere, in any process, is another
state, so no reader ever sees less than a fresh page would show (what another process committed in the last ``GLANCE`` seconds
apart). What is given again costs one small question at most, and no Flask; whoever has it already (a
calendar program that asks every hour) is told so: 304.
"""

import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import psycopg
from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.http import is_resource_modified, remove_entity_headers

from festival.lib import clock
from festival.lib.access import View
from festival.lib.db import db

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Pages kept by one process: some ten megabytes at most.
MOST = 500
#: Seconds for which the database's answer holds, as far as other processes are concerned. SQLite's costs next to nothing, but
#: while many read at once each question has all threads take turns.
GLANCE = {"postgresql": 0.05, "sqlite": 0.005}
#: Locks in front of building a page anew, shared out over the pages.
TURNS = 64
_MARK = "festival.alike"
#: What an answer may depend on beside path, database and time.
_ASKED = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "HTTP_ACCEPT_ENCODING")
#: A question that is not only about the page: it is asked of the application itself.
_MORE = ("QUERY_STRING", "HTTP_RANGE")
#: What says which version the reader has.
_HAS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")

Headers = list[tuple[str, str]]


def alike(view: View) -> View:
    """Mark a view whose page is the same for everybody."""

    @wraps(view)
    def marked(*args: object, **kwargs: object) -> ResponseReturnValue:
        request.environ[_MARK] = True
        return view(*args, **kwargs)

    return marked


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer under the state it was built from. ``body`` None: so far it has only been told that nothing changed."""

    state: object
    headers: Headers
    body: bytes | None
    etag: str
    last_modified: str

    def is_had(self, environ: "WSGIEnvironment") -> bool:
        """Tell whether the reader has this very version."""
        if not any(environ.get(name) for name in _HAS) or not (self.etag or self.last_modified):
            return False
        if environ.get("HTTP_IF_NONE_MATCH") == self.etag:
            return True
        return not is_resource_modified(environ, etag=self.etag or None, last_modified=self.last_modified or None)

    def unchanged(self) -> Headers:
        """Return the headers of a 304 (RFC 9110 15.4.5)."""
        headers = [*self.headers]
        remove_entity_headers(headers)
        return headers


class AlikePages:
    """WSGI middleware that gives a kept page again while the database stands as it stood."""

    def __init__(self, app: "WSGIApplication", state: Callable[[], object]) -> None:
        self._app = app
        self._state = state
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._guard = threading.Lock()
        self._turns = [threading.Lock() for _ in range(TURNS)]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve one request."""
        if environ["REQUEST_METHOD"] != "GET" or any(environ.get(name) for name in _MORE):
            return self._app(environ, start_response)
        address = tuple(environ.get(name, "") for name in _ASKED)
        kept, state = self._look(address)
        if kept is not None and state is not None and kept.state != state:
            with self._turns[hash(address) % TURNS]:  # one reader builds it anew; those who waited look again
                kept, state = self._look(address)
                if kept is None or state is None or kept.state != state:
                    return self._build(address, state, environ, start_response)
        if kept is None or state is None or kept.state != state:
            return self._build(address, state, environ, start_response)
        if kept.is_had(environ):
            start_response("304 NOT MODIFIED", kept.unchanged())
            return []
        if kept.body is None:
            return self._build(address, state, environ, start_response)
        start_response("200 OK", kept.headers)
        return [kept.body]

    def _look(self, address: tuple[str, ...]) -> tuple[_Kept | None, object]:
        """Return what is kept, and the state read before any building: a page may be newer than its state says, never older."""
        with self._guard:
            kept = self._kept.get(address)
        return kept, self._state()

    def _build(
        self, address: tuple[str, ...], state: object, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        seen: list[tuple[str, Headers]] = []

        def note(status: str, headers: Headers, *more: Any) -> Callable[[bytes], object]:
            seen.append((status, headers))
            return start_response(status, headers, *more)

        answer = self._app(environ, note)
        status, headers = seen[-1] if seen else ("", [])
        if state is None or not environ.get(_MARK) or not status.startswith(("200", "304")) or not _is_public(headers):
            return answer
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        names = {name.lower(): value for name, value in headers}
        kept = body if status.startswith("200") else None
        with self._guard:
            self._kept[address] = _Kept(state, headers, kept, names.get("etag", ""), names.get("last-modified", ""))
            self._kept.move_to_end(address)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return [body]


def _is_public(headers: Headers) -> bool:
    """Tell whether an answer is nobody's own: no cookie set, and none looked at (``lib.security``)."""
    names = {name.lower(): value for name, value in headers}
    return "set-cookie" not in names and names.get("cache-control", "").startswith(("no-cache", "public"))


# -- the state of the database --------------------------------------------------------------------------------------------------


class _Commits:
    """Counts the commits of this process, whatever database they were in."""

    seen = 0


@event.listens_for(Session, "after_commit")
def _note_commit(_session: Session) -> None:
    _Commits.seen += 1


class DatabaseState:
    """Tells whether anything was committed since: equal answers, equal data. One connection that only ever asks, for all threads.

    SQLite counts for a connection what others commit. PostgreSQL says which transactions are visible, which is a way there and
    back. Either is asked again after each commit of this process, and else ``GLANCE`` seconds later.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        is_sqlite = engine.dialect.name == "sqlite"
        self._question = "PRAGMA data_version" if is_sqlite else "SELECT pg_current_snapshot()::text"
        self._guard = threading.Lock()
        self._connection: Any = None
        self._process = 0
        self._lasts = GLANCE[engine.dialect.name]
        #: When it was asked, after how many commits of this process, and the answer.
        self._asked: tuple[float, int, object] = (-1.0, -1, None)
        event.listen(engine, "engine_disposed", lambda _engine: self.forget())

    def __call__(self) -> object:
        """Return the state at this second; None: it cannot be told now."""
        try:
            if not self._holds():  # looked at without a lock: the three are replaced as one
                with self._guard:
                    if not self._holds():
                        at, commits = time.monotonic(), _Commits.seen
                        self._asked = (at, commits, self._connected().execute(self._question).fetchone())
            return clock.now().replace(microsecond=0), self._asked[2]
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error):
            self.forget()
            return None

    def _holds(self) -> bool:
        asked_at, commits, _ = self._asked
        return commits == _Commits.seen and time.monotonic() - asked_at < self._lasts

    def _connected(self) -> Any:
        if self._connection is None or self._process != os.getpid():  # a forked child must not use its parent's
            pooled = self._engine.raw_connection()
            self._connection, self._process = pooled.driver_connection, os.getpid()
            pooled.detach()
            if isinstance(self._connection, psycopg.Connection):
                self._connection.autocommit = True
        return self._connection

    def forget(self) -> None:
        """Close the connection; the next question opens another."""
        with self._guard:
            connection, self._connection = self._connection, None
            self._asked = (-1.0, -1, None)
        if connection is not None and self._process == os.getpid():
            connection.close()


def init_app(app: Flask) -> None:
    """Put the middleware in front of the application."""
    with app.app_context():
        state = DatabaseState(db.engine)
    app.wsgi_app = AlikePages(app.wsgi_app, state)  # type: ignore[method-assign]  # Flask's documented way to wrap
