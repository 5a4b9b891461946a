"""What time alone makes due: overdue offers lapse, and free places meet the lists. A job of each minute; harmless at any time."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from festival.jobs.rules import Job
from festival.lib.db import database_now, db, transaction
from festival.lib.errors import Busy
from festival.lib.log import log
from festival.signups import queries, service

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


JOB = Job("signups.sweep", sweep_due, cron="* * * * *")
