"""Jobs that leave a mark which can be counted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from festival.jobs import runner
from festival.jobs.rules import WAITS, Job
from festival.jobs.service import enqueue
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.models import DemoMail

MARK = "tests.mark"


def mark(label: str) -> None:
    """Write one mark inside a transaction."""
    db.session.add(DemoMail(to=label, channel="sms", kind=MARK, text="", created_at=clock.wall()))


def marks() -> list[str]:
    """Return what marks there are, in the order of their making."""
    db.session.rollback()
    found = list(db.session.scalars(select(DemoMail.to).order_by(DemoMail.id)))
    db.session.rollback()
    return found


def marking(stop: Callable[[], None] = lambda: None, *, waits: tuple[timedelta, ...] = WAITS) -> Job:
    """Return a job that writes a mark, and stops before its transaction ends."""

    def run(label: str = "") -> None:
        with transaction():
            mark(label)
            db.session.flush()
            stop()

    return Job(MARK, run, waits=waits)


def only(app: Flask, *jobs: Job) -> None:
    """Have the application know these jobs alone."""
    app.extensions["jobs"] = jobs


def put(name: str = MARK, **args: Any) -> None:
    """Enqueue a job in a transaction of its own."""
    with transaction():
        enqueue(db.session, name, **args)


def drain(app: Flask) -> None:
    """Run what is due; a worker that has shown no life for an instant is dead."""
    with app.app_context():
        db.session.rollback()
    runner.drain(app, silent=timedelta(seconds=0.3))
