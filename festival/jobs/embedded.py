"""The engine for SQLite: some threads beside the server, or in ``flask worker``, that take jobs from the table ``job``.

One process at a time works on a file, whoever holds the kernel's lock on a file beside it: killed at any point, it lets go, and
the next one knows that whatever is still called ``doing`` was interrupted. The others stand by.
"""

import fcntl
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects import sqlite

from festival.jobs import rules, service
from festival.jobs.rules import Job
from festival.jobs.tables import job, job_round
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import Busy
from festival.lib.log import log

#: Seconds between two looks when nobody calls, and between two tries to become the one who works.
POLL, STANDBY = rules.LOOKS, 1.0
#: Seconds between two looks for what was interrupted and not noticed.
LOST = 60
#: Threads of each group of queues.
THREADS = 2


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this process has begun."""

    id: int
    name: str
    args: dict[str, Any]
    tries: int
    is_round: bool


class _Bell:
    """Tells threads that there may be work; who was busy when it rang has heard it all the same."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.rung = 0

    def ring(self) -> None:
        with self._changed:
            self.rung += 1
            self._changed.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.rung != heard, seconds)


_bell = _Bell()
#: Ids of the jobs that run in this process.
_running: set[int] = set()


def wake() -> None:
    """Have the threads of this process look at once."""
    _bell.ring()


# -- one process at a time ------------------------------------------------------------------------------------------------------


def _turn_path() -> Path:
    path = db.engine.url.database
    assert path is not None
    return Path(f"{path}.jobs")


@contextmanager
def _turn(app: Flask, stopping: threading.Event) -> Iterator[bool]:
    """Be the one process that works; False: told to stop before its turn came."""
    with app.app_context(), _turn_path().open("ab") as file:
        while not _has_locked(file, fcntl.LOCK_EX):
            if stopping.wait(STANDBY):
                yield False
                return
        yield True


def _has_locked(file: Any, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_worked() -> bool:
    """Tell whether some process works on this file's jobs."""
    try:
        with _turn_path().open("rb") as file:
            return not _has_locked(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


# -- running ---------------------------------------------------------------------------------------------------------------------


def run(app: Flask, jobs: Sequence[Job], stopping: threading.Event) -> None:
    """Work until the event is set; what runs then is finished."""
    service.listen(wake)
    with _turn(app, stopping) as is_ours:
        if not is_ours:
            return
        _in_context(app, recover)
        threads = [
            threading.Thread(target=_work, args=(app, jobs, group, stopping), name=f"jobs {n}", daemon=True)
            for group in rules.groups(jobs)
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        _keep_time(app, jobs, stopping)
        wake()
        for thread in threads:
            thread.join()


def drain(app: Flask, jobs: Sequence[Job]) -> int:
    """Run what is due now, in this thread, one after the other; return how many were run."""
    done = 0
    with _turn(app, threading.Event()):
        recover()
        _enqueue_rounds(jobs)
        _enqueue_due(jobs)
        while _step(app, jobs, {one.queue for one in jobs}):
            done += 1
    return done


def _keep_time(app: Flask, jobs: Sequence[Job], stopping: threading.Event) -> None:
    """Enqueue periodic jobs when their time comes and jobs whose rows are due, and look for what got lost."""
    looked = clock.wall()
    while not stopping.is_set():
        _in_context(app, lambda: _enqueue_rounds(jobs))
        _in_context(app, lambda: _enqueue_due(jobs))
        if clock.wall() - looked > timedelta(seconds=LOST):
            looked = clock.wall()
            _in_context(app, recover)
        stopping.wait(POLL)


def _work(app: Flask, jobs: Sequence[Job], queues: set[str], stopping: threading.Event) -> None:
    while not stopping.is_set():
        heard = _bell.rung
        if not _in_context(app, lambda: _step(app, jobs, queues)):
            _bell.wait(heard, POLL)


def _in_context(app: Flask, act: Callable[[], object]) -> bool:
    """Do something in an app context of its own; False where nothing came of it. Threads outlive whatever happens in there."""
    with app.app_context():
        try:
            return bool(act())
        except Busy:
            log.info("jobs wait: the database is busy")
        except Exception:  # noqa: BLE001  # a database that cannot be reached now may be there the next time
            db.session.rollback()
            log.exception("jobs cannot be taken")
    return False


def _step(app: Flask, jobs: Sequence[Job], queues: set[str]) -> bool:
    """Take one job and run it; False: none is due."""
    taken = _take(queues)
    if taken is None:
        return False
    try:
        _settle(taken, *_tried(app, jobs, taken))
    finally:
        _running.discard(taken.id)
    return True


def _tried(app: Flask, jobs: Sequence[Job], taken: Taken) -> tuple[bool, datetime | None]:
    """Run a job; return whether it went well, and when to try again if it did not."""
    one = rules.by_name(tuple(jobs)).get(taken.name)
    if one is None:
        log.error("nobody knows this job", job=taken.name, id=taken.id)
        return False, None
    with app.app_context():
        try:
            one.run(**taken.args)
        except Exception as error:  # noqa: BLE001  # one job that breaks must not hold up the others
            db.session.rollback()
            _tell(one, taken, error)
            comes_again = taken.is_round or one.is_due is not None  # the next round, or the next look, does the same
            return comes_again, rules.next_try(one.waits, taken.tries, clock.wall())
    return True, None


def _tell(one: Job, taken: Taken, error: Exception) -> None:
    if isinstance(error, Busy):
        log.info("job waits: the database is busy", job=one.name, id=taken.id, tries=taken.tries)
    else:
        log.error("job failed", job=one.name, id=taken.id, tries=taken.tries, exc_info=error)


# -- the table -------------------------------------------------------------------------------------------------------------------


def _take(queues: set[str]) -> Taken | None:
    """Begin the job that is due longest; those that ask for the very same are served with it."""
    now = clock.wall()
    busy = select(job.c.alone).where(job.c.state == "doing", job.c.alone.is_not(None))
    due = (
        select(job)
        .where(job.c.state == "todo", job.c.queue.in_(queues), job.c.due_at <= now)
        .where(job.c.alone.is_(None) | job.c.alone.not_in(busy))
        .order_by(job.c.due_at, job.c.id)
        .limit(1)
    )
    is_any = db.session.execute(due).first() is not None
    db.session.rollback()
    if not is_any:  # a plain read: looking must not take the writers' turn
        return None
    taken: Taken | None = None
    try:
        with transaction():
            row = db.session.execute(due).first()
            if row is None:
                return None
            taken = Taken(row.id, row.name, json.loads(row.args), row.tries + 1, is_round=row.alone is not None)
            _running.add(taken.id)  # before anybody can see that it has begun
            db.session.execute(update(job).where(job.c.id == row.id).values(state="doing", tries=taken.tries))
            if not taken.args:
                same = (job.c.name == row.name) & (job.c.args == row.args) & (job.c.state == "todo") & (job.c.due_at <= now)
                db.session.execute(delete(job).where(same))
    except BaseException:
        _running.discard(taken.id if taken else 0)
        raise
    return taken


def _settle(taken: Taken, is_done: bool, again: datetime | None) -> None:  # noqa: FBT001  # what _tried returns
    """Write what came of a job. Where the database is too busy for that, the job counts as interrupted."""
    this = job.c.id == taken.id
    with transaction():
        if is_done:
            db.session.execute(delete(job).where(this))
        elif again is None:
            db.session.execute(update(job).where(this).values(state="failed"))
        else:
            db.session.execute(update(job).where(this).values(state="todo", due_at=again))
    if not is_done and again is None:
        log.error("job given up", job=taken.name, id=taken.id, tries=taken.tries)


def recover() -> int:
    """Have interrupted jobs begun again, unless they were interrupted too often; return how many were interrupted."""
    with transaction():
        lost = db.session.execute(select(job).where(job.c.state == "doing", job.c.id.not_in(_running))).all()
        for row in lost:
            is_begun_again = row.tries < rules.BEGUN
            again = {"state": "todo", "due_at": clock.wall()} if is_begun_again else {"state": "failed"}
            db.session.execute(update(job).where(job.c.id == row.id).values(again))
            log.warning("job was interrupted", job=row.name, id=row.id, tries=row.tries, begins_again=is_begun_again)
    return len(lost)


def _enqueue_due(jobs: Sequence[Job]) -> None:
    """Enqueue each job whose own rows are due, unless one waits that will see them."""
    for one in jobs:
        if one.is_due is None or not one.is_due():
            continue
        at = clock.wall()
        waits = select(exists().where(job.c.name == one.name, job.c.args == "{}", job.c.state == "todo", job.c.due_at <= at))
        is_waiting = db.session.scalar(waits)
        db.session.rollback()
        if not is_waiting:
            with transaction():
                service.enqueue(db.session, one.name)


def _enqueue_rounds(jobs: Sequence[Job]) -> None:
    """Enqueue each periodic job whose round has come, once, unless its last round still waits."""
    now = clock.wall()
    due = {one.name: at for one in jobs if one.cron and (at := rules.round_due(one.cron, now)) is not None}
    known = {row.name: row.at for row in db.session.execute(select(job_round))}
    db.session.rollback()
    fresh = {name: at for name, at in due.items() if name not in known or known[name] < at}
    if not fresh:
        return
    with transaction():
        for name, at in fresh.items():
            note = sqlite.insert(job_round).values(name=name, at=at)
            noted = note.on_conflict_do_update(
                index_elements=["name"], set_={"at": note.excluded.at}, where=job_round.c.at < note.excluded.at
            )
            is_first = db.session.execute(noted.returning(job_round.c.name)).first() is not None
            waits = db.session.scalar(select(exists().where(job.c.alone == name, job.c.state == "todo")))
            if is_first and not waits:
                values = {"queue": rules.queue_of(name), "name": name, "args": "{}", "alone": name}
                db.session.execute(insert(job), values | {"state": "todo", "enqueued_at": now, "due_at": now})
    wake()
