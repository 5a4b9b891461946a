"""How the queues stand, what failed for good, and how both are told to whoever runs the festival."""

import json
from datetime import datetime

from flask import Flask
from prometheus_client import Gauge
from sqlalchemy import delete, func, select, text, update

from festival.jobs import embedded, rules
from festival.jobs.rules import DeadLetter, Figures, Job
from festival.jobs.tables import job
from festival.lib import clock, health
from festival.lib.db import db, is_postgresql, transaction

_JOBS = Gauge("festival_jobs", "Jobs by state: waiting (due now), running, failed (for good)", ["state"])
_OLDEST = Gauge("festival_jobs_oldest_seconds", "How long the job that is due longest has waited; 0 where none waits")
_WORKED = Gauge("festival_jobs_worked", "1 while somebody works on the jobs")

#: PostgreSQL.
_COUNTS = text("""
    SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) AS waiting,
           count(*) FILTER (WHERE status = 'doing') AS running,
           count(*) FILTER (WHERE status = 'failed') AS failed
      FROM procrastinate_jobs
""")
#: Their jobs have no time of their own: the first event of each has. The oldest hundred are enough.
_SINCE = text("""
    SELECT now() - min(coalesce(j.scheduled_at, (SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)))
      FROM (SELECT id, scheduled_at FROM procrastinate_jobs
             WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY id LIMIT 100) j
""")
_ALIVE = text("SELECT max(last_heartbeat) > now() - make_interval(secs => :silent) FROM procrastinate_workers")
_DEAD = text("""
    SELECT id, task_name AS name, args::text AS args, attempts AS tries
      FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id
""")
_AGAIN = text(
    "SELECT count(procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)) FROM procrastinate_jobs WHERE status = 'failed'"
)
_TIDY = text("""
    DELETE FROM procrastinate_jobs j WHERE status = 'failed'
       AND (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id) < now() - make_interval(days => :days)
""")


def figures() -> Figures:
    """Return how the queues stand."""
    if is_postgresql():
        counts = db.session.execute(_COUNTS).one()
        return Figures(counts.waiting, counts.running, counts.failed, db.session.scalar(_SINCE), is_worked())
    now = clock.wall()
    found: dict[str, int] = dict(db.session.execute(select(job.c.state, func.count()).group_by(job.c.state)).all())
    is_due = (job.c.state == "todo") & (job.c.due_at <= now)
    oldest: datetime | None = db.session.scalar(select(func.min(job.c.due_at)).where(is_due))
    waiting = db.session.scalar(select(func.count()).where(is_due))
    since = None if oldest is None else now - oldest
    return Figures(waiting or 0, found.get("doing", 0), found.get("failed", 0), since, is_worked())


def is_worked() -> bool:
    """Tell whether somebody works on the jobs."""
    if is_postgresql():
        return bool(db.session.scalar(_ALIVE, {"silent": 2 * rules.SILENT.total_seconds()}))
    return embedded.is_worked()


# -- dead letters ----------------------------------------------------------------------------------------------------------------


def dead_letters() -> list[DeadLetter]:
    """Return the jobs that failed for good, oldest first."""
    ours = select(job.c.id, job.c.name, job.c.args, job.c.tries).where(job.c.state == "failed").order_by(job.c.id)
    rows = db.session.execute(_DEAD if is_postgresql() else ours)
    return [DeadLetter(row.id, row.name, json.loads(row.args), row.tries) for row in rows]


def try_again() -> int:
    """Have all that failed for good tried once more; return how many. Inside ``transaction()``."""
    if is_postgresql():
        return db.session.scalar(_AGAIN) or 0
    again = update(job).where(job.c.state == "failed").values(state="todo", due_at=clock.wall())
    return len(db.session.execute(again.returning(job.c.id)).all())


def tidy() -> None:
    """Delete what failed for good a month ago."""
    with transaction():
        if is_postgresql():
            db.session.execute(_TIDY, {"days": rules.KEPT.days})
        else:
            db.session.execute(delete(job).where(job.c.state == "failed", job.c.due_at < clock.wall() - rules.KEPT))


JOB = Job("jobs.tidy", tidy, cron="50 19 * * *")


# -- telling ---------------------------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    """Have ``/readyz`` and ``/metrics`` tell how the queues stand."""
    health.add(app, lines=_lines, measure=_measure)


def _lines() -> list[str]:
    found = figures()
    age = 0 if found.oldest is None else int(found.oldest.total_seconds())
    worked = "worked on" if found.is_worked else "NOBODY WORKS ON THEM: start flask worker"
    return [f"jobs: {found.waiting} waiting, the oldest for {age} s, {found.running} running, {found.failed} failed; {worked}"]


def _measure() -> None:
    found = figures()
    for state in ("waiting", "running", "failed"):
        _JOBS.labels(state).set(getattr(found, state))
    _OLDEST.set(0 if found.oldest is None else found.oldest.total_seconds())
    _WORKED.set(found.is_worked)
