"""What a job is, when it is tried again, and when a periodic one is due. Pure: plain values in, a verdict out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import croniter

#: Between one failed try and the next; after the last one the job is a dead letter.
WAITS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
#: A job whose workers die in the middle is begun so many times in all: it may be what kills them.
BEGUN = len(WAITS) + 1
#: A round of a periodic job that was missed by more than this is left out; the next one comes.
MISSED = timedelta(minutes=10)
#: A worker that has not been heard of for so long has died.
SILENT = timedelta(seconds=30)
#: Seconds between two looks whether rows of a job's own are due.
LOOKS = 0.5
#: Staff are told when the oldest job has waited for so long.
LATE = timedelta(minutes=5)
#: Days that a dead letter is kept.
KEPT = timedelta(days=30)
#: The queue of the outbox, whose workers do nothing else: nobody waits for a code behind a long list.
OUTBOX = "outbox"


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do, by its name: ``outbox.deliver`` waits in the queue ``outbox``.

    ``run`` is called in an app context of its own with the arguments that were enqueued. It may be called again after it was
    interrupted anywhere, so it must do no harm then. A job without arguments only says *that* something is to be done: one
    run serves all who asked before it began.
    """

    name: str
    run: Callable[..., object]
    #: Minutes, hours, days, months, weekdays and, if given, seconds, in UTC; None: only when enqueued.
    cron: str | None = None
    waits: tuple[timedelta, ...] = WAITS
    #: It may take minutes: threads of their own work on such queues, and nothing else waits behind it.
    is_long: bool = False
    #: Whether there is something to do that stands in rows of its own: whoever works looks (``LOOKS``), by a plain read, so that
    #: what makes such rows all day long need not enqueue anything. None: only when enqueued, or when its time has come.
    is_due: Callable[[], bool] | None = None

    @property
    def queue(self) -> str:
        """Where it waits."""
        return queue_of(self.name)


def queue_of(name: str) -> str:
    """Return the queue of a job."""
    return name.partition(".")[0]


def by_name(jobs: tuple[Job, ...]) -> Mapping[str, Job]:
    """Return jobs by their names.

    :raises ValueError: two have the same name.
    """
    found = {job.name: job for job in jobs}
    if len(found) != len(jobs):
        raise ValueError("two jobs have the same name")
    return found


def groups(jobs: Sequence[Job], *more: str) -> list[set[str]]:
    """Return the queues in groups whose threads do nothing else: the outbox, what takes long, and the rest.

    :param more: queues beside those of the jobs.
    """
    every = {job.queue for job in jobs} | set(more)
    long = {job.queue for job in jobs if job.is_long} - {OUTBOX}
    return [group for group in (every & {OUTBOX}, long, every - long - {OUTBOX}) if group]


def next_try(waits: tuple[timedelta, ...], tries: int, now: datetime) -> datetime | None:
    """Return when to try again after so many failed tries; None: never."""
    return now + waits[tries - 1] if tries <= len(waits) else None


def round_due(cron: str, now: datetime) -> datetime | None:
    """Return when the newest round of a periodic job was due; None: so long ago that it is left out."""
    at: datetime = croniter(cron, now.astimezone(UTC)).get_prev(datetime)
    return at if now - at <= MISSED else None


@dataclass(frozen=True, slots=True)
class Figures:
    """How the queues stand. ``oldest``: how long the job that has been due longest has waited; None: none is."""

    waiting: int
    running: int
    failed: int
    oldest: timedelta | None
    is_worked: bool

    @property
    def is_late(self) -> bool:
        """Whether somebody should look: nobody works, or the oldest job has waited too long."""
        return not self.is_worked or (self.oldest is not None and self.oldest > LATE)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that failed for good."""

    id: int
    name: str
    args: Mapping[str, Any]
    tries: int
