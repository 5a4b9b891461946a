"""Places that come later or from elsewhere: batches, and the reserve of a slot. Called with the activity locked.

What moves here is a pool's capacity, never somebody's place, so that the database's guards hold throughout.
"""

from datetime import datetime

from festival.lib.db import db
from festival.programme.models import Activity, Pool
from festival.signups import queries
from festival.signups.models import LedgerEntry


def release_batches(activity: Activity, now: datetime) -> bool:
    """Give each pool the batches of places whose time has come. Tells whether there were any."""
    due = queries.batches_due(activity.id, now)
    for batch in due:
        batch.released_at = now
        pool = db.session.get_one(Pool, batch.pool_id, populate_existing=True)
        if pool.capacity is not None:
            before = pool.capacity
            pool.capacity = before + batch.places
            _write(activity.id, pool, now, f"batch:{before}->{pool.capacity}")
    return bool(due)


def make_room(activity_id: int, pool_id: int, party_size: int, now: datetime) -> None:
    """Have the slot's reserve lend a pool what it lacks for a party. Nothing happens where it fits, or where too little is left.

    Called before the party is counted.
    """
    places = queries.places(pool_id)
    if places.free is None or party_size <= places.free or not places.has_room_for(party_size):
        return
    pool = db.session.get_one(Pool, pool_id, populate_existing=True)
    lacking = party_size - places.free
    for reserve in queries.reserves(pool.slot_id):
        lent = min(lacking, (reserve.capacity or 0) - reserve.taken)
        if lent > 0:
            _move(activity_id, reserve, pool, lent, now, f"lent:{reserve.id}->{pool.id}")
            pool.borrowed += lent
            lacking -= lent


def give_back(activity_id: int, session_id: int, now: datetime) -> bool:
    """Return lent places that are free, and that nobody waits for, to the reserve of their slot. Tells whether there were any."""
    is_any = False
    for pool in queries.lent_in(session_id):
        places = queries.places(pool.id)
        reserve = next(iter(queries.reserves(pool.slot_id)), None)
        spare = min(pool.borrowed, places.free or 0)
        if reserve is not None and spare > 0 and not places.waiting:
            _move(activity_id, pool, reserve, spare, now, f"returned:{pool.id}->{reserve.id}")
            pool.borrowed -= spare
            db.session.flush()
            is_any = True
    return is_any


def set_capacity(activity_id: int, pool: Pool, capacity: int | None, now: datetime) -> None:
    """Write a pool's new capacity, and what becomes of places that it was lent: its own places go first.

    A pool without a limit needs nothing lent: all of it goes back.
    """
    reserve = next((one for one in queries.reserves(pool.slot_id) if one.id != pool.id), None)
    returned = pool.borrowed if capacity is None else 0
    pool.capacity = capacity
    pool.borrowed = 0 if capacity is None else min(pool.borrowed, capacity)
    if returned and reserve is not None and reserve.capacity is not None:
        reserve.capacity += returned
        _write(activity_id, reserve, now, f"returned:{pool.id}->{reserve.id}")
    db.session.flush()


def _move(activity_id: int, source: Pool, target: Pool, places: int, now: datetime, why: str) -> None:
    assert source.capacity is not None  # a reserve and what borrows from it have a number
    assert target.capacity is not None
    source.capacity -= places
    target.capacity += places
    for pool in (source, target):
        _write(activity_id, pool, now, why)


def _write(activity_id: int, pool: Pool, now: datetime, why: str) -> None:
    db.session.flush()
    taken = queries.places(pool.id).taken
    db.session.add(
        LedgerEntry(
            at=now,
            activity_id=activity_id,
            pool_id=pool.id,
            sign_up_id=None,
            actor_id=None,
            what="capacity",
            why=why,
            taken_before=taken,
            taken_after=taken,
        ),
    )
