"""Change of plan: what is saved, and whoever signed up for it is owed a message, in one transaction. Never commits.

It stands here and not in ``programme`` because the programme does not know who is coming. Sign-ups keep their state and code.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from festival.lib.db import database_now, db
from festival.outbox.service import owe_each
from festival.programme import service as programme
from festival.programme.models import Pool, Slot
from festival.programme.service import ActivityEdit, PlanChange, SlotEdit
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import LIVE


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved."""

    change: PlanChange
    #: Sign-ups whose people are owed a message about it.
    told: int


def edit_activity(activity_id: int, asked: ActivityEdit, *, seen: datetime | None, actor_id: int) -> Saved:
    """Save an activity's words, place and time; those whose time or place changed are told.

    :param seen: the activity's ``updated_at`` when the form was filled.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    change = programme.edit_activity(activity_id, asked, seen=seen, actor_id=actor_id)
    return Saved(change, _tell(activity_id, change.moved, actor_id=actor_id))


def edit_slot(activity_id: int, slot_id: int, asked: SlotEdit, *, seen: datetime | None, actor_id: int) -> Saved:
    """Save one slot's time, place and label; those who hold a place in it, or in a slot that moved along, are told.

    :param seen: the slot's ``updated_at`` when the form was filled.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    change = programme.edit_slot(slot_id, asked, seen=seen, actor_id=actor_id)
    return Saved(change, _tell(activity_id, change.moved, actor_id=actor_id))


def _tell(activity_id: int, moved: Iterable[Slot], *, actor_id: int) -> int:
    """Owe a message to each live sign-up of the slots that moved, and ask them to choose again.

    What was and stays past is told to nobody.
    """
    now = database_now()
    ahead = [slot for slot in moved if max(slot.ends_at, slot.previous_ends_at or slot.ends_at) > now]
    for slot in ahead:
        slot.moved_at = now
    ids = [slot.id for slot in ahead]
    _enter(activity_id, ids, now, what="rescheduled", why="time_or_place", actor_id=actor_id)
    return _owe(activity_id, ids, "activity_changed")


def _owe(activity_id: int, slot_ids: Iterable[int], kind: str, *, but: Iterable[int] = ()) -> int:
    """Owe a message to every live sign-up of some slots; return to how many. ``but``: those who are told otherwise."""
    rows = db.session.execute(
        select(SignUp.id, SignUp.person_id).where(SignUp.slot_id.in_(list(slot_ids)), SignUp.state.in_(LIVE)).order_by(SignUp.id),
    )
    told_otherwise = set(but)
    readers = {row.id: row.person_id for row in rows if row.id not in told_otherwise}
    owe_each(kind, "sign_up", readers, activity_id=activity_id)
    return len(readers)


def _enter(activity_id: int, slot_ids: Iterable[int], now: datetime, *, what: str, why: str, actor_id: int) -> None:
    """Write one line of the ledger for each pool concerned: no place changed hands, but whoever asks later finds the cause."""
    pools = db.session.execute(select(Pool.id, Pool.taken).where(Pool.slot_id.in_(list(slot_ids))).order_by(Pool.id))
    db.session.add_all(
        LedgerEntry(
            at=now,
            activity_id=activity_id,
            pool_id=pool.id,
            actor_id=actor_id,
            what=what,
            why=why,
            taken_before=pool.taken,
            taken_after=pool.taken,
        )
        for pool in pools
    )
