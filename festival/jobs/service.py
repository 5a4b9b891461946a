"""Enqueuing: a job is written by the transaction that makes it necessary, and is there when that is committed, or not at all."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session, scoped_session

from festival.jobs import rules, tables
from festival.lib import clock
from festival.lib.db import in_transaction, is_postgresql

#: procrastinate's own function, so that its triggers, events and notifications are those of any of its jobs.
_DEFER = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :name, 0, NULL, NULL, CAST(:args AS jsonb), CAST(:due_at AS timestamp with time zone)
    )::procrastinate_job_to_defer_v1])
""")
#: Where a session keeps which jobs its transaction has enqueued.
_ENQUEUED = "jobs enqueued"

#: Called after a transaction that enqueued something: an engine in this process need not wait until it looks again.
_listeners: list[Callable[[], None]] = []


def enqueue(session: Session | scoped_session[Any], name: str, *, due_at: datetime | None = None, **args: int | str) -> None:
    """Have a job run after the session's transaction is committed; undone with it.

    :param due_at: not before this instant; None for at once.
    :param args: ids and plain words, which end up in the queue's table: never a name, a number, an address or a secret.

    A job without arguments that is due at once is written once per transaction, however often it is asked for.
    """
    assert in_transaction(), "a job is enqueued inside transaction()"
    enqueued: set[str] = session.info.setdefault(_ENQUEUED, set())
    if due_at is None and not args:
        if name in enqueued:
            return
        enqueued.add(name)
    enqueued.add("")
    values = {"queue": rules.queue_of(name), "name": name, "args": json.dumps(args, ensure_ascii=False), "due_at": due_at}
    if is_postgresql():
        session.execute(_DEFER, values)
        return
    at = clock.wall()
    session.execute(insert(tables.job), values | {"state": "todo", "enqueued_at": at, "due_at": due_at or at})


def listen(listener: Callable[[], None]) -> None:
    """Have an engine in this process told of each transaction that enqueued something."""
    if listener not in _listeners:
        _listeners.append(listener)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.info.pop(_ENQUEUED, None):
        for listener in _listeners:
            listener()


@event.listens_for(Session, "after_soft_rollback")
def _undone(session: Session, _previous: object) -> None:
    """Forget what was enqueued: of a savepoint that is undone it is not known what was, so that it is enqueued anew."""
    session.info.pop(_ENQUEUED, None)
