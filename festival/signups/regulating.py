"""The rules by which an activity gives its places, as organizers set them: switches, approved numbers, batches, the reserve.

Called inside ``transaction()``. Everything locks the activity, does what time has made due, writes, leaves one entry in the log,
and serves the lists where the change may be what people waited for.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, select

from festival.audit.service import record
from festival.lib.db import db
from festival.lib.errors import NotFound, Refused
from festival.programme.kinds import kind_of
from festival.programme.models import Access, Activity, Festival, Overlap, Pool, PoolBatch, Promotion, Slot
from festival.programme.service import PlanReason, PlanRefused, touch_form
from festival.signups import queries, waitlist
from festival.signups.models import SignUp
from festival.signups.rules import CLAIMING
from festival.signups.service import lock

#: Places of a pool with all its batches, at most.
MOST = 1_000_000


class RuleReason(StrEnum):
    """Why a rule is not set."""

    #: More persons are there than the new approved number, and that has not been looked at.
    BELOW_HEADS = "below_heads"
    NOT_AHEAD = "not_ahead"  # a batch that comes in the past
    AFTER_THE_END = "after_the_end"
    SAME_TIME = "same_time"
    UNLIMITED = "unlimited"
    TOO_MANY = "too_many"
    UNSAFE = "unsafe"  # more than the kind of activity lets the pool have
    RELEASED = "released"
    OCCUPIED = "occupied"
    BOUND = "bound"  # its places go by quota or invitation
    NOBODY_TO_LEND_TO = "nobody_to_lend_to"
    ONE_ALREADY = "one_already"
    HAS_LENT = "has_lent"


class RuleRefused(Refused):
    """The rules stay as they were; ``reason`` is a ``RuleReason``."""

    reason: RuleReason


@dataclass(frozen=True, slots=True)
class Rules:
    """An activity's rules. Names are those of ``Activity``; None is no limit (tolerance: quotas are not compared)."""

    overlap: Overlap
    smaller_may_pass: bool
    balance_tolerance: int | None
    promotion: Promotion
    promotion_cutoff_minutes: int
    release_minutes: int
    party_max: int
    waitlist_limit: int | None
    per_organisation: int | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a change of rules did."""

    is_changed: bool
    promoted: list[SignUp]


def set_rules(activity_id: int, asked: Rules, *, seen: datetime, actor_id: int) -> RuleChange:
    """Set an activity's rules. Who has a place keeps it, whatever the new rules say.

    :param seen: the activity's ``updated_at`` when the form was filled.
    :raises PlanRefused: someone else saved meanwhile.
    """
    activity, now = _locked(activity_id)
    if activity.updated_at != seen:
        raise PlanRefused(PlanReason.CHANGED_MEANWHILE)
    changes: list[str] = []
    for one in fields(asked):
        before, after = getattr(activity, one.name), getattr(asked, one.name)
        if before != after:
            setattr(activity, one.name, after)
            changes.append(f"{one.name} {_word(before)} -> {_word(after)}")
    if not changes:
        return RuleChange(is_changed=False, promoted=[])
    touch_form(activity)
    record("activity.rules", "activity", activity.id, actor_id=actor_id, activity_id=activity.id, changes=", ".join(changes))
    db.session.flush()
    return RuleChange(is_changed=True, promoted=waitlist.serve(activity, now, why="rules"))


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


# -- the approved number ------------------------------------------------------------------------------------------------------


def set_ceiling(slot_id: int, ceiling: int | None, *, over_seen: int, actor_id: int) -> RuleChange:
    """Set the approved number of a session (None: no permit needed). Raised: the lists are served at once.

    Lowered below those who are there: nothing happens to them, and nobody is added until they are fewer.

    :param over_seen: persons above the new number that the organizer has been told of.
    :raises NotFound: there is no such session.
    :raises RuleRefused: more persons would be above it than that.
    """
    activity, now = _locked(_activity_of(Slot.id == slot_id, Slot.parent_id.is_(None)))
    slot = db.session.get_one(Slot, slot_id, populate_existing=True)
    before = slot.approved_ceiling
    if before == ceiling:
        return RuleChange(is_changed=False, promoted=[])
    if ceiling is not None and slot.heads - ceiling > over_seen:
        raise RuleRefused(RuleReason.BELOW_HEADS)
    slot.approved_ceiling = ceiling
    changes = f"approved_ceiling {_word(before)} -> {_word(ceiling)}"
    record("slot.ceiling", "slot", slot.id, actor_id=actor_id, activity_id=activity.id, changes=changes)
    db.session.flush()
    why = f"ceiling:{_bound(before)}->{_bound(ceiling)}"
    return RuleChange(is_changed=True, promoted=waitlist.serve(activity, now, why=why))


def _bound(number: int | None) -> str:
    return "unlimited" if number is None else str(number)


# -- batches ------------------------------------------------------------------------------------------------------------------


def add_batch(pool_id: int, at: datetime, places: int, *, actor_id: int) -> PoolBatch:
    """Give a pool more places at a later time.

    :raises NotFound: there is no such pool, or it was merged into another.
    :raises RuleRefused: not ahead, after the slot is over, the same minute as another batch, or a pool that needs none.
    """
    activity, now = _locked(_activity_of(Pool.id == pool_id, Pool.is_closed.is_(False)))
    pool, slot = _pool(pool_id)
    if at <= now:
        raise RuleRefused(RuleReason.NOT_AHEAD)
    if at >= slot.ends_at:
        raise RuleRefused(RuleReason.AFTER_THE_END)
    if pool.capacity is None:
        raise RuleRefused(RuleReason.UNLIMITED)
    batches = list(db.session.scalars(select(PoolBatch).where(PoolBatch.pool_id == pool_id)))
    if any(batch.at == at for batch in batches):
        raise RuleRefused(RuleReason.SAME_TIME)
    if pool.capacity + sum(batch.places for batch in batches if batch.released_at is None) + places > MOST:
        raise RuleRefused(RuleReason.TOO_MANY)
    planned = pool.capacity + sum(batch.places for batch in batches if batch.released_at is None)
    most = kind_of(activity).most_in(pool_id, frozenset())
    if most is not None and planned + places > most:
        raise RuleRefused(RuleReason.UNSAFE)
    made = PoolBatch(pool_id=pool_id, at=at, places=places)
    db.session.add(made)
    _record(activity, pool, "batch", actor_id, f"+{places} {at.isoformat()}")
    db.session.flush()
    return made


def remove_batch(batch_id: int, *, actor_id: int) -> int:
    """Take back a batch of places that is still to come. Returns how many parties wait that are too large for the pool now.

    They keep their turn: they are told on their page, and may come with fewer.

    :raises NotFound: there is no such batch.
    :raises RuleRefused: it has been released.
    """
    pool_id = db.session.scalar(select(PoolBatch.pool_id).where(PoolBatch.id == batch_id))
    if pool_id is None:
        raise NotFound
    activity, _now = _locked(_activity_of(Pool.id == pool_id))
    batch = db.session.get(PoolBatch, batch_id, populate_existing=True)
    if batch is None:  # taken back while this waited for the lock
        raise NotFound
    if batch.released_at is not None:
        raise RuleRefused(RuleReason.RELEASED)
    pool, _slot = _pool(pool_id)
    _record(activity, pool, "batch_remove", actor_id, f"-{batch.places} {batch.at.isoformat()}")
    db.session.delete(batch)
    db.session.flush()
    return len(queries.never_fitting(pool.id))


# -- the reserve --------------------------------------------------------------------------------------------------------------


def make_reserve(pool_id: int, *, actor_id: int) -> list[SignUp]:
    """Make a pool the reserve of its slot: it takes nobody and lends its places to the others. Return those who moved up.

    :raises NotFound: there is no such pool, or it was merged into another.
    :raises RuleRefused: somebody is signed up in it, its places go by quota or invitation or are unlimited, or the slot has a
        reserve already or no other pool that could borrow.
    """
    activity, now = _locked(_activity_of(Pool.id == pool_id, Pool.is_closed.is_(False)))
    pool, _slot = _pool(pool_id)
    if pool.is_flex:
        return []
    if reason := _why_no_reserve(pool):
        raise RuleRefused(reason)
    if any(kind_of(activity).most_in(one.id, frozenset()) is not None for one in _pools_of(pool.slot_id)):
        raise RuleRefused(RuleReason.UNSAFE)  # what it lends would come on top of what is safe
    pool.is_flex = True
    _record(activity, pool, "reserve", actor_id)
    db.session.flush()
    return waitlist.serve(activity, now, why="rules")


def end_reserve(pool_id: int, *, actor_id: int) -> None:
    """Let a reserve take sign-ups of its own again.

    :raises NotFound: there is no such pool.
    :raises RuleRefused: places that it lent have not come back.
    """
    activity, _now = _locked(_activity_of(Pool.id == pool_id))
    pool, slot = _pool(pool_id)
    if not pool.is_flex:
        return
    if any(other.borrowed for other in _pools_of(slot.id)):
        raise RuleRefused(RuleReason.HAS_LENT)
    pool.is_flex = False
    _record(activity, pool, "reserve_end", actor_id)
    db.session.flush()


def may_be_reserve(pool: Pool) -> bool:
    """Tell whether the places of a pool could be lent: a number of them, not given by quota or invitation."""
    return pool.capacity is not None and pool.quota_question is None and pool.access != Access.INVITATION


def _why_no_reserve(pool: Pool) -> RuleReason | None:
    if pool.capacity is None:
        return RuleReason.UNLIMITED
    if not may_be_reserve(pool):
        return RuleReason.BOUND
    others = [other for other in _pools_of(pool.slot_id) if other.id != pool.id]
    if any(other.is_flex for other in others):
        return RuleReason.ONE_ALREADY
    if all(other.access == Access.INVITATION for other in others):
        return RuleReason.NOBODY_TO_LEND_TO
    held = select(SignUp.id).where(SignUp.pool_id == pool.id, SignUp.state.in_(CLAIMING)).limit(1)
    return RuleReason.OCCUPIED if db.session.scalar(held) is not None else None


# -- parts --------------------------------------------------------------------------------------------------------------------


def _activity_of(*conditions: ColumnElement[bool]) -> int:
    found = db.session.scalar(select(Slot.activity_id).outerjoin(Pool, Pool.slot_id == Slot.id).where(*conditions).limit(1))
    if found is None:
        raise NotFound
    return found


def _locked(activity_id: int) -> tuple[Activity, datetime]:
    locked = lock(activity_id)
    waitlist.lapse(locked.activity, locked.now)
    return locked.activity, locked.now


def _pool(pool_id: int) -> tuple[Pool, Slot]:
    pool = db.session.get_one(Pool, pool_id, populate_existing=True)
    return pool, db.session.get_one(Slot, pool.slot_id, populate_existing=True)


def _pools_of(slot_id: int) -> list[Pool]:
    found = select(Pool).where(Pool.slot_id == slot_id, Pool.is_closed.is_(False)).order_by(Pool.position)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def _record(activity: Activity, pool: Pool, action: str, actor_id: int, changes: str = "") -> None:
    record(f"pool.{action}", "pool", pool.id, actor_id=actor_id, activity_id=activity.id, changes=changes)


@dataclass(frozen=True, slots=True)
class FestivalRules:
    """What holds for everybody in the whole festival. Names are those of ``Festival``."""

    #: Activities that one person may hold at the same time; None: no limit. It is judged when somebody signs up.
    activities_max: int | None
    #: People that one member of staff may reveal within an hour before the auditor is told.
    reveals_max: int


def set_festival_rules(festival_id: int, asked: FestivalRules, *, actor_id: int) -> bool:
    """Set what holds for the whole festival; nobody loses a place by it. Tells whether anything changed."""
    festival = db.session.get_one(Festival, festival_id, populate_existing=True)
    changes: list[str] = []
    for one in fields(asked):
        before, after = getattr(festival, one.name), getattr(asked, one.name)
        if before != after:
            setattr(festival, one.name, after)
            changes.append(f"{one.name} {_said(before)} -> {_said(after)}")
    if changes:
        record("festival.rules", "festival", festival_id, actor_id=actor_id, changes=", ".join(changes))
    return bool(changes)


def _said(most: int | None) -> str:
    return "-" if most is None else str(most)
