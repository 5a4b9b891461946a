"""Moves a demo through time: what its people do until an instant is done, and then its clock stands there and runs on.

Never called outside a demo. Time goes forward only; who wants an earlier moment begins anew (``flask demo reset``).
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from festival.accounts.models import SignInSession
from festival.jobs.rules import Job
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.log import quiet
from festival.notices.reminders import remind_due
from festival.outbox.models import Message, MessageState
from festival.programme.models import Festival
from festival.protection.purging import NIGHT, purge
from festival.seed import days, stamps
from festival.seed.diary import Diary
from festival.seed.queries import invented
from festival.signups.sweep import sweep_due

#: Acts in one transaction: nobody else's sign-up waits longer than for so many.
CHUNK = 150
#: Seconds for which this process knows how far the clock is ahead.
LASTS = 1.0
_followed = -LASTS
#: Acts between two lines of progress.
PROGRESS = 1000

Tell = Callable[[str], None]


def silent(_line: str) -> None:
    """Tell nobody."""


def _demo() -> Festival | None:
    """Return the demo's festival, held until the transaction ends; None: there is none."""
    found = select(Festival).where(Festival.is_demo.is_(True)).order_by(Festival.id).limit(1)
    return db.session.scalar(found.with_for_update().execution_options(populate_existing=True))


def live_until(until: datetime, tell: Tell = silent) -> int:
    """Let the demo's people do what they do until an instant, in short transactions; return how many acts that were.

    Where they have not come (``FESTIVAL_DEMO_PEOPLE=0``) there are none.
    Where another process lets them live at the same time, one of the two gives way.
    """
    diary: Diary | None = None
    done, told, before = 0, 0, None
    while True:
        with quiet(), transaction(), db.session.no_autoflush:
            festival = _demo()
            since = stamps.reached(festival) if festival is not None else None
            if festival is None or since is None or since >= until or (before is not None and since != before):
                return done
            owed_before = _last_message()
            if diary is None:
                diary = Diary(since, until)
                days.write_down(festival, diary)
            done += diary.live(CHUNK)
            before = diary.reached
            stamps.set_reached(festival, before)
            db.session.flush()
            _hush(owed_before)
        if done >= told + PROGRESS:
            told = done
            tell(f"  {clock.local(before):%d.%m. %H:%M} …")
        if diary.is_over:
            return done


def _last_message() -> int:
    return db.session.scalar(select(func.coalesce(func.max(Message.id), 0))) or 0


def _hush(after: int) -> None:
    """Drop what would be sent to the invented people: they read no messages, and a visitor's code must not wait behind them.

    Who is played by a visitor is signed in, and reads them.
    """
    played = select(SignInSession.account_id)
    db.session.execute(
        update(Message)
        .where(
            Message.id > after,
            Message.state == MessageState.OWED,
            Message.account_id.in_(invented()),
            Message.account_id.not_in(played),
        )
        .values(state=MessageState.DROPPED)
        .execution_options(synchronize_session=False),
    )


def move_to(instant: datetime, tell: Tell = silent) -> int:
    """Move the demo to an instant ahead: everything until then happens, also what time alone makes due; return how many acts.

    An instant that is past changes nothing.
    """
    follow()
    begun_at = clock.now()
    if instant <= begun_at:
        return 0
    done = live_until(instant, tell)
    with clock.frozen_at(instant), quiet():
        let_time_pass()
        if _is_a_night_between(begun_at, instant):
            purge()
    with transaction():
        if (festival := _demo()) is not None:
            stamps.set_ahead(festival, clock.ahead() + (instant - clock.now()))
    follow()
    return done


def let_time_pass() -> None:
    """Do what time alone makes due by now, as the worker does each minute; the invented people are told nothing of it."""
    with quiet():
        last = _last_message()
        sweep_due()
        remind_due()
        db.session.rollback()
        with transaction():
            _hush(last)


def _is_a_night_between(since: datetime, until: datetime) -> bool:
    first = clock.local(since).replace(hour=NIGHT.start, minute=0, second=0, microsecond=0)
    return (first if first > since else first + timedelta(days=1)) < until


def follow() -> None:
    """Set this process's clock as the demo's is."""
    festival_id = db.session.scalar(select(Festival.id).where(Festival.is_demo.is_(True)).order_by(Festival.id).limit(1))
    clock.run_ahead(stamps.ahead(festival_id) if festival_id is not None else timedelta(0))
    db.session.rollback()


def keep_up() -> None:
    """Follow the demo's clock before a request, once in ``LASTS`` seconds: another process may have moved it."""
    global _followed  # noqa: PLW0603  # as the clock it is about
    if time.monotonic() - _followed >= LASTS:
        _followed = time.monotonic()
        follow()


def go_on() -> None:
    """Let the demo's people live until now: while somebody looks on, a door fills and a round is followed by the next."""
    follow()
    live_until(clock.now())


#: In a demo with people only.
JOB = Job("demo.live", go_on, cron="* * * * * */15")
