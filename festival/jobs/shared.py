"""The engine for PostgreSQL: procrastinate, with as many workers on as many machines as one likes.

What it brings: jobs are fetched with SKIP LOCKED and announced by NOTIFY, each worker shows every ten seconds that it lives, a
round of a periodic job is deferred by whoever comes first. What we add: an app context around each job, one run for all who
asked for the same, what is tried again and when, and that jobs of dead workers are begun again.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import procrastinate
from flask import Flask
from procrastinate import exceptions, retry
from procrastinate import jobs as their_jobs
from procrastinate.periodic import PeriodicDeferrer
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from festival.jobs import rules
from festival.jobs.rules import Job
from festival.lib import clock
from festival.lib.db import db, is_busy, transaction
from festival.lib.errors import Busy
from festival.lib.log import log

#: Jobs at the same time in each group of queues of one worker.
THREADS = 2
#: Seconds between two looks when nobody announces anything, between two signs of life, and after which a worker has died.
POLL, BEATS = 5.0, 10.0
#: Seconds until a worker that lost the database tries again.
AGAIN = 3.0
#: What procrastinate does by itself, each minute.
_RECOVER = "jobs.recover"


class JobFailed(Exception):  # noqa: N818  # what went wrong is in our log already, with care for what a log may hold
    """A job failed; its name and id."""


class _Again(retry.BaseRetryStrategy):
    """Our waits, as procrastinate asks for them."""

    def __init__(self, waits: tuple[timedelta, ...]) -> None:
        self._waits = waits

    def get_retry_decision(self, *, exception: BaseException, job: their_jobs.Job) -> retry.RetryDecision | None:  # noqa: ARG002
        """Return when to try again; None: never."""
        at = rules.next_try(self._waits, job.attempts + 1, clock.wall())
        return None if at is None else retry.RetryDecision(retry_at=at)


# -- the application -------------------------------------------------------------------------------------------------------------


def _application(app: Flask, jobs: Sequence[Job]) -> procrastinate.App:
    address = make_url(str(app.config["SQLALCHEMY_DATABASE_URI"])).set(drivername="postgresql")
    kept = {"options": "-c timezone=UTC", "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    connector = procrastinate.PsycopgConnector(
        conninfo=address.render_as_string(hide_password=False), kwargs=kept, min_size=1, max_size=3 * THREADS + 2
    )
    theirs = procrastinate.App(connector=connector)
    for job in jobs:
        alone = {"lock": job.name, "queueing_lock": job.name} if job.cron else {}
        task = theirs.task(name=job.name, queue=job.queue, pass_context=True, retry=_Again(job.waits))(_in_context(app, job))
        if job.cron:
            theirs.periodic(cron=job.cron, **alone)(task)  # type: ignore[arg-type]  # a plain dict of its options
    return theirs


def _in_context(app: Flask, job: Job) -> Callable[..., None]:
    """Return what procrastinate runs in a thread: the job in an app context, its failure told in our log alone."""

    def run(context: procrastinate.JobContext, timestamp: int | None = None, **args: Any) -> None:
        is_round = timestamp is not None
        with app.app_context():
            try:
                if not args:
                    _serve_all_who_asked(job)
                job.run(**args)
            except Exception as error:  # noqa: BLE001  # one job that breaks must not hold up the others
                db.session.rollback()
                if isinstance(error, Busy):
                    log.info("job waits: the database is busy", job=job.name, id=context.job.id)
                else:
                    log.exception("job failed", job=job.name, id=context.job.id, tries=context.job.attempts + 1)
                if not is_round and job.is_due is None:  # else the next round, or the next look, does the same
                    raise JobFailed(f"{job.name} {context.job.id}") from None

    run.__name__ = job.name
    return run


_SAME = text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs WHERE task_name = :name AND status = 'todo' AND args = '{}'
           AND (scheduled_at IS NULL OR scheduled_at <= now()) FOR UPDATE SKIP LOCKED)
""")


def _serve_all_who_asked(job: Job) -> None:
    """Take away the jobs that ask for the very same: what their transactions wrote can be seen from here on."""
    with transaction():
        db.session.execute(_SAME, {"name": job.name})


async def recover(theirs: procrastinate.App, silent: timedelta = rules.SILENT) -> int:
    """Have the jobs of workers that died begun again, unless that happened too often; return how many there were."""
    manager = theirs.job_manager
    lost = list(await manager.get_stalled_jobs(seconds_since_heartbeat=silent.total_seconds()))
    for job in lost:
        assert job.id is not None
        is_begun_again = job.attempts + 1 < rules.BEGUN
        log.warning("job was interrupted", job=job.task_name, id=job.id, tries=job.attempts + 1, begins_again=is_begun_again)
        try:
            if is_begun_again:
                await manager.retry_job(job, retry_at=clock.wall())
            else:
                await manager.finish_job(job, their_jobs.Status.FAILED, delete_job=False)
        except exceptions.ConnectorException:
            log.info("another worker was first", id=job.id)
    return len(lost)


# -- running ---------------------------------------------------------------------------------------------------------------------


def run(app: Flask, jobs: Sequence[Job], stopping: threading.Event, *, silent: timedelta = rules.SILENT) -> None:
    """Work until the event is set; what runs then is finished. A database that goes away is waited for.

    :param silent: after which a worker that shows no life has died.
    """
    while not stopping.is_set():
        try:
            asyncio.run(_work(app, jobs, silent, stopping))
        except Exception:  # noqa: BLE001  # whatever it was: nothing is lost, and the database may be back soon
            log.exception("worker interrupted; it begins again")
            stopping.wait(AGAIN)


def drain(app: Flask, jobs: Sequence[Job], *, silent: timedelta = rules.SILENT) -> None:
    """Run what is due now, and return."""
    asyncio.run(_work(app, jobs, silent, None))


async def _work(app: Flask, jobs: Sequence[Job], silent: timedelta, stopping: threading.Event | None) -> None:
    theirs = _application(app, jobs)
    theirs.periodic(cron="* * * * *", lock=_RECOVER, queueing_lock=_RECOVER)(_recovering(theirs, silent))
    groups = rules.groups(jobs, rules.queue_of(_RECOVER))
    async with theirs.open_async():
        await recover(theirs, silent)
        if stopping is None:
            deferrer = PeriodicDeferrer(registry=theirs.periodic_registry, **theirs.periodic_defaults)
            await deferrer.defer_jobs(deferrer.get_previous_tasks(at=clock.wall().timestamp()))
        looking = [job for job in jobs if job.is_due is not None]
        await _defer_due(app, theirs, looking)
        workers = [asyncio.create_task(_worker(theirs, group, silent, is_waiting=stopping is not None)) for group in groups]
        if stopping is not None:
            workers += [asyncio.create_task(_until(stopping)), asyncio.create_task(_look(app, theirs, looking))]
        async with _ended(workers):
            await asyncio.wait(workers, return_when="ALL_COMPLETED" if stopping is None else "FIRST_COMPLETED")


@asynccontextmanager
async def _ended(workers: list[asyncio.Task[None]]) -> Any:
    """Leave none of them running after the block, and raise what one of them raised."""
    try:
        yield
    finally:
        for worker in workers:
            worker.cancel()  # a worker finishes what it runs
        results = await asyncio.gather(*workers, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _worker(theirs: procrastinate.App, queues: set[str], silent: timedelta, *, is_waiting: bool) -> None:
    await theirs.run_worker_async(
        queues=sorted(queues),
        name="-".join(sorted(queues)),
        concurrency=THREADS,
        wait=is_waiting,
        fetch_job_polling_interval=POLL,
        delete_jobs="successful",
        install_signal_handlers=False,
        update_heartbeat_interval=min(BEATS, silent.total_seconds() / 3),
        stalled_worker_timeout=silent.total_seconds(),
    )


async def _until(stopping: threading.Event) -> None:
    """Wait for an event that another thread, or a signal, sets."""
    while not stopping.is_set():  # noqa: ASYNC110  # it is no event of this loop
        await asyncio.sleep(0.1)


async def _look(app: Flask, theirs: procrastinate.App, jobs: Sequence[Job]) -> None:
    """Defer, again and again, the jobs whose own rows are due."""
    while True:
        await _defer_due(app, theirs, jobs)
        await asyncio.sleep(rules.LOOKS)


async def _defer_due(app: Flask, theirs: procrastinate.App, jobs: Sequence[Job]) -> None:
    """Defer each job whose own rows are due, unless one waits that will see them; which worker looked does not matter."""
    for job in jobs:
        if await asyncio.to_thread(_is_due, app, job):
            with suppress(exceptions.AlreadyEnqueued):
                await theirs.configure_task(job.name, queueing_lock=f"{job.name} is due").defer_async()


def _is_due(app: Flask, job: Job) -> bool:
    """Look; False where the database says "not now": the next look is half a second away, no worker need begin anew for it."""
    assert job.is_due is not None
    with app.app_context():
        try:
            return job.is_due()
        except (DBAPIError, NoConnection) as error:
            if not is_busy(error):
                raise
            db.session.rollback()
            log.info("nobody looked: the database is busy", job=job.name)
            return False


def _recovering(theirs: procrastinate.App, silent: timedelta) -> Any:
    @theirs.task(name=_RECOVER, queue=rules.queue_of(_RECOVER))
    async def recovering(timestamp: int) -> None:  # noqa: ARG001  # what a periodic task is given
        await recover(theirs, silent)

    return recovering
