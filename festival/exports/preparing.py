"""Long lists are made beside the request: the page that waits says how far it is, with or without script.

The work is the very request for the file, made once more on the reader's behalf by a job: the same rights are asked, the same row
is written to the audit trail. The request, and what comes of it, lie sealed in the database for a quarter of an hour, so that any
worker can make a list and any process can give it. A worker that dies leaves the request behind, and another makes the list.
"""

import contextvars
import io
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Flask, current_app
from sqlalchemy import delete, select, update

from festival.exports.models import PreparedList, Stage
from festival.jobs.rules import Job
from festival.jobs.service import enqueue
from festival.lib import clock, sealing, tokens
from festival.lib.db import db, transaction
from festival.lib.errors import Busy
from festival.lib.log import log

#: From so many rows on a list is made beside the request.
LONG = 5_000
#: How long a file is kept, and after which silence a list will not come: longer than until another worker takes it up.
KEPT, SILENT = timedelta(minutes=15), timedelta(minutes=3)
#: Seconds between two words on how far it is.
_TELLS = 0.5
#: The job that makes one.
PREPARE = "exports.prepare"


class _Progress:
    """How many rows have gone by in a list that is being made."""

    def __init__(self) -> None:
        self.done = 0


_listener: ContextVar[_Progress | None] = ContextVar("preparing", default=None)


@dataclass(frozen=True, slots=True)
class State:
    """How far a list is."""

    what: str
    activity_id: int
    account_id: int
    #: Rows that it will have, about.
    total: int
    done: int = 0
    stage: Stage = Stage.WORKING
    #: The headers of the file, once it is ready.
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def percent(self) -> int:
        """How much is done; a file that is being closed is not ready."""
        return 100 if self.stage is Stage.READY else min(99, 100 * self.done // max(1, self.total))


def note(done: int) -> None:
    """Tell whoever waits how many rows have gone by; outside a job nobody waits."""
    progress = _listener.get()
    if progress is not None:
        progress.done = done


# -- asking for one --------------------------------------------------------------------------------------------------------------


def begin(state: State, environ: Mapping[str, str]) -> str:
    """Have a list made; return the code by which it is asked for. Inside ``transaction()``.

    :param environ: the WSGI environment of a request for its file, words only.
    """
    clean()
    made = PreparedList(
        code=tokens.new_code(),
        account_id=state.account_id,
        activity_id=state.activity_id,
        what=state.what,
        total=state.total,
        done=state.done,
        at=clock.wall(),
    )
    made.request = sealing.seal(json.dumps(dict(environ)).encode(), f"export-request:{made.code}")
    db.session.add(made)
    db.session.flush()
    enqueue(db.session, PREPARE, list_id=made.id)
    return made.code


def state_of(code: str, activity_id: int, account_id: int) -> State | None:
    """Return how far a list is; None: there is none, it is over, or it is somebody else's."""
    one = db.session.scalar(_kept(code).where(PreparedList.activity_id == activity_id, PreparedList.account_id == account_id))
    if one is None:
        return None
    is_silent = one.stage is Stage.WORKING and bool(one.done) and clock.wall() - one.at > SILENT
    return State(
        one.what,
        one.activity_id,
        one.account_id,
        one.total,
        one.done,
        Stage.FAILED if is_silent else one.stage,
        tuple((name, value) for name, value in json.loads(one.headers)),
    )


def content_of(code: str) -> bytes | None:
    """Return a list that is ready; None: it is over."""
    sealed = db.session.scalar(_kept(code).with_only_columns(PreparedList.content).where(PreparedList.stage == Stage.READY))
    if sealed is None:
        return None
    try:
        return sealing.unseal(sealed, f"export:{code}")
    except sealing.SealBroken:
        return None


def _kept(code: str) -> Any:
    return select(PreparedList).where(PreparedList.code == code, PreparedList.at > clock.wall() - KEPT)


# -- making it -------------------------------------------------------------------------------------------------------------------


def prepare(list_id: int) -> None:
    """Make a list. Begun again after a worker died, it is made from its first row."""
    row = db.session.execute(
        select(PreparedList.code, PreparedList.what, PreparedList.request).where(
            PreparedList.id == list_id, PreparedList.stage == Stage.WORKING, PreparedList.at > clock.wall() - KEPT
        ),
    ).one_or_none()
    db.session.rollback()
    if row is None or row.request is None:
        return  # over, or made already
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # a thread needs the app itself
    progress = _Progress()
    try:
        environ = json.loads(sealing.unseal(row.request, f"export-request:{row.code}"))
        with _told(app, list_id, progress):
            # In a context of its own, as a request of somebody's.
            content, headers = contextvars.Context().run(_answer, app, environ, progress)
    except Exception:  # noqa: BLE001  # whoever waits must hear of it, whatever it was
        db.session.rollback()
        log.exception("list not prepared", what=row.what, id=list_id)
        _become(list_id, stage=Stage.FAILED, request=None)
        return
    if content is None:
        _become(list_id, stage=Stage.FAILED, request=None)
        return
    sealed = sealing.seal(content, f"export:{row.code}")
    _become(list_id, stage=Stage.READY, request=None, content=sealed, headers=json.dumps(headers), done=progress.done)


def _answer(app: Flask, environ: Mapping[str, str], progress: _Progress) -> tuple[bytes | None, list[tuple[str, str]]]:
    """Make the request once more; return the file and its headers, None for a file where there is none for this reader."""
    _listener.set(progress)
    whole = {**environ, "wsgi.input": io.BytesIO(), "wsgi.version": (1, 0)}
    with app.request_context(whole):
        response = app.full_dispatch_request()
        response.direct_passthrough = False
        content = response.get_data()
        response.close()
    if response.status_code != HTTPStatus.OK:
        return None, []
    return content, [(name, response.headers[name]) for name in ("Content-Type", "Content-Disposition")]


@contextmanager
def _told(app: Flask, list_id: int, progress: _Progress) -> Iterator[None]:
    """Write down now and then how far it is while the block runs: beside it, for it may be inside a transaction."""
    ended = threading.Event()

    def tell() -> None:
        said = 0
        while not ended.wait(_TELLS):
            if (done := progress.done) != said:
                with app.app_context():
                    said = done
                    try:
                        _become(list_id, done=done)
                    except Busy:
                        continue

    thread = threading.Thread(target=tell, name="list", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _become(list_id: int, **changes: object) -> None:
    with transaction():
        this = update(PreparedList).where(PreparedList.id == list_id, PreparedList.stage == Stage.WORKING)
        db.session.execute(this.values(at=clock.wall(), **changes).execution_options(synchronize_session=False))


# -- clearing away ---------------------------------------------------------------------------------------------------------------


def clean() -> int:
    """Delete what is older than a quarter of an hour; return how many. Inside ``transaction()``."""
    old = delete(PreparedList).where(PreparedList.at < clock.wall() - KEPT).returning(PreparedList.id)
    return len(db.session.execute(old.execution_options(synchronize_session=False)).all())


def _clean() -> None:
    with transaction():
        clean()


JOBS = (Job(PREPARE, prepare, is_long=True), Job("exports.clean", _clean, cron="*/5 * * * *"))
