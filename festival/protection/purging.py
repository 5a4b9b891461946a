"""The nightly purge: what was kept long enough is deleted in small transactions, each with its count.

Killed at any moment, it leaves whole batches behind and a run that is not finished; the next purge goes on with that run and by
its moment, so that the report reads as if nothing had happened.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from festival.accounts import personal
from festival.accounts.personal import Moment, Purge
from festival.audit.service import record
from festival.jobs.rules import Job
from festival.lib import clock
from festival.lib.db import database_now, db, is_postgresql, transaction
from festival.lib.log import log
from festival.protection import queries
from festival.protection.models import PurgeCount, PurgeRun

#: Rows of one transaction.
BATCH = 200
#: Hours of the night in which it purges by itself, by the festival's clock.
NIGHT = range(3, 6)
#: A server that only runs by day purges at last.
OVERDUE = timedelta(hours=48)


def purge(tell: Callable[[str, int], None] = lambda _key, _number: None) -> PurgeRun:
    """Delete and empty whatever was kept long enough, write what that was, and compact the file where there is one.

    :param tell: is told the key of each batch and how many rows it had.
    """
    run_id, moment = _begin()
    for each in personal.purges():
        while number := _batch(run_id, each, moment):
            tell(each.key, number)
    with transaction():
        run = db.session.get_one(PurgeRun, run_id)
        if run.finished_at is None:
            run.finished_at = clock.wall()
            record("privacy.purge", "purge_run", run_id, actor_id=None, changes=_counts(run_id))
    compact()
    return db.session.get_one(PurgeRun, run_id)


def _begin() -> tuple[int, Moment]:
    """Go on with the run that was interrupted, or begin one."""
    with transaction():
        run = queries.unfinished()
        if run is None:
            run = PurgeRun(festival_at=database_now(), began_at=clock.wall())
            db.session.add(run)
            db.session.flush()
        return run.id, Moment(run.festival_at, run.began_at)


def _batch(run_id: int, each: Purge, moment: Moment) -> int:
    with transaction():
        number = each.batch(moment, BATCH)
        if number:
            counted = db.session.execute(
                update(PurgeCount)
                .where(PurgeCount.run_id == run_id, PurgeCount.key == each.key)
                .values(number=PurgeCount.number + number)
                .returning(PurgeCount.id),
            ).first()
            if counted is None:
                db.session.add(PurgeCount(run_id=run_id, key=each.key, number=number))
    return number


def _counts(run_id: int) -> str:
    rows = db.session.execute(
        select(PurgeCount.key, PurgeCount.number).where(PurgeCount.run_id == run_id).order_by(PurgeCount.id)
    )
    return ", ".join(f"{key}:{number}" for key, number in rows)


def compact() -> bool:
    """Rewrite SQLite's file and empty its log, so that no byte of what was deleted is left; False: others hold it just now.

    PostgreSQL's own autovacuum does that in its time.
    """
    if is_postgresql():
        return True
    db.session.rollback()
    raw = db.engine.raw_connection()
    try:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor = raw.cursor()
            cursor.execute(statement)
            cursor.fetchall()
            cursor.close()
    except sqlite3.OperationalError:
        log.info("the file is not compacted: others use it")
        return False
    finally:
        raw.close()
    return True


# -- each night ------------------------------------------------------------------------------------------------------------------


def purge_if_due() -> bool:
    """Purge when it is time; interrupted, the next look goes on."""
    is_time = is_due(clock.wall())
    db.session.rollback()
    if is_time:
        log.info("purged", run=purge().id)
    return is_time


def is_due(now: datetime) -> bool:
    """Tell whether to purge: a run was interrupted, it is night and none was done tonight, or the last is two days old."""
    if queries.unfinished() is not None:
        return True
    last = db.session.scalar(select(func.max(PurgeRun.began_at)))
    is_night = clock.local(now).hour in NIGHT
    if last is None:
        return is_night
    return (is_night and clock.local_day(last) != clock.local_day(now)) or now - last > OVERDUE


JOB = Job("protection.purge", purge_if_due, cron="*/10 * * * *")
