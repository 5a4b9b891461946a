"""Reminders: who holds a place hears of it again some hours before the start. A job of each minute; harmless at any time."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from festival.jobs.rules import Job
from festival.lib import clock
from festival.lib.db import database_now, db, transaction
from festival.lib.errors import Busy
from festival.lib.log import log
from festival.notices import queries
from festival.notices.models import ReminderRun
from festival.notices.rules import is_due
from festival.outbox.service import owe_each
from festival.programme.models import Slot
from festival.signups import service as signups
from festival.signups.models import SignUp
from festival.signups.rules import State


def remind_due() -> int:
    """Owe what is due, each slot in a transaction of its own; return how many sign-ups are reminded.

    A slot whose turn does not come in time, or that breaks, is left to the next look and stops no other.
    """
    due = [(slot.activity_id, slot.id, hours) for slot, hours in _due(database_now())]
    db.session.rollback()  # nothing is held open while the activities are locked one by one
    return sum(_remind(activity_id, slot_id, hours) for activity_id, slot_id, hours in due)


def _due(now: datetime) -> Iterator[tuple[Slot, int]]:
    """Yield each slot with the hours of a reminder that is due and has not gone out."""
    for slot, planned in queries.slots_to_remind(now):
        yield from ((slot, hours) for hours in planned if is_due(slot.starts_at, hours, now))


def _remind(activity_id: int, slot_id: int, hours: int) -> int:
    try:
        with transaction():
            return _owe(activity_id, slot_id, hours)
    except Busy:
        log.info("reminder waits: the database is busy", slot=slot_id)
    except Exception:  # noqa: BLE001  # the other slots must be looked at whatever is wrong with this one
        log.exception("reminder failed", slot=slot_id)
    return 0


def _owe(activity_id: int, slot_id: int, hours: int) -> int:
    """Owe one reminder of one slot, once: whoever came first has written so, and all others find it."""
    now = signups.lock(activity_id).now
    slot = db.session.get(Slot, slot_id, populate_existing=True)
    if slot is None or not is_due(slot.starts_at, hours, now) or queries.has_run(slot, hours):
        return 0
    readers = {
        row.id: row.person_id
        for row in db.session.execute(
            select(SignUp.id, SignUp.person_id).where(
                SignUp.slot_id == slot_id,
                SignUp.state == State.CONFIRMED,
                SignUp.state_at <= queries.reminded_from(slot.starts_at, hours),  # who came later has just been told
            ),
        )
    }
    owe_each("sign_up_reminder", "sign_up", readers, activity_id=activity_id)
    db.session.add(ReminderRun(slot_id=slot_id, hours=hours, starts_at=slot.starts_at, at=clock.wall(), owed=len(readers)))
    return len(readers)


JOB = Job("notices.remind", remind_due, cron="* * * * *")
