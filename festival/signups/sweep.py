"""What time alone makes due: overdue offers lapse, and free places meet the lists. Called each minute; harmless at any time."""

import threading
from collections.abc import Callable, Iterable
from typing import TypeAlias

from flask import Flask

from festival.lib.db import database_now, db, transaction
from festival.lib.errors import Busy
from festival.lib.log import log
from festival.signups import queries, service

#: Seconds between two sweeps of a server.
PERIOD = 60


#: What a kind of activity does when time alone has made it due: which activities, and what for one of them, inside
#: ``transaction()``. Doing it twice must be harmless.
OwnSweep: TypeAlias = tuple[Callable[[], list[int]], Callable[[int], object]]

_of_kinds: list[OwnSweep] = []


def register(sweeps: Iterable[OwnSweep]) -> None:
    """Make known what kinds of activities do with time; called once by the composition root."""
    _of_kinds[:] = sweeps


def sweep_due() -> int:
    """Do what is due, each activity in a transaction of its own; return how many got a place or an offer.

    An activity whose turn does not come in time, or that breaks, is left to the next sweep and stops no other.
    """
    due = queries.needing_a_sweep(database_now())
    db.session.rollback()  # nothing is held open while the activities are locked one by one
    swept = sum(_sweep(activity_id, _places) for activity_id in due)
    for are_due, act in _of_kinds:
        theirs = are_due()
        db.session.rollback()
        for activity_id in theirs:
            _sweep(activity_id, act)
    return swept


def _places(activity_id: int) -> int:
    return len(service.sweep(activity_id))


def _sweep(activity_id: int, act: Callable[[int], object]) -> int:
    try:
        with transaction():
            done = act(activity_id)
            return done if isinstance(done, int) else 0
    except Busy:
        log.info("sweep waits: the database is busy", activity=activity_id)
    except Exception:  # noqa: BLE001  # the other activities must be swept whatever is wrong with this one
        log.exception("sweep failed", activity=activity_id)
    return 0


def start(app: Flask) -> None:
    """Have the built-in server sweep beside it (``festival.lib.serve``)."""
    app.extensions.setdefault("background", []).append(run)


def run(app: Flask, stopping: threading.Event) -> None:
    """Sweep now and each minute until the event is set."""
    while True:
        sweep_once(app)
        if stopping.wait(PERIOD):
            return


def sweep_once(app: Flask) -> int:
    """Sweep in an app context of its own; a database that cannot be reached is logged and tried again the next time."""
    with app.app_context():
        try:
            return sweep_due()
        except Exception:  # noqa: BLE001  # the thread must outlive whatever one round meets
            db.session.rollback()
            log.exception("sweep failed")
    return 0
