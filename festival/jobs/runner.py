"""Which engine works: that of the database. Whoever runs jobs comes here, as whoever has some goes to ``service.enqueue``."""

import threading
from collections.abc import Sequence
from datetime import timedelta

from flask import Flask

from festival.jobs import embedded, rules
from festival.jobs.rules import Job
from festival.lib.db import is_postgresql


def register(app: Flask, jobs: Sequence[Job]) -> None:
    """Make the jobs known, and have the built-in server work on them beside serving (``festival.lib.serve``).

    :raises ValueError: two have the same name.
    """
    app.extensions["jobs"] = tuple(rules.by_name(tuple(jobs)).values())
    app.extensions.setdefault("background", []).append(run)


def run(app: Flask, stopping: threading.Event, *, silent: timedelta = rules.SILENT) -> None:
    """Work until the event is set; what runs then is finished.

    :param silent: after which a worker on another machine that shows no life has died.
    """
    jobs: tuple[Job, ...] = app.extensions["jobs"]
    if _is_shared(app):
        from festival.jobs import shared  # where there is no PostgreSQL it is never loaded

        shared.run(app, jobs, stopping, silent=silent)
    else:
        embedded.run(app, jobs, stopping)


def drain(app: Flask, *, silent: timedelta = rules.SILENT) -> None:
    """Run what is due now, periodic jobs included, and return: for tests, and for whoever works by a timer."""
    jobs: tuple[Job, ...] = app.extensions["jobs"]
    if _is_shared(app):
        from festival.jobs import shared

        shared.drain(app, jobs, silent=silent)
    else:
        embedded.drain(app, jobs)


def _is_shared(app: Flask) -> bool:
    with app.app_context():
        return is_postgresql()
